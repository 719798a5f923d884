-- +goose Up
PRAGMA user_version = 6;

-- Every master key that something was sealed under, by its id. One that has
-- ended opens nothing any more; what it vouched for heads of the audit log
-- with is kept in head_key, sealed under the one in use.
CREATE TABLE master_keys (
	id       BLOB PRIMARY KEY,
	since    INTEGER NOT NULL,
	ended    INTEGER,
	head_key BLOB
) STRICT;

INSERT INTO master_keys (id, since)
	SELECT value, CAST(unixepoch() AS INTEGER) * 1000 FROM meta WHERE name = 'mk_id';

-- What a key is for, which scopes its client application asks for, and since
-- when its master key is known to others, so that it has to be replaced at Noa.
ALTER TABLE signing_keys ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE signing_keys ADD COLUMN asked_scopes TEXT NOT NULL DEFAULT '';
ALTER TABLE signing_keys ADD COLUMN asked_at INTEGER;
ALTER TABLE signing_keys ADD COLUMN exposed INTEGER;

-- How often a key signed, in the hour that began at hour.
CREATE TABLE key_uses (
	fingerprint TEXT NOT NULL,
	hour        INTEGER NOT NULL,
	uses        INTEGER NOT NULL,
	PRIMARY KEY (fingerprint, hour)
) STRICT, WITHOUT ROWID;

-- The last day, by when it began, on which a scope of a key was used.
CREATE TABLE scope_uses (
	fingerprint TEXT NOT NULL,
	scope       TEXT NOT NULL,
	day         INTEGER NOT NULL,
	PRIMARY KEY (fingerprint, scope)
) STRICT, WITHOUT ROWID;

-- What is left of a key that was destroyed: that there was one.
CREATE TABLE destroyed_keys (
	fingerprint  TEXT PRIMARY KEY,
	organisation TEXT NOT NULL,
	client       TEXT NOT NULL,
	label        TEXT NOT NULL,
	destroyed    INTEGER NOT NULL
) STRICT;

-- How an organisation changes its keys: how long a key rests before it is
-- retired, and how old one may grow, both in milliseconds.
CREATE TABLE key_policies (
	organisation TEXT PRIMARY KEY REFERENCES organisations (uuid),
	drain        INTEGER NOT NULL,
	age          INTEGER NOT NULL
) STRICT;
