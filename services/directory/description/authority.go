package description

import (
	"fmt"
	"time"
)

// Authority is a council as its description file tells it: complete, checked, every reference existing.
type Authority struct {
	// Key is the authority's id in resource names (`authorities/{authority}`).
	Key string
	// Title is the council's name as people read it.
	Title string
	// GSSCode is the council's code at the Office for National Statistics, as `E09000020`.
	GSSCode string
	// Phone is the number partners and families ring in working hours.
	Phone string
	// WorkingHours are the office hours of a working day; a contact from outside them counts from the next opening.
	WorkingHours WorkingHours
	// UrgentLimit is how long an urgent contact may wait, on elapsed time.
	UrgentLimit time.Duration
	// IdleMinutes is how long a person may do nothing before the pages sign them out.
	IdleMinutes int
	// OutOfHours hears of immediate danger when the office is closed.
	OutOfHours OutOfHours
	// Escalation tells a partner how to disagree with a decision.
	Escalation string

	Teams       []Team
	People      []Person
	Memberships []Membership
	Patches     []Patch
	Partners    []Partner

	// Coverage is the patches resolved to postcodes.
	Coverage *Coverage
	// Report says what the resolution left open.
	Report Report
}

// WorkingHours are the hours of one working day, local time in Europe/London. Opens is before Closes.
type WorkingHours struct{ Opens, Closes TimeOfDay }

// TimeOfDay is a local clock time in minutes after midnight, 0 to 1439.
type TimeOfDay int

// String is the time as `09:00`.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// OutOfHours is the Emergency Duty Team or whoever stands in for it. CallBack may be empty.
type OutOfHours struct{ Name, Phone, Email, CallBack string }

// TeamKind is one of the five kinds of team that stand side by side around families (blueprint, Figure 1).
type TeamKind string

// The five kinds of team.
const (
	FamilyFacing TeamKind = "family_facing"
	Referral     TeamKind = "referral"
	Insight      TeamKind = "insight"
	Enabler      TeamKind = "enabler"
	Strategy     TeamKind = "strategy"
)

// Team is one team. Base is its address in words; it may be empty.
type Team struct {
	Key, Name string
	Kind      TeamKind
	Base      string
	Phone     string
}

// Person is someone who works for the authority.
type Person struct {
	Key, Name string
	// Subject is the person's `sub` at the authority's OIDC issuer.
	Subject string
	// Registration is the Social Work England number, `SW` and digits; empty for who is not a social worker.
	Registration string
	// RegisteredUntil is the last day of the registration, at 00:00 UTC; nil when no end is known.
	RegisteredUntil *time.Time
	Qualifications  []Qualification
	// FullTimeEquivalent is above 0 and at most 1.
	FullTimeEquivalent float64
	Email              string
	// Phone may be empty.
	Phone string
	// Administrator may change the directory.
	Administrator bool
	// CaldicottGuardian reviews break-glass access; exactly one person of an authority is.
	CaldicottGuardian bool
	// DeputyCaldicottGuardian stands in for the guardian; at most one other person is.
	DeputyCaldicottGuardian bool
}

// Qualification is something a person is qualified in, beside the registration. Since and Until are days at 00:00 UTC;
// Until is the last day, nil when it does not run out.
type Qualification struct {
	Name  string
	Since time.Time
	Until *time.Time
}

// Membership says that a person belongs to a team from From, up to and without Until (nil: open). A rotation through the
// Referral Team is one. Note may be empty.
type Membership struct {
	Person, Team string
	From         time.Time
	Until        *time.Time
	Note         string
}

// Patch is what a Family Facing Team covers, in the council's words: codes are normalised (`W10`, `W10 5`, `W10 5BN`),
// wards are names in the boundary file.
type Patch struct {
	Team      string
	Districts []string
	Sectors   []string
	Postcodes []string
	Wards     []string
}

// Scope is something a partner's token may do.
type Scope string

// The scopes a partner can hold.
const (
	ContactsWrite Scope = "contacts:write"
	ContactsRead  Scope = "contacts:read"
)

// Partner is an agency that tells the authority of worries.
type Partner struct {
	Key, Name string
	// Kind is the agency's referral source code in the CIN census, `1A` to `10`; it decides what the agency is told.
	Kind string
	// ClientID is the agency's client at the authority's issuer of partner tokens.
	ClientID string
	Scopes   []Scope
	// Contacts are whom to ring at the agency about a disagreement.
	Contacts []PartnerContact
	// FrontDoor marks a MASH whose screening is accepted with its outcome.
	FrontDoor bool
	// CallBack is where outcomes are announced; empty when the agency asks for them itself.
	CallBack string
	// PublicKey is a PEM block for the demonstration issuer alone; empty elsewhere.
	PublicKey string
}

// PartnerContact is a person or desk at a partner. Role may be empty, and Phone or Email, never both.
type PartnerContact struct {
	Name string
	// Role is left out of what is stored where it is empty.
	Role         string `json:",omitempty"`
	Phone, Email string
}
