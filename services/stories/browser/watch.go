package browser

import (
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watch is what a tab's events tell: where it is, what went wrong, and what went over the wire.
type watch struct {
	// home is the platform's address; nothing else may be asked for anything.
	home string

	mu     sync.Mutex
	pages  int
	loaded bool
	// dialog is the text of one that stands open.
	dialog   string
	problems []string
	requests map[network.RequestID]string
	wire     int64
	// status is what the page answered with.
	status int
}

// hear takes in an event. It is called on the goroutine that reads the browser's messages, so it only notes.
func (w *watch) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *page.EventFrameNavigated:
		if e.Frame.ParentID == "" {
			w.pages++
			w.loaded = e.Type == page.NavigationTypeBackForwardCacheRestore
		}
	case *page.EventLoadEventFired:
		w.loaded = true
	case *page.EventJavascriptDialogOpening:
		w.dialog = e.Message
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.wrong("the console: %s", told(e.Args))
		}
	case *runtime.EventExceptionThrown:
		w.wrong("a script failed: %s", thrown(e.ExceptionDetails))
	case *log.EventEntryAdded:
		// What the network answers is looked at below.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			w.wrong("the browser: %s", e.Entry.Text)
		}
	default:
		w.hearWire(event)
	}
}

func (w *watch) hearWire(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.requests[e.RequestID] = e.Request.Method + " " + e.Request.URL
		if !strings.HasPrefix(e.Request.URL, w.home+"/") && !strings.HasPrefix(e.Request.URL, "data:") && !strings.HasPrefix(e.Request.URL, "about:") {
			w.wrong("the page asks elsewhere: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		page := e.Type == network.ResourceTypeDocument || e.Type == network.ResourceTypeFetch || e.Type == network.ResourceTypeXHR
		if e.Type == network.ResourceTypeDocument {
			w.status = int(e.Response.Status)
		}
		if e.Response.Status >= 500 || e.Response.Status >= 400 && !page {
			w.wrong("%s answered %d", w.requests[e.RequestID], e.Response.Status)
		}
	case *network.EventLoadingFinished:
		w.wire += int64(e.EncodedDataLength)
	case *network.EventLoadingFailed:
		// What was begun before a new tab was watched is not known.
		if _, known := w.requests[e.RequestID]; !known || e.Canceled || e.ErrorText == "net::ERR_ABORTED" {
			return
		}
		w.wrong("%s failed: %s %s", w.requests[e.RequestID], e.ErrorText, e.BlockedReason)
	}
}

func (w *watch) wrong(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func thrown(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}

func told(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		if a.Description != "" {
			all = append(all, a.Description)
		} else {
			all = append(all, string(a.Value))
		}
	}
	return strings.Join(all, " ")
}

// at says how many pages the tab has been at, and whether the present one is all there.
func (w *watch) at() (pages int, loaded bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pages, w.loaded
}

// take gives what went wrong since it was last asked.
func (w *watch) take(allowed []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, p := range w.problems {
		excused := false
		for _, a := range allowed {
			excused = excused || strings.Contains(p, a)
		}
		if !excused {
			found = append(found, p)
		}
	}
	w.problems = nil
	return found
}

func (w *watch) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.problems)
}
