-- +goose Up
ALTER TABLE authority ADD COLUMN idle_minutes integer NOT NULL DEFAULT 30 CONSTRAINT authority_idle CHECK (idle_minutes BETWEEN 5 AND 240);
COMMENT ON COLUMN authority.idle_minutes IS 'minutes without an act after which a person is signed out of the pages';

CREATE TABLE session (
    id uuid PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    person uuid NOT NULL REFERENCES person,
    issuer text NOT NULL,
    subject text NOT NULL,
    device text NOT NULL,
    began_at timestamptz NOT NULL,
    last_act_at timestamptz NOT NULL,
    ended_at timestamptz
);
COMMENT ON TABLE session IS 'who is signed in to the pages, and was';
COMMENT ON COLUMN session.hash IS 'SHA-256 of the secret; the secret itself is kept nowhere';
COMMENT ON COLUMN session.subject IS 'the sign-in it began with; it ends when the person gets another';
COMMENT ON COLUMN session.last_act_at IS 'written at most once a minute';

CREATE INDEX session_person ON session (person);

-- Whoever leaves, or is given another sign-in, is signed out for good, also when they come back: by whichever way the
-- change comes, an import or a page.
-- +goose StatementBegin
CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE session SET ended_at = now() WHERE person = NEW.id AND ended_at IS NULL;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER person_leaves AFTER UPDATE ON person FOR EACH ROW
    WHEN (NEW.removed AND NOT OLD.removed OR NEW.subject <> OLD.subject) EXECUTE FUNCTION end_sessions();
