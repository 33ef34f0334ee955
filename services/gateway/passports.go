package gateway

import (
	"fmt"
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
)

// key tells one caller's passports from another's.
func (c caller) key() string {
	return strings.Join(append([]string{c.authority, c.issuer, c.subject, fmt.Sprint(c.partner)}, c.scopes...), "\x00")
}

// request is the caller as the directory is told of it.
func (c caller) request() *directoryv1.IssuePassportRequest {
	r := &directoryv1.IssuePassportRequest{Authority: "authorities/" + c.authority}
	if c.partner {
		r.Bearer = &directoryv1.IssuePassportRequest_Partner{Partner: &directoryv1.PartnerClient{Issuer: c.issuer, ClientId: c.subject, Scopes: c.scopes}}
	} else {
		r.Bearer = &directoryv1.IssuePassportRequest_Person{Person: &directoryv1.SignedIn{Issuer: c.issuer, Subject: c.subject}}
	}
	return r
}
