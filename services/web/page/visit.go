package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// Cookies of the pages. None is readable by a script.
const (
	// SessionCookie holds the authority and the session's secret.
	SessionCookie = "kith"
	// formCookie ties forms to the browser they were made for, beyond a session's end.
	formCookie = "kith-form"
	// noticeCookie carries the key of a sentence to the next page: "The family is allocated."
	noticeCookie = "kith-notice"
)

// maxForm is the largest form that is taken, in bytes.
const maxForm = 2 << 20

// packAbove is the size from which a page is compressed, in bytes.
const packAbove = 1024

// Errors that have a page of their own.
var (
	// ErrNoPage is an address without a page.
	ErrNoPage  = errors.New("there is no such page")
	errForeign = errors.New("this form was not made by Kith, or for another browser")
)

// Visit is one request of a person.
type Visit struct {
	*Site
	Text
	W http.ResponseWriter
	R *http.Request
	// Self is who is signed in; nil for nobody.
	Self *directoryv1.Self
	// Authority is the one that the person is signed in at, `authorities/{authority}`.
	Authority string
	// Notice is a sentence that the page before left.
	Notice string
	// token ties this page's forms to the browser; empty until one asks for it.
	token string
	// status is what the page answers with.
	status int
	ctx    context.Context //nolint:containedctx // the request's, with the passport; a visit lives as long
}

func (s *Site) visit(w http.ResponseWriter, r *http.Request) *Visit {
	return &Visit{Site: s, Text: s.Catalogue.In(r.Header.Get("Accept-Language")), W: w, R: r, status: http.StatusOK, ctx: r.Context()}
}

// Ctx is for the calls of this visit: the person acts.
func (v *Visit) Ctx() context.Context { return v.ctx }

// recognise finds out who visits. Errors: passport.ErrStranger, or why nobody could say.
func (v *Visit) recognise(unattended bool) error {
	authority, secret, ok := v.Secret()
	if !ok {
		return passport.ErrStranger
	}
	answer, err := v.passports.Get(v.ctx, keptUnder(authority, secret, unattended), &directoryv1.IssuePassportRequest{
		Authority: "authorities/" + authority,
		Bearer:    &directoryv1.IssuePassportRequest_Session{Session: &directoryv1.SessionBearer{Secret: secret, Unattended: unattended}},
	})
	if err != nil {
		return err
	}
	v.Self, v.Authority = answer.GetSelf(), "authorities/"+authority
	v.ctx = passport.WithToken(v.ctx, authority, answer.GetPassport())
	return nil
}

// Secret is the session that the browser shows; false where it shows none.
func (v *Visit) Secret() (authority, secret string, ok bool) {
	cookie, err := v.R.Cookie(SessionCookie)
	if err != nil {
		return "", "", false
	}
	authority, secret, ok = strings.Cut(cookie.Value, ".")
	return authority, secret, ok && authority != "" && secret != "" && len(cookie.Value) < 200
}

// SignedOut forgets the session at once, here and in the browser.
func (v *Visit) SignedOut() {
	if authority, secret, ok := v.Secret(); ok {
		v.passports.Forget(keptUnder(authority, secret, false))
		v.passports.Forget(keptUnder(authority, secret, true))
	}
	v.SetCookie(SessionCookie, "", -1)
}

func keptUnder(authority, secret string, unattended bool) string {
	sum := sha256.Sum256([]byte(authority + "\x00" + secret))
	return base64.RawStdEncoding.EncodeToString(sum[:]) + strconv.FormatBool(unattended)
}

