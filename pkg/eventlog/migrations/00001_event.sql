-- +goose Up
CREATE TABLE event (
    id uuid PRIMARY KEY,
    inserted bigint GENERATED ALWAYS AS IDENTITY,
    position bigint UNIQUE,
    type text NOT NULL,
    entity text NOT NULL,
    version bigint NOT NULL,
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    caused_by text NOT NULL
);

CREATE INDEX event_unnumbered ON event (inserted) WHERE position IS NULL;

COMMENT ON TABLE event IS 'what happened here; a position is given once, to committed rows, in insert order';

-- How far this service has taken in each neighbour's log.
CREATE TABLE cursor (
    log text PRIMARY KEY,
    position bigint NOT NULL,
    event_id uuid
);

-- Events that failed, and the later ones of the same entity that wait behind them.
CREATE TABLE held_event (
    log text NOT NULL,
    position bigint NOT NULL,
    event bytea NOT NULL,
    type text NOT NULL,
    entity text NOT NULL,
    attempts integer NOT NULL,
    failure text NOT NULL,
    held_since timestamptz NOT NULL,
    next_try timestamptz NOT NULL,
    parked boolean NOT NULL,
    PRIMARY KEY (log, position)
);

CREATE INDEX held_event_entity ON held_event (log, entity, position);
