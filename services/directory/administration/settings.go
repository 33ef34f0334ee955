package administration

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/directory/description"
)

// settings are what an authority sets for itself.
type settings struct {
	Phone          string
	Opens, Closes  description.TimeOfDay
	UrgentMinutes  int32
	IdleMinutes    int32
	HowToEscalate  string
	Contact        string
	ContactPhone   string
	ContactEmail   string
	ContactAddress string
	stamp
}

// settingsOf reads what a page sends.
func settingsOf(m *directoryv1.Settings) (*settings, error) {
	o := m.GetOutOfHours()
	set := &settings{
		Phone: tidy(m.GetPhone()), UrgentMinutes: m.GetUrgentMinutes(), IdleMinutes: m.GetIdleMinutes(), HowToEscalate: tidy(m.GetHowToEscalate()),
		Contact: tidy(o.GetContact()), ContactPhone: tidy(o.GetPhone()), ContactEmail: tidy(o.GetEmail()), ContactAddress: tidy(o.GetCallBackUrl()),
	}
	var err error
	if set.Opens, err = timeOfDay("settings.opens", m.GetOpens()); err != nil {
		return nil, err
	}
	if set.Closes, err = timeOfDay("settings.closes", m.GetCloses()); err != nil {
		return nil, err
	}
	if set.Opens >= set.Closes {
		return nil, fault.Invalid("settings.closes", "must be later than the office opens, "+set.Opens.String())
	}
	return set, check(
		field{name: "settings.phone", value: set.Phone, fits: description.APhone},
		field{name: "settings.howToEscalate", value: set.HowToEscalate, fits: description.Words(4000, true)},
		field{name: "settings.outOfHours.contact", value: set.Contact, fits: description.Words(300, false)},
		field{name: "settings.outOfHours.phone", value: set.ContactPhone, fits: description.APhone},
		field{name: "settings.outOfHours.email", value: set.ContactEmail, fits: description.AnEmail},
		field{name: "settings.outOfHours.callBackUrl", value: set.ContactAddress, fits: description.ACallBack, optional: true},
	)
}

func timeOfDay(name, value string) (description.TimeOfDay, error) {
	t, want := description.ReadTimeOfDay(tidy(value))
	if want != "" {
		return 0, mustBe(name, want)
	}
	return t, nil
}

func (set *settings) message() *directoryv1.Settings {
	return &directoryv1.Settings{
		Phone: set.Phone, Opens: set.Opens.String(), Closes: set.Closes.String(), UrgentMinutes: set.UrgentMinutes, IdleMinutes: set.IdleMinutes,
		HowToEscalate: set.HowToEscalate, Etag: set.etag(), OutOfHours: &directoryv1.OutOfHours{
			Contact: set.Contact, Phone: set.ContactPhone, Email: set.ContactEmail, CallBackUrl: set.ContactAddress,
		},
	}
}

// GetSettings shows what the authority sets for itself.
func (s *Service) GetSettings(ctx context.Context, _ *directoryv1.GetSettingsRequest) (*directoryv1.GetSettingsResponse, error) {
	answer := &directoryv1.GetSettingsResponse{}
	err := s.look(ctx, "look at the settings", func(tx pgx.Tx) ([]string, error) {
		set, err := readSettings(ctx, tx)
		if err != nil {
			return nil, err
		}
		answer.Settings = set.message()
		return nil, nil
	})
	return answer, err
}

// SaveSettings changes them on the version that was read. Errors: CHANGED.
func (s *Service) SaveSettings(ctx context.Context, req *directoryv1.SaveSettingsRequest) (*directoryv1.SaveSettingsResponse, error) {
	return run(ctx, s, changing[*directoryv1.SaveSettingsResponse]{
		req: req, purpose: "save the settings", answer: &directoryv1.SaveSettingsResponse{},
		names: func(*directoryv1.SaveSettingsResponse) []string { return nil },
		work: func(c change) (*directoryv1.SaveSettingsResponse, error) {
			set, err := settingsOf(req.GetSettings())
			if err != nil {
				return nil, err
			}
			was, err := readSettings(ctx, c.tx)
			if err != nil {
				return nil, err
			}
			if err := was.unchanged(ctx, "the settings", req.GetSettings().GetEtag()); err != nil {
				return nil, err
			}
			if err := c.saveSettings(ctx, set); err != nil {
				return nil, err
			}
			if set, err = readSettings(ctx, c.tx); err != nil {
				return nil, err
			}
			return &directoryv1.SaveSettingsResponse{Settings: set.message()}, nil
		},
	})
}

func readSettings(ctx context.Context, tx pgx.Tx) (*settings, error) {
	set := &settings{}
	err := tx.QueryRow(ctx, `SELECT phone, opens, closes, urgent_minutes, idle_minutes, how_to_escalate,
		out_of_hours_name, out_of_hours_phone, out_of_hours_email, out_of_hours_call_back, version, changed_at, changed_by FROM authority`).
		Scan(&set.Phone, &set.Opens, &set.Closes, &set.UrgentMinutes, &set.IdleMinutes, &set.HowToEscalate,
			&set.Contact, &set.ContactPhone, &set.ContactEmail, &set.ContactAddress, &set.Version, &set.At, &set.By)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Refused("NOT_DESCRIBED", "", "this authority has no description yet; the operator imports it with `kith import directory`")
	}
	return set, err
}

func (c change) saveSettings(ctx context.Context, set *settings) error {
	_, err := c.tx.Exec(ctx, `UPDATE authority SET phone = $1, opens = $2, closes = $3, urgent_minutes = $4, idle_minutes = $5, how_to_escalate = $6,
			out_of_hours_name = $7, out_of_hours_phone = $8, out_of_hours_email = $9, out_of_hours_call_back = $10,
			version = version + 1, changed_at = $11, changed_by = $12, on_page = true`,
		set.Phone, int(set.Opens), int(set.Closes), set.UrgentMinutes, set.IdleMinutes, set.HowToEscalate,
		set.Contact, set.ContactPhone, set.ContactEmail, set.ContactAddress, c.at, c.by)
	return err
}
