// Package description reads the file in which a council describes its authority to Kith, and settles which team covers
// which postcode.
//
// The file is YAML, written by hand by a social care IT person and imported with `kith import directory FILE.yaml`. Its
// keys (`amina-yusuf`, `north-kensington`) are short names that the council chooses and never changes: they make a second
// import of the same file change nothing.
//
//	authority:
//	  key: kensington-chelsea
//	  title: Royal Borough of Kensington and Chelsea
//	  gss_code: E09000020
//	  phone: 020 7946 0100
//	  working_hours: { opens: "09:00", closes: "17:00" }
//	  urgent_limit_minutes: 60                # optional; 60 when left out
//	  idle_minutes: 30                        # optional; how long until the pages sign somebody out who does nothing
//	  out_of_hours:                           # who hears of immediate danger when the office is closed
//	    name: Emergency Duty Team
//	    phone: 020 7946 0199
//	    email: duty@kc.example
//	    call_back: https://duty.kc.example/kith   # optional
//	  escalation: |                           # how a partner disagrees with a decision
//	    Ring the Referral Team and ask for the worker who decided.
//	places:                                   # both paths are relative to this file
//	  postcodes: places/postcodes.csv         # pcd,oseast1m,osnrth1m,laua: National Grid metres
//	  boundaries: places/wards.geojson        # WGS84
//	  ward_name: WD13NM                       # optional; the property that holds a ward's name
//	teams:
//	  - key: north-kensington
//	    name: North Kensington Family Facing Team
//	    kind: family_facing                   # or referral, insight, enabler, strategy
//	    base: 12 Invented Road, London W10 5XX
//	    phone: 020 7946 0101
//	people:
//	  - key: amina-yusuf
//	    name: Amina Yusuf
//	    subject: kc:amina-yusuf               # who she is at the council's sign-in service
//	    registration: SW9000001               # Social Work England; optional
//	    registered_until: 2030-11-30
//	    qualifications:
//	      - { name: Practice Educator, since: 2019-07-01 }
//	    full_time_equivalent: 0.8             # optional; 1 when left out
//	    email: amina.yusuf@kc.example
//	    phone: 07700 900101                   # optional
//	    administrator: true                   # optional
//	    caldicott_guardian: true              # of exactly one person
//	    deputy_caldicott_guardian: true       # of at most one other
//	    memberships:                          # until is the first moment that no longer counts
//	      - { team: north-kensington, from: 2024-04-01 }
//	      - { team: referral, from: 2026-03-02, until: 2026-09-01, note: rotation }
//	patches:
//	  - team: north-kensington
//	    districts: [W10]
//	    sectors: [W11 1]
//	    postcodes: [W11 2AA]
//	    wards: [Golborne, St Charles]
//	partners:
//	  - key: met-police
//	    name: Metropolitan Police
//	    kind: 6                               # the referral source code of the CIN census
//	    client_id: kc-met-police
//	    scopes: [contacts:write, contacts:read]
//	    front_door: false                     # true for a MASH whose screening is accepted
//	    call_back: https://police.example/kith    # optional
//	    contacts:                             # whom to ring about a disagreement
//	      - { name: Public Protection Desk, role: out of hours, phone: 020 7946 0301 }   # role is optional
//
// A moment is a date (midnight in Europe/London) or an RFC 3339 time with its offset. Anchors, aliases and tags are
// refused, so that what is read is what is seen.
//
// # Which rule of a patch wins
//
// A single postcode beats a sector (`W10 5`), a sector beats a district (`W10`), and any of these beats a ward: what a
// person wrote is surer than what a polygon says, because boundaries are simplified and postcodes are points. A district
// is a whole outward code: `W1` does not cover `W10` or `W1A`. Where the winning rules name two teams, or none matches, a
// person decides; nothing is guessed.
//
// The package is pure: no database, no network, no clock.
package description
