-- +goose Up
PRAGMA user_version = 4;

CREATE TABLE people (
	id        TEXT PRIMARY KEY,
	email     TEXT NOT NULL UNIQUE,
	name      TEXT NOT NULL,
	password  TEXT NOT NULL,
	disabled  INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
	created   INTEGER NOT NULL,
	last_seen INTEGER
) STRICT;

-- organisation is '' for every organisation, also for later ones.
CREATE TABLE roles (
	person       TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
	organisation TEXT NOT NULL,
	role         TEXT NOT NULL CHECK (role IN ('viewer', 'agent', 'manager', 'security', 'admin')),
	PRIMARY KEY (person, organisation)
) STRICT;

-- hash is the SHA-256 of what the browser holds: who reads this table cannot sign in with it.
CREATE TABLE sessions (
	hash    TEXT PRIMARY KEY,
	person  TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
	created INTEGER NOT NULL,
	seen    INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_person ON sessions (person, created);

CREATE TABLE flashes (
	id      INTEGER PRIMARY KEY,
	session TEXT NOT NULL REFERENCES sessions (hash) ON DELETE CASCADE,
	text    TEXT NOT NULL
) STRICT;

CREATE INDEX flashes_session ON flashes (session, id);

-- Tries to sign in since the last one that succeeded. account is a hash of
-- what was typed, as people type passwords there, too.
CREATE TABLE sign_in_tries (
	account  TEXT PRIMARY KEY,
	tries    INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	last     INTEGER NOT NULL,
	recorded INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_tries_last ON sign_in_tries (last);
