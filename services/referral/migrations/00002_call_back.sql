-- +goose Up
ALTER TABLE contact
    ADD COLUMN seen_at timestamptz,
    ADD COLUMN seen_by text NOT NULL DEFAULT '',
    ADD COLUMN with_duty_since timestamptz;

COMMENT ON COLUMN contact.seen_at IS 'when a person of the Referral Team first had it before them; the referrer hears of it';
COMMENT ON COLUMN contact.with_duty_since IS 'since when the Emergency Duty Team looks after it; ends with its decision';

-- What was acted on before was seen then: nobody hears of it years later.
UPDATE contact SET seen_at = first.at, seen_by = first.by
    FROM (SELECT DISTINCT ON (contact) contact, at, by FROM (
            SELECT contact, at, by FROM change WHERE by LIKE 'people/%'
            UNION ALL SELECT contact, at, by FROM screening
            UNION ALL SELECT id, received_at, received_from FROM contact WHERE received_from LIKE 'people/%') acts
        ORDER BY contact, at) first
    WHERE first.contact = contact.id;

-- How many came since a moment, and when the newest did.
CREATE INDEX contact_received ON contact (received_at);
CREATE INDEX contact_with_duty ON contact (with_duty_since) WHERE with_duty_since IS NOT NULL;

CREATE TABLE call_back (
    id uuid PRIMARY KEY,
    contact uuid NOT NULL REFERENCES contact,
    kind text NOT NULL CHECK (kind IN ('SEEN', 'CHILD_DECIDED')),
    child uuid REFERENCES child,
    screening integer NOT NULL,
    channel text NOT NULL,
    partner text NOT NULL,
    due_at timestamptz NOT NULL,
    round integer NOT NULL,
    tries integer NOT NULL,
    attempts integer NOT NULL,
    next_at timestamptz,
    delivered_at timestamptz,
    gave_up_at timestamptz,
    failure text NOT NULL,
    settled text NOT NULL,
    settled_by text NOT NULL,
    settled_at timestamptz,
    undelivered boolean NOT NULL GENERATED ALWAYS AS (failure <> '' AND delivered_at IS NULL AND settled_at IS NULL) STORED
);

-- However many open a contact at once, or press twice, the referrer hears once.
CREATE UNIQUE INDEX call_back_seen ON call_back (contact) WHERE kind = 'SEEN';
CREATE UNIQUE INDEX call_back_decided ON call_back (child, screening) WHERE kind = 'CHILD_DECIDED';
CREATE INDEX call_back_contact ON call_back (contact);
CREATE INDEX call_back_newest ON call_back (due_at DESC, id DESC);
CREATE INDEX call_back_undelivered ON call_back (due_at DESC, id DESC) WHERE undelivered;
CREATE INDEX call_back_undelivered_contact ON call_back (contact) WHERE undelivered;

COMMENT ON TABLE call_back IS 'each word to a referrer that something changed; its id is the message''s on every attempt';
COMMENT ON COLUMN call_back.screening IS 'the child''s screening that is told; 0 for SEEN';
COMMENT ON COLUMN call_back.channel IS 'how the last attempt was made; empty before the first';
COMMENT ON COLUMN call_back.partner IS 'whose registered address is asked for at each attempt; empty for an individual''s e-mail';
COMMENT ON COLUMN call_back.round IS 'goes up when a person lets it be tried again; a job of an earlier round does nothing';
COMMENT ON COLUMN call_back.tries IS 'attempts in this round; the gap to the next follows from it';
COMMENT ON COLUMN call_back.failure IS 'why the last attempt failed; empty after one that did not';

CREATE TABLE call_back_attempt (
    id uuid PRIMARY KEY,
    call_back uuid NOT NULL REFERENCES call_back,
    at timestamptz NOT NULL,
    channel text NOT NULL,
    delivered boolean NOT NULL,
    failure text NOT NULL
);

CREATE INDEX call_back_attempt_call_back ON call_back_attempt (call_back, at);

COMMENT ON TABLE call_back_attempt IS 'append: each attempt to tell a referrer, without what was sent';

CREATE TABLE duty_handover (
    id uuid PRIMARY KEY,
    how text NOT NULL CHECK (how IN ('HANDED_TO_DUTY', 'TAKEN_BACK_FROM_DUTY')),
    contacts integer NOT NULL,
    note text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX duty_handover_newest ON duty_handover (at);

COMMENT ON TABLE duty_handover IS 'append: each hand-over to the Emergency Duty Team and back, with the note';

-- Not in change, whose rows go with a contact's versions: a hand-over changes nothing that a person decides on, and
-- whoever is at work on a contact goes on with the version that they read.
CREATE TABLE duty_contact (
    contact uuid NOT NULL REFERENCES contact,
    handover uuid NOT NULL REFERENCES duty_handover,
    PRIMARY KEY (contact, handover)
);

COMMENT ON TABLE duty_contact IS 'append: which contacts were handed over, or taken back';

CREATE TABLE duty_attempt (
    id uuid PRIMARY KEY,
    handover uuid NOT NULL REFERENCES duty_handover,
    at timestamptz NOT NULL,
    channel text NOT NULL,
    delivered boolean NOT NULL,
    failure text NOT NULL
);

CREATE INDEX duty_attempt_handover ON duty_attempt (handover, at);

COMMENT ON TABLE duty_attempt IS 'append: each attempt to tell the out-of-hours contact of a hand-over';
