package page

import (
	"embed"
	"fmt"
	"io/fs"
	"path"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed words
var wordFiles embed.FS

// Catalogue is every text of the pages, by language and key, with the language's plurals: words/en/*.yaml. Another language
// is a folder beside it.
type Catalogue struct{ bundle *i18n.Bundle }

func newCatalogue() (*Catalogue, error) {
	// The language of the folder that has every text: who reads another, or a region of it, reads that.
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	err := fs.WalkDir(wordFiles, "words", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := wordFiles.ReadFile(name)
		if err != nil {
			return err
		}
		// The folder is the language; go-i18n reads it from a file's name.
		_, err = bundle.ParseMessageFileBytes(text, path.Base(path.Dir(name))+".yaml")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	return &Catalogue{bundle: bundle}, nil
}

// Text finds texts in one language.
type Text struct{ localizer *i18n.Localizer }

// In gives the texts in the languages that somebody reads, the best first.
func (w *Catalogue) In(languages ...string) Text {
	return Text{localizer: i18n.NewLocalizer(w.bundle, append(languages, "en")...)}
}

// T is the text of a key. Pairs fill its gaps: T("desk.queue.due", "Time", "4:10pm") for "due by {{.Time}}".
func (t Text) T(key string, pairs ...any) string {
	return t.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: gaps(pairs)})
}

// N is the text of a key for a number, in the language's plural form; the number fills the gap Count.
func (t Text) N(key string, n int, pairs ...any) string {
	data := gaps(pairs)
	data["Count"] = n
	return t.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n})
}

func (t Text) say(c *i18n.LocalizeConfig) string {
	text, err := t.localizer.Localize(c)
	if err != nil {
		// A missing text must not take the page away; a test finds every one.
		return c.MessageID
	}
	return text
}

func gaps(pairs []any) map[string]any {
	data := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			data[name] = pairs[i+1]
		}
	}
	return data
}
