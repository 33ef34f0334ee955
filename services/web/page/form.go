package page

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/kithcare/kith/pkg/fault"
)

// Names of a form's own fields, beside those that somebody fills in.
const (
	fieldToken    = "form-token"
	fieldRequest  = "form-request"
	fieldEtag     = "form-etag"
	fieldRevision = "form-revision"
	fieldAuthor   = "form-author"
)

// formAge is how long a browser may hold a form and still send it.
const formAge = 30 * 24 * time.Hour

// Form is what somebody fills in. Its fields are named as the API names them (told.children[0].name), so that a refusal
// finds its field.
type Form struct {
	// Keeper is the service that keeps its words while they are typed, and Key what they are kept under; both are empty
	// for a form without longer fields.
	Keeper, Key string
	Values      url.Values
	Problems    []Problem
	// Changed is set when somebody else changed the record meanwhile.
	Changed *Changed
	// RequestID is the same for every press on this form.
	RequestID string
	// Etag is the version of the record that was shown.
	Etag string
	// Revision and SavedAt are the draft's; SavedAt is zero where there is none.
	Revision int64
	SavedAt  time.Time
	// Restored says that the fields come from a draft.
	Restored bool
	// token ties the form to the browser, author to the person.
	token, author string
}

// Problem is something to put right, at its field; the field is empty where none is to blame.
type Problem struct{ Field, Text string }

// Changed is who changed the record that a form was about, and when.
type Changed struct {
	By   string
	At   time.Time
	Etag string
}

// NewForm is an empty form, or what the person left unfinished. The keeper and key may be empty: see Form.
func (v *Visit) NewForm(keeper, key string) *Form {
	f := &Form{Keeper: keeper, Key: key, Values: url.Values{}, RequestID: uuid.Must(uuid.NewV7()).String(), token: v.formToken(), author: v.Self.GetPerson()}
	v.restore(f)
	return f
}

// Sent reads the form that was sent.
func (v *Visit) Sent(keeper, key string) *Form {
	values := v.R.PostForm
	f := &Form{
		Keeper: keeper, Key: key, Values: url.Values{}, RequestID: values.Get(fieldRequest), Etag: values.Get(fieldEtag),
		token: values.Get(fieldToken), author: values.Get(fieldAuthor),
	}
	// A revision that can't be read is as none: the draft then says that it was changed.
	f.Revision, _ = strconv.ParseInt(values.Get(fieldRevision), 10, 64)
	for name, all := range values {
		if !strings.HasPrefix(name, "form-") {
			f.Values[name] = all
		}
	}
	return f
}

// checked lets a form pass that this browser was given, for this person.
func checked(h Handler) Handler {
	return func(v *Visit) error {
		if err := v.Check(); err != nil {
			return err
		}
		if author := v.R.PostForm.Get(fieldAuthor); author != "" && author != v.Self.GetPerson() {
			return fault.Denied("ANOTHER_PERSON", v.T("form.another_person"))
		}
		return h(v)
	}
}

// Check reads a form and refuses one that this browser was not given.
func (v *Visit) Check() error {
	if err := v.R.ParseForm(); err != nil {
		return fault.Invalid("", "this form is too large, or broken")
	}
	if !v.ourForm() {
		return errForeign
	}
	return nil
}

// formToken is the token for this browser's forms; it gives the browser the cookie it rests on.
func (v *Visit) formToken() string {
	if v.token != "" {
		// A page of many forms sets the cookie once.
		return v.token
	}
	cookie, err := v.R.Cookie(formCookie)
	secret := ""
	if err == nil {
		secret = cookie.Value
	}
	if len(secret) < 26 {
		secret = rand.Text()
		v.R.AddCookie(&http.Cookie{Name: formCookie, Value: secret})
	}
	v.SetCookie(formCookie, secret, formAge)
	v.token = tokenOf(secret)
	return v.token
}

func tokenOf(secret string) string {
	sum := sha256.Sum256([]byte("a form of kith\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (v *Visit) ourForm() bool {
	cookie, err := v.R.Cookie(formCookie)
	if err != nil || len(cookie.Value) < 26 {
		return false
	}
	token := v.R.PostForm.Get(fieldToken)
	if token == "" {
		token = v.R.Header.Get("Kith-Form")
	}
	return subtle.ConstantTimeCompare([]byte(token), []byte(tokenOf(cookie.Value))) == 1
}

// Get is what stands in a field.
func (f *Form) Get(name string) string { return f.Values.Get(name) }

// Trimmed is what stands in a field, without space around it.
func (f *Form) Trimmed(name string) string { return strings.TrimSpace(f.Values.Get(name)) }

// Set fills a field in.
func (f *Form) Set(name, value string) { f.Values.Set(name, value) }

// Default fills a field in that nobody has touched.
func (f *Form) Default(name, value string) {
	if _, touched := f.Values[name]; !touched {
		f.Values.Set(name, value)
	}
}

// Has says whether a field holds the value, as a ticked box does.
func (f *Form) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Wrong adds a problem at a field.
func (f *Form) Wrong(field, text string) { f.Problems = append(f.Problems, Problem{field, text}) }

// ProblemAt is what is wrong at a field; empty for nothing.
func (f *Form) ProblemAt(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// Again shows a form once more after its act was refused: with what is wrong at its field, or what somebody else changed
// meanwhile, and every word as it was typed. What can't be mended on the form is given back as the error it is.
func (v *Visit) Again(f *Form, refused error, show func() error) error {
	if refused != nil {
		problem := fault.From(refused)
		switch problem.Code {
		case codes.NotFound, codes.Unauthenticated, codes.Internal:
			v.keep(f)
			return refused
		case codes.Aborted:
			f.Changed = v.changed(problem)
			// Pressing again is then a choice with open eyes.
			if f.Changed.Etag != "" {
				f.Etag = f.Changed.Etag
			}
			f.Problems = append(f.Problems, Problem{Text: v.sentence(problem)})
		default:
			f.Problems = append(f.Problems, Problem{Field: problem.Field, Text: v.sentence(problem)})
		}
		v.status = problem.HTTPStatus()
	} else {
		v.status = http.StatusUnprocessableEntity
	}
	v.keep(f)
	return show()
}

// changed is who was first, as the refusal says it.
func (v *Visit) changed(f *fault.Fault) *Changed {
	c := &Changed{Etag: f.Facts["etag"]}
	if at, err := time.Parse(time.RFC3339, f.Facts["changedAt"]); err == nil {
		c.At = at
	}
	if by := f.Facts["changedBy"]; by != "" {
		c.By = v.NamesOf(by)[by]
	}
	return c
}