// SetCookie sets a cookie of the pages; a negative age removes it, zero keeps it until the browser is closed.
func (v *Visit) SetCookie(name, value string, age time.Duration) {
	seconds := int(age / time.Second)
	if age < 0 {
		seconds = -1
	}
	http.SetCookie(v.W, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
}

// answer runs a handler and shows what it could not do.
func (v *Visit) answer(h Handler) {
	v.takeNotice()
	defer func() {
		if r := recover(); r != nil {
			kind := "panic"
			if err, ok := r.(runtime.Error); ok {
				kind = err.Error()
			}
			buffer := make([]byte, 8<<10)
			v.Log.ErrorContext(v.ctx, "a page broke", "path", v.R.Pattern, "panic", kind, "stack", string(buffer[:runtime.Stack(buffer, false)]))
			v.fail(fault.Internal(errors.New("panic")))
		}
	}()
	if err := h(v); err != nil {
		v.fail(err)
	}
}

// fail shows a page that says what happened and what to do.
func (v *Visit) fail(err error) {
	f := fault.From(err)
	switch {
	case errors.Is(err, ErrNoPage):
		f = fault.NotFound()
	case errors.Is(err, errForeign):
		f = fault.Denied("NOT_OUR_FORM", "")
	case f.HTTPStatus() >= http.StatusInternalServerError:
		v.Log.WarnContext(v.ctx, "a page can't be shown", "path", v.R.Pattern, "reason", f.Reason, "error", err)
	}
	v.status = f.HTTPStatus()
	if shown := v.Show(Page{Title: v.T("problem.title"), Body: problemPage(v, f)}); shown != nil {
		http.Error(v.W, v.T("problem.plain"), http.StatusInternalServerError)
	}
}

// Page is what a handler shows.
type Page struct {
	// Title is the browser tab's; never a child's name.
	Title string
	// Section is the part of the menu it belongs to.
	Section string
	// Back is where the link above the heading leads; empty for none.
	Back string
	Body templ.Component
	// Form is the page's form with its problems, so that the title can say that there are some; nil for none.
	Form *Form
	// Wide pages use the whole width for tables.
	Wide bool
}

// Show answers with a page.
func (v *Visit) Show(p Page) error {
	return v.ShowPart(layout(v, p))
}

// ShowPart answers with a piece of a page, for a page that fetches it by itself.
func (v *Visit) ShowPart(part templ.Component) error {
	var text bytes.Buffer
	if err := part.Render(v.ctx, &text); err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding, Cookie")
	if text.Len() < packAbove || !takesGzip(v.R) {
		v.W.WriteHeader(v.status)
		// Someone who hung up can't be told more.
		_, _ = io.Copy(v.W, &text)
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	v.W.WriteHeader(v.status)
	w := gzip.NewWriter(v.W)
	_, _ = io.Copy(w, &text)
	_ = w.Close()
	return nil
}

// Status changes what the page answers with; 200 unless said.
func (v *Visit) Status(code int) { v.status = code }

// Go leads the browser on after an act, so that loading again repeats nothing. The notice is a text's key, or empty.
func (v *Visit) Go(path, notice string) error {
	if notice != "" {
		v.SetCookie(noticeCookie, notice, time.Minute)
	}
	http.Redirect(v.W, v.R, path, http.StatusSeeOther)
	return nil
}

func (v *Visit) takeNotice() {
	cookie, err := v.R.Cookie(noticeCookie)
	if err != nil || v.R.Method != http.MethodGet {
		return
	}
	if text := v.T("notice." + cookie.Value); text != "notice."+cookie.Value {
		v.Notice = text
	}
	v.SetCookie(noticeCookie, "", -1)
}

// MemberOf says whether the person has a seat in a team of the kind, to choose what a page offers. It gives no right.
func (v *Visit) MemberOf(kind directoryv1.TeamKind) bool { return len(v.Seats(kind)) > 0 }

// Seats are the person's seats in teams of the kind.
func (v *Visit) Seats(kind directoryv1.TeamKind) []*directoryv1.Seat {
	var seats []*directoryv1.Seat
	for _, s := range v.Self.GetSeats() {
		if s.GetKind() == kind {
			seats = append(seats, s)
		}
	}
	return seats
}

// Last is the last part of a resource name: the id that a page's address holds.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
