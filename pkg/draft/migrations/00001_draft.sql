-- +goose Up
CREATE TABLE draft (
    person uuid NOT NULL,
    form text NOT NULL,
    fields bytea NOT NULL,
    revision bigint NOT NULL,
    replaced bigint NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (person, form)
);
COMMENT ON TABLE draft IS 'what people are typing and have not sent; deleted when it is sent or thrown away';
COMMENT ON COLUMN draft.fields IS 'kith.draft.v1.Draft with its fields alone';
COMMENT ON COLUMN draft.replaced IS 'the revision that this one took the place of, 0 for none: a save that is repeated is known by it';
