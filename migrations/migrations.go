// Package migrations holds the steps that lead an empty database file to
// today's tables. A step that has been released is never edited.
package migrations

import "embed"

// Files are the steps, in the order of their numbers.
//
//go:embed *.sql
var Files embed.FS

// Version is the number of the last step; the database carries it as its
// user_version.
const Version = 6

// ApplicationID marks a database file as Noadesk's: "NOAD".
const ApplicationID = 0x4e4f4144
