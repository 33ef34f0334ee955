-- +goose Up
CREATE TABLE restriction (
    family uuid PRIMARY KEY REFERENCES family,
    kind text NOT NULL CHECK (kind IN ('STAFF', 'ADOPTION', 'HIGH_RISK', 'OTHER')),
    reason text NOT NULL CHECK (reason <> ''),
    people uuid[] NOT NULL,
    restricted_by uuid NOT NULL,
    restricted_at timestamptz NOT NULL,
    review_due_by timestamptz NOT NULL,
    lifted_at timestamptz,
    written_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE restriction IS 'families whose existence is hidden from everybody but those named; in force until lifted';
CREATE INDEX restriction_due ON restriction (review_due_by, family) WHERE lifted_at IS NULL;

CREATE TABLE restriction_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family uuid NOT NULL REFERENCES family,
    act text NOT NULL CHECK (act IN ('RESTRICTED', 'REVIEWED', 'LIFTED', 'NAMED')),
    kind text NOT NULL,
    reason text NOT NULL,
    people uuid[] NOT NULL,
    changed_by text NOT NULL,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE restriction_change IS 'append: every change of a restriction, with whom it names from then on; NAMED is a new worker and cover who came to see it';
CREATE INDEX restriction_change_family ON restriction_change (family, id);

CREATE TABLE glass (
    id uuid PRIMARY KEY,
    family uuid NOT NULL REFERENCES family,
    person uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    guardian_told_at timestamptz,
    reviewed_at timestamptz,
    reviewed_by uuid,
    finding text NOT NULL DEFAULT '',
    written_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT glass_four_hours CHECK (until > at AND until <= at + interval '4 hours'),
    CONSTRAINT glass_reviewed CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL) AND (reviewed_at IS NULL) = (finding = ''))
);

COMMENT ON TABLE glass IS 'each opening of a record against the rule, for one person and a few hours; listed until a guardian has reviewed it';
CREATE INDEX glass_holds ON glass (family, person, until);
CREATE INDEX glass_list ON glass ((reviewed_at IS NOT NULL), at DESC, id DESC);

CREATE TABLE glass_told (
    glass uuid NOT NULL REFERENCES glass,
    guardian text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (glass, guardian)
);

COMMENT ON TABLE glass_told IS 'append: which guardian was told of which use, so that a second try writes to nobody twice';

-- Whoever has no link to a record opens it by the number of anybody in it; 00001 has the children's.
CREATE INDEX person_adult_nhs_number ON person (nhs_number) WHERE NOT is_child AND nhs_number IS NOT NULL;

ALTER TABLE family
    ADD COLUMN weight_tenths integer NOT NULL DEFAULT 10 CHECK (weight_tenths BETWEEN 1 AND 100),
    ADD COLUMN last_event text NOT NULL DEFAULT 'OPENED' CHECK (last_event IN
        ('OPENED', 'ALLOCATED', 'HANDED_OVER', 'DEFERRED', 'CHILD_ADDED', 'WORRY_ADDED', 'REVISED', 'SETTLED', 'WEIGHED')),
    ADD COLUMN last_event_at timestamptz;

UPDATE family SET last_event_at = opened_at;
UPDATE family SET last_event = i.kind, last_event_at = i.at
    FROM (SELECT DISTINCT ON (family) family, kind, at FROM involvement ORDER BY family, id DESC) i WHERE i.family = family.id;

ALTER TABLE family ALTER COLUMN last_event_at SET NOT NULL;

COMMENT ON COLUMN family.weight_tenths IS 'how heavy the team finds it; 10 is an ordinary family';
COMMENT ON COLUMN family.last_event IS 'what happened last, for the team''s list';

CREATE TABLE weighing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family uuid NOT NULL REFERENCES family,
    weight_tenths integer NOT NULL,
    reason text NOT NULL,
    decided_by uuid,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE weighing IS 'append: each weight that a team gave a family';
CREATE INDEX weighing_family ON weighing (family, id);

ALTER TABLE person ADD COLUMN address_protected boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN person.address_protected IS 'address, postcode and phone are then shown by RevealAddress alone';

CREATE TABLE address_protection (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person uuid NOT NULL REFERENCES person,
    protected boolean NOT NULL,
    reason text NOT NULL,
    decided_by uuid,
    at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE address_protection IS 'append: each time an address was protected, or no longer';
CREATE INDEX address_protection_person ON address_protection (person, id);
