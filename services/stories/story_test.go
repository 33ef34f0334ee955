package stories_test

import (
	"context"
	"embed"
	"testing"
	"time"

	"github.com/cucumber/godog"
)

//go:embed features/*.feature
var features embed.FS

// tell tells the stories with those tags in a place.
func tell(t *testing.T, p *place, tags string) {
	t.Helper()
	suite := godog.TestSuite{
		Name: "stories",
		ScenarioInitializer: func(s *godog.ScenarioContext) {
			w := newWorld(p)
			w.telling(s)
			w.screening(s)
			w.working(s)
			w.night(s)
		},
		Options: &godog.Options{
			Format: "progress", NoColors: true, Strict: true, Concurrency: 8, Tags: tags, FS: features, Paths: []string{"features"},
			Output: t.Output(), TestingT: t, DefaultContext: t.Context(),
		},
	}
	if suite.Run() != 0 {
		t.Errorf("not every story came true; the platform's warnings:\n%s", p.log.warnings())
	}
}

// TestInOneProcess tells the stories with the whole platform in one process, as `kith up` runs it.
func TestInOneProcess(t *testing.T) {
	t.Parallel()
	tell(t, house.get(t).place, "~@night")
}

// TestAtNight tells the stories of the night: rules read a clock that shows three in the morning.
func TestAtNight(t *testing.T) {
	t.Parallel()
	ahead := time.Until(nextThree(t))
	p, err := startOneProcess(context.Background(), folder(t), func() time.Time { return time.Now().Add(ahead) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	tell(t, p.place, "@night")
}

// nextThree is the next time that the clocks of England show three.
func nextThree(t *testing.T) time.Time {
	t.Helper()
	england, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(england)
	three := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, england)
	if three.Before(now) {
		three = time.Date(now.Year(), now.Month(), now.Day()+1, 3, 0, 0, 0, england)
	}
	return three
}
