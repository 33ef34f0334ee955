package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// The kit's own tests: what is wrong with a page has to fail the test that comes to it.

// notebook is a test that only notes that it failed.
type notebook struct {
	testing.TB
	said string
}

type stopped struct{}

func (n *notebook) Fatalf(format string, args ...any) {
	n.said = fmt.Sprintf(format, args...)
	panic(stopped{})
}

func (n *notebook) Errorf(format string, args ...any) { n.said = fmt.Sprintf(format, args...) }

const sound = `<!DOCTYPE html><html lang="en"><head><title>Sound</title><meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>Sound</h1>%s</main></body></html>`

func TestMain(m *testing.M) {
	scratch, err := os.MkdirTemp("", "kith-browser-")
	if err != nil {
		panic(err)
	}
	shared = &house{scratch: scratch, rooms: make(chan struct{}, atOnce), inside: map[string]int{}}
	code := m.Run()
	shared.chromium.close()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

var shared *house

// site serves bodies by path.
func site(t *testing.T, pages map[string]string) *Kith {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range pages {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; form-action 'self'; connect-src 'self'")
			if strings.HasSuffix(path, ".js") {
				w.Header().Set("Content-Type", "text/javascript")
			}
			if path == "/broken" {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = fmt.Fprint(w, body)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &Kith{URL: server.URL, Clock: &Clock{}, Log: &Log{}, house: shared}
}

// fails gives what a test says that does these things; empty where it passes.
func fails(t *testing.T, k *Kith, do func(*Tab), options ...Option) (said string) {
	t.Helper()
	tab := k.Tab(t, Phone, options...)
	note := &notebook{TB: t}
	tab.t = note
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stopped); !ok {
				panic(r)
			}
		}
		said = note.said
	}()
	do(tab)
	return note.said
}

func TestWhatIsWrongWithAPageFailsTheTest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, says string }{
		"nothing":          {fmt.Sprintf(sound, ""), ""},
		"two headings":     {fmt.Sprintf(sound, "<h1>Again</h1>"), "2 first headings"},
		"an id twice":      {fmt.Sprintf(sound, `<p id="a">a</p><p id="a">b</p>`), "ids are there twice: a"},
		"wide":             {fmt.Sprintf(sound, `<p style="width:900px">wide</p>`), "px wide"},
		"no label":         {fmt.Sprintf(sound, `<input type="text">`), "label: "},
		"pale":             {fmt.Sprintf(sound, `<p style="color:#bbb;background:#fff">pale</p>`), "color-contrast: "},
		"small targets":    {fmt.Sprintf(sound, `<button style="padding:0;width:10px;height:10px;font-size:8px">a</button><button style="padding:0;width:10px;height:10px;font-size:8px">b</button>`), "target-size: "},
		"inline script":    {fmt.Sprintf(sound, `<script>document.title = "x"</script>`), "Content Security Policy"},
		"foreign picture":  {fmt.Sprintf(sound, `<img alt="a" src="http://127.0.0.1:1/a.png">`), "Content Security Policy"},
		"console error":    {fmt.Sprintf(sound, `<script src="/error.js"></script>`), `the console: "oh"`},
		"thrown":           {fmt.Sprintf(sound, `<script src="/throws.js"></script>`), "a script failed: Error: oh"},
		"missing script":   {fmt.Sprintf(sound, `<script src="/nowhere.js"></script>`), "answered 404"},
		"a server's fault": {fmt.Sprintf(sound, `<script src="/fetches.js"></script>`), "answered 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := site(t, map[string]string{
				"/{$}": c.body, "/error.js": `console.error("oh")`, "/throws.js": `throw new Error("oh")`, "/fetches.js": `fetch("/broken")`, "/broken": "",
			})
			said := fails(t, k, func(tab *Tab) {
				tab.Go("/")
				tab.Sees("Sound")
				// What a script asks for may be answered after the page is there.
				if c.says == "answered 500" {
					Until(t, "the answer is noted", func() bool { return tab.seen.size() > 0 })
				}
				tab.Check()
			})
			if c.says == "" && said != "" || !strings.Contains(said, c.says) {
				t.Errorf("the test says %q", said)
			}
		})
	}
}

func TestHandsFindOneThingByItsWords(t *testing.T) {
	t.Parallel()
	k := site(t, map[string]string{
		"/{$}": fmt.Sprintf(sound, `
			<form method="get" action="/sent"><label for="n">Name</label><input id="n" name="n"><label for="w">Words</label><textarea id="w" name="w"></textarea>
			<fieldset><legend>Is it so?</legend><input type="radio" name="so" value="y" id="y"><label for="y">Yes</label><input type="radio" name="so" value="o" id="o"><label for="o">No</label></fieldset>
			<label for="l">List</label><select id="l" name="l"><option value="1">One</option><option value="2">Two</option></select>
			<button>Send</button></form>
			<ul><li>Ada <a href="/sent?ada">Open<span class="govuk-visually-hidden"> Ada</span></a></li><li>Bea <a href="/sent?bea">Open<span class="govuk-visually-hidden"> Bea</span></a></li></ul>
			<details><summary>More</summary><button form="f" style="padding:10px">Hidden</button></details><form id="f" action="/sent"></form>`),
		"/sent": fmt.Sprintf(sound, "sent"),
	})
	for name, c := range map[string]struct {
		do   func(*Tab)
		says string
	}{
		"all fields": {func(tab *Tab) {
			tab.Fill("Name", "O’Ada").Fill("Words", "a\nb").Choose("No").Select("List", "Two").Holds("Name", "O’Ada").Press("Send")
			if got := tab.Evaluate("location.search"); got != "?n=O%E2%80%99Ada&w=a%0D%0Ab&so=o&l=2" {
				tab.failf("it sent %s", got)
			}
		}, ""},
		"part":       {func(tab *Tab) { tab.In("Is it so?").Choose("Yes").Press("Send") }, "there is no link or button"},
		"one of two": {func(tab *Tab) { tab.In("Bea").Press("Open").Sees("sent") }, ""},
		"which":      {func(tab *Tab) { tab.Press("Open") }, `there are 2 of link or button "Open"`},
		"hidden":     {func(tab *Tab) { tab.Press("Hidden") }, "there is no link or button"},
		"opened":     {func(tab *Tab) { tab.Press("More").Press("Hidden").Sees("sent") }, ""},
		"by keyboard": {func(tab *Tab) {
			tab.TabTo("Name").Keys("Ada", "Tab", "b", "Shift+Tab").Holds("Name", "Ada").Keys("Enter").Sees("sent")
		}, ""},
		"not there": {func(tab *Tab) { tab.Fill("Surname", "x") }, `there is no field "Surname"; there are: Name | Words`},
		"in sight":  {func(tab *Tab) { tab.DoesNotSee("Bea") }, `"Bea" is in sight`},
		"back":      {func(tab *Tab) { tab.Press("Send").Back().Holds("Name", "").Reload() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := fails(t, k, func(tab *Tab) { c.do(tab.Go("/")) })
			if c.says == "" && said != "" || !strings.Contains(said, c.says) {
				t.Errorf("the test says %q", said)
			}
		})
	}
}
