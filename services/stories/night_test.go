package stories_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"github.com/jackc/pgx/v5"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// night are the steps about danger outside the authority's hours.
func (w *world) night(s *godog.ScenarioContext) {
	s.Step(`^it is three in the morning$`, w.isThree)
	s.Step(`^the police tell of a child in immediate danger$`, w.tellOfDanger)
	s.Step(`^an alarm is raised at once$`, w.alarmed)
	s.Step(`^the out-of-hours contact gets an e-mail and a signed call-back$`, w.reached)
	s.Step(`^the contact is on top of the queue, due within the authority's urgent limit$`, w.onTop)
	s.Step(`^a quarter of an hour has passed$`, w.quarterOfAnHour)
	s.Step(`^the alarm is raised again$`, w.alarmed)
	s.Step(`^a screener acknowledges the danger$`, w.acknowledge)
	s.Step(`^the alarm is not raised again$`, w.notAlarmed)
	s.Step(`^no log holds a word of what was told$`, w.nothingInTheLog)
}

func (w *world) isThree(ctx context.Context) error {
	// What the platform says of the time: a contact's own.
	if err := w.tellOf(ctx, "Mia Invent"); err != nil {
		return err
	}
	england, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	at := w.last.contact.GetReceivedAt().AsTime().In(england)
	w.first = nil
	return check(at.Hour() == 3, "it is %s", at)
}

func (w *world) tellOfDanger(ctx context.Context) error {
	body := w.worry("He is shouting that he will hurt the baby. The door is locked.", fields{"name": w.ours("Nia Invent"), "postcode": "W10 5AA"})
	body["immediateDanger"] = true
	return w.tellNew(ctx, police, body)
}

// raised is how often the log shows an alarm about the contact.
func (w *world) raised() int {
	return w.log.count("msg=alarm", "alarm=danger_unacknowledged", id(w.last.contact.GetName()))
}

func (w *world) alarmed(ctx context.Context) error {
	if err := until(ctx, "the alarm is raised", func() (bool, error) { return w.raised() > w.alarms, nil }); err != nil {
		return err
	}
	w.alarms++
	return check(w.raised() == w.alarms, "the alarm was raised %d times, not %d", w.raised(), w.alarms)
}

func (w *world) reached(ctx context.Context) error {
	return until(ctx, "an e-mail and a signed call-back have come", func() (bool, error) {
		return w.log.count("an e-mail went to the out-of-hours contact", "emergency.duty@kc.example") > 0 &&
			w.log.count("the out-of-hours contact was called back", "signed=true") > 0, nil
	})
}

func (w *world) onTop(ctx context.Context) error {
	page := &referralv1.ListContactsResponse{}
	if err := w.get(ctx, screener, kensington+"/contacts", url.Values{"pageSize": {"2"}}, page); err != nil {
		return err
	}
	if len(page.GetContacts()) < 2 || page.GetContacts()[0].GetName() != w.last.contact.GetName() || !page.GetContacts()[0].GetDangerUnacknowledged() {
		return fmt.Errorf("the queue begins with %s", page)
	}
	limit := w.last.contact.GetDecisionDueBy().AsTime().Sub(w.last.contact.GetReceivedAt().AsTime())
	return check(limit == time.Hour, "it is due within %s", limit)
}

// quarterOfAnHour makes the timer due that was set for it: timers are the database's, which keeps real time.
func (w *world) quarterOfAnHour(ctx context.Context) error {
	return w.operate(ctx, "kensington-chelsea", func(owner *pgx.Conn) error {
		return until(ctx, "the next alarm is set for a quarter of an hour later", func() (bool, error) {
			due, err := owner.Exec(ctx, `UPDATE referral.river_job SET state = 'available', scheduled_at = scheduled_at - interval '15 minutes'
				WHERE kind = 'danger_alarm' AND state = 'scheduled' AND scheduled_at BETWEEN now() + interval '14 minutes' AND now() + interval '15 minutes'
				AND args->>'contact' = $1`, id(w.last.contact.GetName()))
			return due.RowsAffected() == 1, err
		})
	})
}

func (w *world) acknowledge(ctx context.Context) error {
	name := w.last.contact.GetName()
	a, err := w.changeContact(ctx, name, name+":acknowledgeDanger", fields{})
	if err != nil {
		return err
	}
	c := &referralv1.Contact{}
	if err := a.into(c); err != nil {
		return err
	}
	return check(c.GetDesk().GetDangerAcknowledgedAt() != nil && strings.HasPrefix(c.GetDesk().GetDangerAcknowledgedBy(), kensington+"/people/"),
		"nobody is named: %s", c)
}

// notAlarmed waits for the timer's end.
func (w *world) notAlarmed(ctx context.Context) error {
	err := w.operate(ctx, "kensington-chelsea", func(owner *pgx.Conn) error {
		return until(ctx, "the timer has ended", func() (bool, error) {
			var ended bool
			err := owner.QueryRow(ctx, `SELECT bool_and(state = 'completed') FROM referral.river_job WHERE kind = 'danger_alarm' AND args->>'contact' = $1`,
				id(w.last.contact.GetName())).Scan(&ended)
			return ended, err
		})
	})
	if err != nil {
		return err
	}
	return check(w.raised() == w.alarms, "the alarm was raised %d times, not %d", w.raised(), w.alarms)
}

func (w *world) nothingInTheLog() error {
	written := w.log.String()
	for _, word := range append(w.last.words(), w.mark) {
		if strings.Contains(written, word) {
			return fmt.Errorf("the log holds %q", word)
		}
	}
	return check(len(w.last.words()) > 5, "the story looked for too few words: %v", w.last.words())
}
