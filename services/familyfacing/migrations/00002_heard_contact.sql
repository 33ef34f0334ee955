-- +goose Up
CREATE TABLE heard_contact (
    contact uuid NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (contact, version)
);

COMMENT ON TABLE heard_contact IS 'append: contacts whose children were looked for among the open cases; a log that is taken in again looks for nobody twice';
