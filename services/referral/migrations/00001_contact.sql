-- +goose Up
CREATE TABLE contact (
    id uuid PRIMARY KEY,
    receipt text NOT NULL CONSTRAINT contact_receipt UNIQUE,
    version integer NOT NULL,
    told_version integer NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    rank smallint NOT NULL CHECK (rank IN (0, 1, 9)),
    source_code text NOT NULL,
    partner_id text,
    received_from text NOT NULL,
    their_reference text NOT NULL,
    text_digest bytea NOT NULL,
    version_of uuid REFERENCES contact,
    received_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    decision_due_by timestamptz NOT NULL,
    decided_at timestamptz,
    immediate_danger boolean NOT NULL,
    danger_acknowledged_at timestamptz,
    danger_acknowledged_by text NOT NULL,
    delivery_failed boolean NOT NULL,
    needs_person smallint[] NOT NULL,
    taken_back_at timestamptz,
    taken_back_reason text NOT NULL,
    over_limit boolean NOT NULL,
    children_undecided smallint NOT NULL,
    child_names text[] NOT NULL,
    teams text[] NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_how text NOT NULL
);

-- Two at once can't both be the first under a sender's reference, nor the same text twice.
CREATE UNIQUE INDEX contact_reference ON contact (partner_id, their_reference)
    WHERE their_reference <> '' AND version_of IS NULL AND partner_id IS NOT NULL;
CREATE UNIQUE INDEX contact_text ON contact (partner_id, their_reference, text_digest)
    WHERE their_reference <> '' AND partner_id IS NOT NULL;

-- The queue holds what waits, however much history there is.
CREATE INDEX contact_queue ON contact (rank, decision_due_by, id) WHERE rank < 9;
CREATE INDEX contact_undecided ON contact (decision_due_by, id) WHERE state IN (1, 3);
-- History, newest first.
CREATE INDEX contact_finished ON contact (state, received_at DESC, id DESC) WHERE state IN (2, 4, 5);
CREATE INDEX contact_finished_source ON contact (state, source_code, received_at DESC, id DESC) WHERE state IN (2, 4, 5);
CREATE INDEX contact_version_of ON contact (version_of) WHERE version_of IS NOT NULL;

COMMENT ON TABLE contact IS 'everything that arrived, as it stands now';
COMMENT ON COLUMN contact.version IS 'goes up with each person''s act; the etag';
COMMENT ON COLUMN contact.told_version IS 'the version of the text that stands';
COMMENT ON COLUMN contact.rank IS '0 immediate danger that is unacknowledged or undecided, 1 undecided or proposed, 9 finished';
COMMENT ON COLUMN contact.version_of IS 'the contact whose fuller text this was proposed as; stays when it becomes a contact of its own';

-- History by team, written when a contact is finished and not when it arrives.
CREATE TABLE finished_by_team (
    contact uuid NOT NULL REFERENCES contact,
    team text NOT NULL,
    state smallint NOT NULL,
    source_code text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (contact, team)
);

CREATE INDEX finished_by_team_newest ON finished_by_team (team, state, received_at DESC, contact DESC);
CREATE INDEX finished_by_team_source ON finished_by_team (team, state, source_code, received_at DESC, contact DESC);

CREATE TABLE told_version (
    contact uuid NOT NULL REFERENCES contact,
    told_version integer NOT NULL,
    contact_version integer NOT NULL,
    told bytea NOT NULL,
    reason text NOT NULL,
    told_by text NOT NULL,
    written_by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (contact, told_version)
);

COMMENT ON TABLE told_version IS 'append: every version of what was told, word for word (kith.referral.v1.Told), kept for ever';
COMMENT ON COLUMN told_version.told_by IS 'whose words they are';

CREATE TABLE child (
    id uuid PRIMARY KEY,
    contact uuid NOT NULL REFERENCES contact,
    place smallint NOT NULL,
    since_version integer NOT NULL,
    name text NOT NULL,
    nhs_number text NOT NULL,
    birth_date text NOT NULL,
    surname_key text NOT NULL,
    postcode text NOT NULL,
    address_key text NOT NULL,
    postcode_unknown boolean NOT NULL,
    needs smallint NOT NULL,
    first_team text NOT NULL,
    team text NOT NULL,
    team_reason text NOT NULL,
    already_open_family uuid,
    family uuid,
    outcome smallint NOT NULL,
    progress text NOT NULL,
    CONSTRAINT child_place UNIQUE (contact, place)
);

CREATE INDEX child_nhs_number ON child (nhs_number) WHERE nhs_number <> '';
CREATE INDEX child_surname_birth_date ON child (surname_key, birth_date) WHERE surname_key <> '' AND birth_date <> '';
CREATE INDEX child_address ON child (address_key) WHERE address_key <> '';
CREATE INDEX child_family ON child (family) WHERE family IS NOT NULL;

COMMENT ON TABLE child IS 'each child of a contact, with what is read in the present text for finding it again';
COMMENT ON COLUMN child.place IS 'in the children told, from 0';
COMMENT ON COLUMN child.needs IS 'why a person has to choose the team (kith.referral.v1.NeedsPerson); 0 for none';

CREATE TABLE screening (
    child uuid NOT NULL REFERENCES child,
    version integer NOT NULL,
    contact uuid NOT NULL REFERENCES contact,
    contact_version integer NOT NULL,
    outcome smallint NOT NULL CHECK (outcome BETWEEN 1 AND 8),
    reason text NOT NULL,
    reason_for_referrer text NOT NULL,
    receiver text NOT NULL,
    family_agrees smallint NOT NULL,
    primary_need text NOT NULL,
    team text NOT NULL,
    family uuid,
    own_family boolean NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    receipt_confirmed_at timestamptz,
    receipt_confirmed_by text NOT NULL,
    receipt_confirmed_version integer NOT NULL,
    superseded_at timestamptz,
    superseded_version integer NOT NULL,
    PRIMARY KEY (child, version)
);

CREATE UNIQUE INDEX screening_current ON screening (child) WHERE superseded_at IS NULL;
CREATE INDEX screening_contact ON screening (contact);

COMMENT ON TABLE screening IS 'every outcome with its reason; one is current for each child';

CREATE TABLE team_choice (
    child uuid NOT NULL REFERENCES child,
    contact_version integer NOT NULL,
    team text NOT NULL,
    reason text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (child, contact_version, at)
);

COMMENT ON TABLE team_choice IS 'append: each change of a child''s team after receipt, with the reason';

CREATE TABLE link (
    contact uuid NOT NULL REFERENCES contact,
    other uuid NOT NULL REFERENCES contact,
    reason text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (contact, other)
);

COMMENT ON TABLE link IS 'contacts that a person linked, one row for each direction';

CREATE TABLE change (
    contact uuid NOT NULL REFERENCES contact,
    version integer NOT NULL,
    how text NOT NULL,
    reason text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (contact, version)
);

COMMENT ON TABLE change IS 'append: each act on a contact after its receipt, with the reason given';

CREATE TABLE alarm (
    id uuid PRIMARY KEY,
    contact uuid NOT NULL REFERENCES contact,
    at timestamptz NOT NULL,
    channel text NOT NULL,
    delivered boolean NOT NULL,
    failure text NOT NULL
);

CREATE INDEX alarm_contact ON alarm (contact, at);

COMMENT ON TABLE alarm IS 'append: each attempt to make somebody look at immediate danger';
