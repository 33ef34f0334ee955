// Package reach tells somebody outside: by e-mail, or by a signed web call-back (Standard Webhooks, standardwebhooks.com).
//
// It is made for words that hold nothing of a child: what it sends may be read by whoever runs the mail server or the
// partner's address. A call-back goes to the address it was given and nowhere else: no redirect is followed, no proxy is
// asked, and no address inside a network is called, however its name resolves.
package reach

// Means are how this installation reaches people outside. An empty part is a channel that does not exist.
type Means struct {
	// SMTP is host:port of the mail server. STARTTLS is used where it is offered; a password needs it.
	SMTP string
	// From is the sender's address.
	From     string
	User     string
	Password string
	// CallBackSecret signs web call-backs (Standard Webhooks, with or without the prefix whsec_).
	CallBackSecret string
	// Loopback lets call-backs go to this machine, for the demonstration and for tests.
	Loopback bool
}

// Mailer sends e-mail by these means.
func (m Means) Mailer() Mailer {
	return Mailer{SMTP: m.SMTP, From: m.From, User: m.User, Password: m.Password}
}

// Hook makes call-backs by these means.
func (m Means) Hook() Hook { return Hook{Loopback: m.Loopback} }
