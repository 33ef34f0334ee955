package gateway

import (
	_ "embed"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

func contactRoute(t testing.TB) *route {
	t.Helper()
	routes, err := findRoutes()
	if err != nil {
		t.Fatal(err)
	}
	r := routes["POST /v1/{parent=authorities/*}/contacts"]
	if r == nil {
		t.Fatal("there is no route for contacts")
	}
	return r
}

// notification is 1.5 kB with two children, as the police send them.
//
//go:embed testdata/notification.json
var notification string

// Whatever passes can be read as the message, with nothing dropped; whatever does not is named in words that can be sent.
func FuzzCheckForm(f *testing.F) {
	for _, seed := range []string{
		notification, `{}`, `{"worry":"\ud800"}`, `{"worry":"\ud83d\ude00 \ufffd �"}`, `{"children":[{"name":"a","name":"b"}]}`, `{"children":[null]}`,
		`{"adults":[{"relationships":[{"child":1e3}]}]}`, `{"adults":[{"relationships":[{"child":-0}]}]}`, "{\"worry\":\"\x00\"}", `{"source":null}`, `[`, `{"worry":"\\\""}`,
		`{"immediateDanger":true}{}`, strings.Repeat(`{"source":`, 70), `{"telling":{"childTold":"YES_NO_NO"}}`, `{"children":[{"na\u006de":"x"}]}`,
	} {
		f.Add([]byte(seed))
	}
	r := contactRoute(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		wrong := checkForm(r, text)
		if wrong != nil {
			if wrong.Reason == "" || wrong.Message == "" || !utf8.ValidString(wrong.Field+wrong.Message) || len(wrong.Field) > 4000 {
				t.Errorf("%q is refused with %+v", text, wrong)
			}
			return
		}
		if len(text) == 0 {
			return
		}
		told := &referralv1.Told{}
		if err := protojson.Unmarshal(text, told); err != nil {
			t.Errorf("%q passes and can't be read: %v", text, err)
		}
		if strings.ContainsRune(told.String(), 0) {
			t.Errorf("%q passes with a NUL", text)
		}
	})
}

// The reading is only as deep as the limit, wherever the depth is.
func TestDepthIsCountedOutsideTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		deep bool
	}{
		{strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), false},
		{strings.Repeat("[", maxDepth+1), true},
		{strings.Repeat("[]", 1000), false},
		{`"` + strings.Repeat("[", 1000) + `"`, false},
		{`"\"` + strings.Repeat("{", 1000) + `"`, false},
		{`"\\"` + strings.Repeat("{", 1000), true},
	} {
		if got := tooDeep([]byte(c.text)); got != c.deep {
			t.Errorf("%.20s…: %t, want %t", c.text, got, c.deep)
		}
	}
}

func TestATypeThatCannotBeCheckedStopsTheStart(t *testing.T) {
	t.Parallel()
	for _, message := range []protoreflect.MessageDescriptor{
		(&timestamppb.Timestamp{}).ProtoReflect().Descriptor(),
		(&referralv1.Contact{}).ProtoReflect().Descriptor(),
	} {
		if supported(message) == nil {
			t.Errorf("%s is taken", message.FullName())
		}
	}
}

func BenchmarkCheckForm(b *testing.B) {
	r, text := contactRoute(b), []byte(notification)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if wrong := checkForm(r, text); wrong != nil {
			b.Fatal(wrong)
		}
	}
}
