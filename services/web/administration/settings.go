package administration

import (
	"strconv"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/web/page"
)

func addSettings(s *page.Site) {
	s.Read(home+"/settings", only(settings))
	s.Act(home+"/settings", only(saveSettings))
}

func settings(v *page.Visit) error {
	answer, err := v.Administration.GetSettings(v.Ctx(), &directoryv1.GetSettingsRequest{Parent: v.Authority})
	if err != nil {
		return err
	}
	s := answer.GetSettings()
	f := v.NewForm("", "")
	f.Etag = s.GetEtag()
	for field, value := range map[string]string{
		"settings.phone": s.GetPhone(), "settings.opens": s.GetOpens(), "settings.closes": s.GetCloses(),
		"settings.urgentMinutes": strconv.Itoa(int(s.GetUrgentMinutes())), "settings.idleMinutes": strconv.Itoa(int(s.GetIdleMinutes())),
		"settings.howToEscalate": s.GetHowToEscalate(), "settings.outOfHours.contact": s.GetOutOfHours().GetContact(),
		"settings.outOfHours.phone": s.GetOutOfHours().GetPhone(), "settings.outOfHours.email": s.GetOutOfHours().GetEmail(),
		"settings.outOfHours.callBackUrl": s.GetOutOfHours().GetCallBackUrl(),
	} {
		f.Set(field, value)
	}
	return showSettings(v, f)
}

func showSettings(v *page.Visit, f *page.Form) error {
	return v.Show(page.Page{Title: v.T("admin.settings"), Section: section, Back: home, Form: f, Body: settingsPage(v, f)})
}

func saveSettings(v *page.Visit) error {
	f := v.Sent("", "")
	again := func() error { return showSettings(v, f) }
	numbers := map[string]int32{}
	for _, field := range []string{"settings.urgentMinutes", "settings.idleMinutes"} {
		n, err := strconv.ParseInt(f.Trimmed(field), 10, 32)
		if err != nil {
			f.Wrong(field, v.T("admin.minutes_wrong"))
		}
		numbers[field] = int32(n)
	}
	if len(f.Problems) > 0 {
		return v.Again(f, nil, again)
	}
	_, err := v.Administration.SaveSettings(v.Ctx(), &directoryv1.SaveSettingsRequest{Parent: v.Authority, RequestId: f.RequestID, Settings: &directoryv1.Settings{
		Phone: f.Trimmed("settings.phone"), Opens: f.Trimmed("settings.opens"), Closes: f.Trimmed("settings.closes"),
		UrgentMinutes: numbers["settings.urgentMinutes"], IdleMinutes: numbers["settings.idleMinutes"], HowToEscalate: f.Get("settings.howToEscalate"),
		OutOfHours: &directoryv1.OutOfHours{
			Contact: f.Trimmed("settings.outOfHours.contact"), Phone: f.Trimmed("settings.outOfHours.phone"),
			Email: f.Trimmed("settings.outOfHours.email"), CallBackUrl: f.Trimmed("settings.outOfHours.callBackUrl"),
		}, Etag: f.Etag,
	}})
	if err != nil {
		return v.Again(f, err, again)
	}
	return v.Go(home+"/settings", "settings_saved")
}
