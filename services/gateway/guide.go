package gateway

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
)

//go:embed kit
var kit embed.FS

// guide is what the page for those who write a partner's system shows.
type guide struct {
	// Base is where partners reach this gateway.
	Base string
	// Authority is the one in the examples.
	Authority string
	// Sandbox is where a demonstration gives tokens away; empty for a real installation.
	Sandbox  string
	Messages []message
}

// message is one of the kit that partners try their systems with.
type message struct {
	Name   string `json:"name"`
	Why    string `json:"why"`
	Expect struct {
		Status int            `json:"status"`
		Body   map[string]any `json:"body"`
	} `json:"expect"`
}

func guidePage(d Deps) ([]byte, error) {
	page, err := template.ParseFS(pages, "pages/guide.html")
	if err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	text, err := kit.ReadFile("kit/kit.json")
	if err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	var messages struct {
		Messages []message `json:"messages"`
	}
	if err := json.Unmarshal(text, &messages); err != nil {
		return nil, fmt.Errorf("the kit: %w", err)
	}
	g := guide{Base: d.URL, Authority: "AUTHORITY", Sandbox: d.Sandbox, Messages: messages.Messages}
	if g.Base == "" {
		g.Base = "https://KITH"
	}
	if len(d.Authorities) > 0 {
		g.Authority = d.Authorities[0].Name
	}
	var shown bytes.Buffer
	if err := page.Execute(&shown, g); err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	return shown.Bytes(), nil
}
