-- +goose Up
PRAGMA user_version = 5;

-- The nodes of the Merkle tree (RFC 6962) over the texts of the audit records,
-- in the order in which golang.org/x/mod/sumdb/tlog stores them.
CREATE TABLE audit_hashes (
	id   INTEGER PRIMARY KEY,
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Heads of that tree as they were at some time, under a mac that only the
-- master key can make: who changes the log later cannot make them fit again.
CREATE TABLE audit_heads (
	id   INTEGER PRIMARY KEY,
	size INTEGER NOT NULL,
	root BLOB NOT NULL CHECK (length(root) = 32),
	at   INTEGER NOT NULL,
	mac  BLOB NOT NULL
) STRICT;

CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_at ON audit (at);

-- +goose StatementBegin
CREATE TRIGGER audit_hashes_are_not_changed BEFORE UPDATE ON audit_hashes
BEGIN
	SELECT RAISE(ABORT, 'the hashes of the audit log are not changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_hashes_are_not_removed BEFORE DELETE ON audit_hashes
BEGIN
	SELECT RAISE(ABORT, 'the hashes of the audit log are not removed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_heads_are_not_changed BEFORE UPDATE ON audit_heads
BEGIN
	SELECT RAISE(ABORT, 'the heads of the audit log are not changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_heads_are_not_removed BEFORE DELETE ON audit_heads
BEGIN
	SELECT RAISE(ABORT, 'the heads of the audit log are not removed');
END;
-- +goose StatementEnd
