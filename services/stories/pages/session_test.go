package pages_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/kithcare/kith/services/stories/browser"
)

// Redis rings a bell and counts calls; sessions are rows of the directory.
func TestWipingRedisSignsNobodyOut(t *testing.T) {
	t.Parallel()
	p := kith.Person(t, "rhys-tegwyn")
	kith.Platform.Redis().FlushAll()
	if !in(p, "/account") {
		t.Error("wiping Redis signs out")
	}
}

func TestAnEndedMembershipEndsThePagesWithinASecond(t *testing.T) {
	t.Parallel()
	const person, families = "tomasz-lukaszewicz", "/teams/north-kensington/families"
	p := kith.Person(t, person)
	p.Get(families).Answered(http.StatusOK)
	owner := kith.Owner(t, browser.Kensington)
	until := func(moment *time.Time) {
		_, err := owner.Exec(context.WithoutCancel(t.Context()), `UPDATE directory.membership SET until = $2
			WHERE person = (SELECT id FROM directory.person WHERE key = $1)`, person, moment)
		if err != nil {
			t.Error(err)
		}
	}
	now := kith.Clock.Now()
	t.Cleanup(func() { until(nil) })
	until(&now)
	ended := time.Now()
	for {
		asked := time.Now()
		page := p.Get(families)
		if page.Status == http.StatusForbidden || page.Status == http.StatusNotFound {
			page.DoesNotSee("With a worker")
			break
		}
		if asked.Sub(ended) > time.Second {
			t.Fatalf("a second after the membership ended the families are still shown (%d)", page.Status)
		}
	}
	p.Get("/").Answered(http.StatusOK).DoesNotSee("Our families")
}

// One platform of its own, one thing after the other: its clock is moved, it is stopped, and its services.
func TestASessionOverTime(t *testing.T) {
	t.Parallel()
	own := kith.Apart(t)
	early := own.Clock.Now()
	busy := own.Person(t, "winston-garrick")

	// A restart of everything.
	own.Restart(t)
	if !in(busy, "/account") {
		t.Fatal("a restart signs out")
	}

	// Half an hour without an act ends a session, and not before; what a page fetches by itself is no act.
	idle := own.Person(t, "aoife-brannigan")
	glancing := own.Person(t, "zainab-sesay")
	news := "/contacts/news?known=1&since=" + url.QueryEscape(early.UTC().Format(time.RFC3339Nano))
	own.Clock.Pass(29 * time.Minute)
	glancing.Send(http.MethodGet, news, nil, http.Header{"Hx-Request": {"true"}}).Answered(http.StatusOK)
	if !in(busy, "/account") {
		t.Error("a session ends before half an hour")
	}
	own.Clock.Pass(3 * time.Minute)
	if in(idle, "/account") {
		t.Error("32 minutes without an act do not end a session")
	}
	if in(glancing, "/account") {
		t.Error("a page that fetches news by itself keeps its session alive")
	}
	if !in(busy, "/account") {
		t.Error("an act three minutes ago does not keep a session alive")
	}
	idle.Get("/account")
	if idle.SignIn("aoife-brannigan"); !in(idle, "/account") {
		t.Error("whoever was idle can't sign in again")
	}

	// Twelve hours end it, whatever somebody does.
	for age := own.Clock.Now().Sub(early); age < 11*time.Hour+50*time.Minute; age = own.Clock.Now().Sub(early) {
		own.Clock.Pass(min(25*time.Minute, 11*time.Hour+51*time.Minute-age))
		if !in(busy, "/account") {
			t.Fatalf("a session of somebody who acts ends after %s", own.Clock.Now().Sub(early))
		}
	}
	own.Clock.Pass(15 * time.Minute)
	if in(busy, "/account") {
		t.Error("a session is older than twelve hours")
	}

	// An outage costs a service's own part of a page.
	mixed := own.Person(t, "priya-raman")
	mixed.Get("/").Answered(http.StatusOK)
	own.Down("familyfacing")
	asked := time.Now()
	page := mixed.Get("/").Answered(http.StatusOK)
	page.Sees(browser.NameOf(t, "priya-raman"), "can't be shown just now")
	screening := own.Person(t, "winston-garrick")
	screening.Get("/contacts").Answered(http.StatusOK)
	if took := time.Since(asked); took > browser.Patience {
		t.Errorf("with a service down the pages take %s", took)
	}
	families := mixed.Get("/teams/north-kensington/families").Answered(http.StatusServiceUnavailable)
	families.Sees("Kith can't do this just now")
}
