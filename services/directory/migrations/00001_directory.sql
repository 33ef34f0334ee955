-- +goose Up
-- The one authority this database is for.
CREATE TABLE authority (
    key text PRIMARY KEY,
    title text NOT NULL,
    gss_code text NOT NULL,
    phone text NOT NULL,
    opens smallint NOT NULL,
    closes smallint NOT NULL,
    urgent_minutes integer NOT NULL,
    out_of_hours_name text NOT NULL,
    out_of_hours_phone text NOT NULL,
    out_of_hours_email text NOT NULL,
    out_of_hours_call_back text NOT NULL,
    how_to_escalate text NOT NULL
);
COMMENT ON COLUMN authority.opens IS 'minutes after local midnight';

CREATE UNIQUE INDEX authority_one ON authority ((true));

CREATE TABLE team (
    key text PRIMARY KEY,
    title text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('family_facing', 'referral', 'insight', 'enabler', 'strategy')),
    base text NOT NULL,
    phone text NOT NULL,
    removed boolean NOT NULL
);

-- Nobody is deleted: what they did stays theirs.
CREATE TABLE person (
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,
    title text NOT NULL,
    subject text NOT NULL,
    registration text NOT NULL,
    registered_until timestamptz,
    full_time_thousandths integer NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    administrator boolean NOT NULL,
    guardian boolean NOT NULL,
    removed boolean NOT NULL
);

CREATE UNIQUE INDEX person_subject ON person (subject) WHERE NOT removed;

CREATE TABLE qualification (
    person uuid NOT NULL REFERENCES person,
    name text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    PRIMARY KEY (person, name, since)
);

CREATE TABLE membership (
    person uuid NOT NULL REFERENCES person,
    team text NOT NULL REFERENCES team,
    since timestamptz NOT NULL,
    until timestamptz,
    note text NOT NULL,
    PRIMARY KEY (person, team, since),
    CHECK (until IS NULL OR until > since)
);

CREATE INDEX membership_team ON membership (team);

CREATE TABLE cover_rule (
    kind text NOT NULL CHECK (kind IN ('postcode', 'sector', 'district')),
    value text NOT NULL,
    team text NOT NULL REFERENCES team,
    PRIMARY KEY (kind, value, team)
);

-- The authority's own postcodes with the teams that the description resolves them to.
CREATE TABLE postcode (
    postcode text PRIMARY KEY,
    teams text[] NOT NULL
);

CREATE TABLE partner (
    key text PRIMARY KEY,
    title text NOT NULL,
    source text NOT NULL,
    client_id text NOT NULL,
    scopes text[] NOT NULL,
    front_door boolean NOT NULL,
    call_back text NOT NULL,
    public_key text NOT NULL,
    contacts jsonb NOT NULL,
    removed boolean NOT NULL
);

CREATE UNIQUE INDEX partner_client ON partner (client_id) WHERE NOT removed AND client_id <> '';
