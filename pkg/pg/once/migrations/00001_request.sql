-- +goose Up
CREATE TABLE request (
    client text NOT NULL,
    method text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    scheme smallint NOT NULL,
    response bytea,
    at timestamptz NOT NULL,
    PRIMARY KEY (client, method, key)
);

COMMENT ON TABLE request IS 'each write that was answered, by its idempotency key; kept as long as what it made';
COMMENT ON COLUMN request.response IS 'set in the transaction that inserts the row';
