-- +goose Up
PRAGMA user_version = 3;

-- sealed is the private key; all columns up to public_key are bound into it,
-- so that none of them can be changed without the record ceasing to open.
CREATE TABLE signing_keys (
	id            TEXT PRIMARY KEY,
	organisation  TEXT NOT NULL REFERENCES organisations (uuid),
	version       INTEGER NOT NULL,
	curve         TEXT NOT NULL CHECK (curve IN ('P-256', 'P-384', 'P-521')),
	fingerprint   TEXT NOT NULL UNIQUE CHECK (length(fingerprint) = 64),
	public_key    BLOB NOT NULL,
	sealed        BLOB NOT NULL,
	client        TEXT NOT NULL,
	label         TEXT NOT NULL,
	origin        TEXT NOT NULL CHECK (origin IN ('imported', 'generated')),
	state         TEXT NOT NULL CHECK (state IN ('unproved', 'ready', 'active', 'retiring', 'retired')),
	created       INTEGER NOT NULL,
	last_used     INTEGER,
	proved_at     INTEGER,
	proved_scopes TEXT NOT NULL DEFAULT '',
	proved_skew   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX signing_keys_organisation ON signing_keys (organisation, created);

-- An organisation has one active key and one to go back to, at most.
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (organisation) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_retiring ON signing_keys (organisation) WHERE state = 'retiring';
