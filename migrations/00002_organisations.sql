-- +goose Up
PRAGMA user_version = 2;

CREATE TABLE organisations (
	uuid     TEXT PRIMARY KEY,
	slug     TEXT NOT NULL UNIQUE,
	name     TEXT NOT NULL,
	zone     TEXT NOT NULL DEFAULT '',
	practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1)),
	created  INTEGER NOT NULL
) STRICT;
