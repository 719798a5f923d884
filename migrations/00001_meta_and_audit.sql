-- +goose Up
PRAGMA application_id = 0x4e4f4144;
PRAGMA user_version = 1;

-- What the whole file has once: instance_id, mk_id, canary.
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;

-- The instance is named here, before any key is sealed: sealed records are bound to it.
INSERT INTO meta (name, value) VALUES ('instance_id', randomblob(16));

-- The audit log. Numbers have no gaps; record is the text as it was written,
-- the other columns are for finding it.
CREATE TABLE audit (
	seq          INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	organisation TEXT NOT NULL,
	actor        TEXT NOT NULL,
	action       TEXT NOT NULL,
	object       TEXT NOT NULL,
	record       TEXT NOT NULL
) STRICT;

CREATE INDEX audit_organisation ON audit (organisation, seq);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action, seq);

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
	SELECT RAISE(ABORT, 'the audit log is not changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN
	SELECT RAISE(ABORT, 'the audit log is not shortened');
END;
-- +goose StatementEnd
