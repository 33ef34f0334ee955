-- +goose Up
CREATE TABLE audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor text NOT NULL,
    entry text NOT NULL,
    method text NOT NULL,
    reason text NOT NULL,
    subjects text[] NOT NULL,
    allowed boolean NOT NULL,
    denial text NOT NULL,
    salt bytea NOT NULL,
    digest bytea NOT NULL
);

CREATE INDEX audit_subjects ON audit USING gin (subjects);

COMMENT ON TABLE audit IS 'append: who did or saw what, and why; one row per request';
