-- +goose Up
CREATE TABLE family (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('AWAITING_ALLOCATION', 'ALLOCATED', 'WITHDRAWN', 'CLOSED')),
    team text NOT NULL CHECK (team <> ''),
    contact uuid,
    opened_team text NOT NULL CHECK (opened_team <> ''),
    own_for uuid,
    opened_at timestamptz NOT NULL,
    worker uuid,
    cover uuid,
    allocated_at timestamptz,
    first_allocated_at timestamptz,
    handovers integer NOT NULL DEFAULT 0,
    urgent_since timestamptz,
    urgent_acknowledged_by uuid,
    urgent_acknowledged_at timestamptz,
    closed_at timestamptz,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    place smallint NOT NULL GENERATED ALWAYS AS (CASE
        WHEN state = 'WITHDRAWN' THEN 4
        WHEN state = 'CLOSED' THEN 5
        WHEN urgent_since IS NOT NULL AND urgent_acknowledged_by IS NULL THEN 1
        WHEN state = 'AWAITING_ALLOCATION' THEN 2
        ELSE 3 END) STORED,
    CONSTRAINT family_worker_and_cover CHECK ((worker IS NULL) = (cover IS NULL) AND (worker IS NULL) = (allocated_at IS NULL)),
    CONSTRAINT family_two_people CHECK (worker <> cover),
    CONSTRAINT family_allocated CHECK (state <> 'ALLOCATED' OR worker IS NOT NULL),
    CONSTRAINT family_waiting CHECK (state NOT IN ('AWAITING_ALLOCATION', 'WITHDRAWN') OR worker IS NULL),
    CONSTRAINT family_closed CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL)),
    CONSTRAINT family_acknowledged CHECK ((urgent_acknowledged_by IS NULL) = (urgent_acknowledged_at IS NULL))
);

COMMENT ON TABLE family IS 'a family with the team that works with it; an open one is never without a team';
COMMENT ON COLUMN family.contact IS 'the contact it was opened for; null where it came from an older system';
COMMENT ON COLUMN family.opened_team IS 'the team it was opened for; team is where it is now';
COMMENT ON COLUMN family.own_for IS 'the contact''s child that a screener split off; null for the family of all the others';
COMMENT ON COLUMN family.first_allocated_at IS 'once set, the team decides about a screener''s revision';
COMMENT ON COLUMN family.place IS 'where it stands in the team''s list: 1 urgent, 2 waits for allocation, 3 allocated, 4 withdrawn, 5 closed';

-- The children of one contact passed to one team are one family.
CREATE UNIQUE INDEX family_of_contact ON family (contact, opened_team, own_for) NULLS NOT DISTINCT
    WHERE contact IS NOT NULL AND state <> 'CLOSED';
CREATE INDEX family_list ON family (team, place, opened_at, id);
CREATE INDEX family_worker ON family (team, worker) WHERE state = 'ALLOCATED';

CREATE TABLE person (
    id uuid PRIMARY KEY,
    family uuid NOT NULL REFERENCES family,
    is_child boolean NOT NULL,
    contact uuid,
    contact_child uuid,
    told_place integer NOT NULL DEFAULT 0,
    full_name text NOT NULL,
    given_name text NOT NULL,
    surname_key text,
    birth_date date,
    sex text NOT NULL,
    nhs_number text,
    address text NOT NULL,
    postcode text NOT NULL,
    address_key text,
    relationship text NOT NULL,
    standing text NOT NULL CHECK (standing IN ('', 'WITH_TEAM', 'REVISED', 'WITHDRAWN')),
    standing_reason text NOT NULL DEFAULT '',
    written_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT person_standing CHECK (is_child = (standing <> ''))
);

COMMENT ON COLUMN person.contact_child IS 'the child of the contact that it was referred as';
COMMENT ON COLUMN person.told_place IS 'the adult''s place in what the contact told';
COMMENT ON COLUMN person.standing IS 'a child''s; empty for an adult';

CREATE UNIQUE INDEX person_child_once ON person (family, contact_child) WHERE contact_child IS NOT NULL;
CREATE UNIQUE INDEX person_adult_once ON person (family, contact, told_place) WHERE NOT is_child AND contact IS NOT NULL;
CREATE INDEX person_family ON person (family);
CREATE INDEX person_nhs_number ON person (nhs_number) WHERE is_child AND nhs_number IS NOT NULL;
CREATE INDEX person_surname ON person (surname_key, birth_date) WHERE is_child AND surname_key IS NOT NULL;
CREATE INDEX person_address ON person (address_key) WHERE is_child AND address_key IS NOT NULL;

CREATE TABLE referred_child (
    contact_child uuid PRIMARY KEY,
    contact uuid NOT NULL,
    family uuid NOT NULL REFERENCES family,
    person uuid NOT NULL REFERENCES person,
    added boolean NOT NULL,
    screening integer NOT NULL,
    withdrawn boolean NOT NULL
);

COMMENT ON TABLE referred_child IS 'where each referred child of a contact is, by the latest screening taken in: what is delivered twice changes nothing';
COMMENT ON COLUMN referred_child.added IS 'false where the family knew the child before: a revision then takes nobody away';

CREATE TABLE child_standing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person uuid NOT NULL REFERENCES person,
    standing text NOT NULL,
    reason text NOT NULL,
    decided_by text NOT NULL,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL
);

COMMENT ON TABLE child_standing IS 'append: each change of a child''s standing with its team';

CREATE TABLE involvement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family uuid NOT NULL REFERENCES family,
    kind text NOT NULL CHECK (kind IN ('OPENED', 'ALLOCATED', 'HANDED_OVER', 'DEFERRED')),
    team text NOT NULL CHECK (team <> ''),
    worker uuid,
    cover uuid,
    reason text NOT NULL,
    child_told boolean NOT NULL,
    decided_by uuid,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE involvement IS 'append: everything that changed who works with a family';
COMMENT ON COLUMN involvement.at IS 'when it happened; written_at is when it was written down';

CREATE INDEX involvement_family ON involvement (family, id);

CREATE TABLE worry (
    family uuid NOT NULL REFERENCES family,
    contact uuid NOT NULL,
    version bigint NOT NULL,
    received_at timestamptz NOT NULL,
    words text NOT NULL,
    screening_reason text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (family, contact, version)
);

COMMENT ON TABLE worry IS 'append: the referrer''s words, by the contact''s version; the latest stands';
CREATE INDEX worry_contact ON worry (contact);

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    team text NOT NULL,
    family uuid NOT NULL REFERENCES family,
    contact uuid NOT NULL,
    contact_child uuid NOT NULL,
    person uuid REFERENCES person,
    worker uuid,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT notice_once UNIQUE (contact, contact_child, family)
);

COMMENT ON COLUMN notice.team IS 'the family''s team now: a notice goes along with its family';
CREATE INDEX notice_list ON notice (team, at, id);
CREATE INDEX notice_family ON notice (family);

CREATE TABLE alarm (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    family uuid NOT NULL REFERENCES family,
    contact uuid,
    at timestamptz NOT NULL
);

COMMENT ON TABLE alarm IS 'append: each alarm that was raised';
CREATE INDEX alarm_family ON alarm (family);

CREATE TABLE colleague (
    person uuid PRIMARY KEY,
    title text NOT NULL
);

COMMENT ON TABLE colleague IS 'how a worker or cover was called when a family was given to them, for when they have left';
