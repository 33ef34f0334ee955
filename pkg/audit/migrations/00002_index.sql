-- +goose Up
-- Everything in a span of time, and everything that one actor did. Both grow at their ends only: a row costs each of them
-- one entry on a page that is in memory.
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_actor ON audit (actor, at, id);
