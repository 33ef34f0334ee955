-- +goose Up
-- In this schema, since a login sees no other. It is a trusted extension: the database's owner may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

ALTER TABLE person
    ADD COLUMN also_known_as text NOT NULL DEFAULT '',
    ADD COLUMN upn text,
    ADD COLUMN phone text NOT NULL DEFAULT '',
    ADD COLUMN names text NOT NULL DEFAULT '',
    ADD COLUMN place text NOT NULL DEFAULT '',
    ADD COLUMN phones text NOT NULL DEFAULT '',
    ADD COLUMN keys integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN keyed smallint NOT NULL DEFAULT 0;

COMMENT ON COLUMN person.phone IS 'as told';
COMMENT ON COLUMN person.names IS 'all names as keys, for weighing (likeness.FormatNames)';
COMMENT ON COLUMN person.place IS 'postcode, street and house, for weighing (likeness.Place)';
COMMENT ON COLUMN person.phones IS 'the phone numbers'' digits';
COMMENT ON COLUMN person.keys IS 'what the person is found by, as hashes (likeness.Of)';
COMMENT ON COLUMN person.keyed IS 'the version of the rules that the keys were made by; 0 for none yet, until the service has made them';

-- Without a list of pending entries, which every look-up would have to go through.
CREATE INDEX person_keys ON person USING gin (keys) WITH (fastupdate = off);
CREATE INDEX person_keyed ON person (keyed);

-- What found open children before.
DROP INDEX person_surname;
DROP INDEX person_address;

CREATE TABLE known_word (
    word text COLLATE "C" PRIMARY KEY,
    sound text NOT NULL,
    slips integer[] NOT NULL
);

COMMENT ON TABLE known_word IS 'every word of a name or street that somebody has, so that a misspelt one is recognised among far fewer rows than people';
COMMENT ON COLUMN known_word.slips IS 'the word with each of its letters missing, as hashes (likeness.Slips)';

CREATE INDEX known_word_sound ON known_word (sound) WHERE sound <> '';
CREATE INDEX known_word_slips ON known_word USING gin (slips) WITH (fastupdate = off);
CREATE INDEX known_word_trigrams ON known_word USING gin (word gin_trgm_ops) WITH (fastupdate = off);
