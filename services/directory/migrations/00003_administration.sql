-- +goose Up
-- What administrators do on the pages. Version is what a page was made from. on_page says that the last change was made
-- on a page and that no import has seen it: an import does not undo it unasked. changed_by is person/{id}, or
-- operator/{name} for an import.
ALTER TABLE authority
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text NOT NULL DEFAULT '',
    ADD COLUMN on_page boolean NOT NULL DEFAULT false;

ALTER TABLE team
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text NOT NULL DEFAULT '',
    ADD COLUMN on_page boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN team.version IS 'of its patch too';

ALTER TABLE person
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text NOT NULL DEFAULT '',
    ADD COLUMN on_page boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN person.version IS 'of the qualifications too';

ALTER TABLE partner
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text NOT NULL DEFAULT '',
    ADD COLUMN on_page boolean NOT NULL DEFAULT false;

-- A seat that is given up before it began ends where it begins: it never counts.
ALTER TABLE membership
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text NOT NULL DEFAULT '',
    ADD COLUMN on_page boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT membership_check,
    ADD CONSTRAINT membership_check CHECK (until IS NULL OR until >= since);

-- Wards beside the codes, and the wards that each postcode lies in, so that a patch can be settled again without the
-- files of the council. An authority that was imported before has none until the next import.
ALTER TABLE cover_rule
    DROP CONSTRAINT cover_rule_kind_check,
    ADD CONSTRAINT cover_rule_kind_check CHECK (kind IN ('postcode', 'sector', 'district', 'ward'));
CREATE INDEX cover_rule_team ON cover_rule (team);
ALTER TABLE postcode ADD COLUMN wards text[] NOT NULL DEFAULT '{}';
