package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

// A setting is one that the connection has to have: a pragma, what it is set
// to and what it answers when it is asked afterwards.
type setting struct{ pragma, set, want string }

// The settings that both pools have. The driver would take synchronous=NORMAL
// by itself, with which a power cut takes back what was reported as stored.
var settings = []setting{
	{"journal_mode", "", "wal"},
	{"synchronous", "", "2"},
	{"foreign_keys", "", "1"},
	{"secure_delete", "", "1"},
	{"busy_timeout", "", "5000"},
	{"trusted_schema", "OFF", "0"},
	{"cell_size_check", "ON", "1"},
	{"mmap_size", "0", "0"},
	{"temp_store", "MEMORY", "2"},
}

// poolSettings are those of a pool: parameters of its address, which the driver
// sets on every connection, and what the connection has to answer.
type poolSettings struct {
	address string
	wanted  []setting
}

var (
	writerSettings = poolSettings{"mode=rwc&_journal_mode=WAL&_txlock=immediate&" + bothPools, queryOnly("0", settings)}
	readerSettings = poolSettings{"mode=ro&_query_only=on&" + bothPools, queryOnly("1", settings)}

	// A file to look at may be a backup, which has no write-ahead log.
	lookerSettings = poolSettings{"mode=ro&_query_only=on&" + bothPools, queryOnly("1", settings[1:])}
	// A copy is written past the connection, which query_only would forbid.
	copierSettings = poolSettings{"mode=ro&" + bothPools, queryOnly("0", settings[1:])}
)

func queryOnly(want string, others []setting) []setting {
	return append([]setting{{"query_only", "", want}}, others...)
}

const bothPools = "_synchronous=FULL&_busy_timeout=5000&_foreign_keys=on&_secure_delete=on"

// A connector opens connections with a driver of its own, so that no driver
// has to be registered for the whole program.
type connector struct {
	address string
	lite    *sqlite3.SQLiteDriver
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.lite.Open(c.address) }
func (c connector) Driver() driver.Driver                        { return c.lite }

// openPool opens a pool whose connections each have all settings, and fail
// where they do not: a pragma sent through the pool would reach one of them.
func openPool(path string, p poolSettings) *sql.DB {
	hook := func(c *sqlite3.SQLiteConn) error { return settle(c, p.wanted) }
	return sql.OpenDB(connector{address(path, p.address), &sqlite3.SQLiteDriver{ConnectHook: hook}})
}

func address(path, parameters string) string {
	u := url.URL{Path: path}
	return "file:" + u.EscapedPath() + "?" + parameters
}

func settle(c *sqlite3.SQLiteConn, wanted []setting) error {
	for _, s := range wanted {
		if s.set != "" {
			if _, err := c.Exec("PRAGMA "+s.pragma+" = "+s.set, nil); err != nil {
				return err
			}
		}
		got, err := pragma(c, s.pragma)
		if err != nil {
			return err
		}
		if got != s.want {
			return fmt.Errorf("store: %s is %q instead of %q", s.pragma, got, s.want)
		}
	}
	return nil
}

func pragma(c *sqlite3.SQLiteConn, name string) (string, error) {
	rows, err := c.Query("PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return "", err
	}
	if b, ok := value[0].([]byte); ok {
		return string(b), nil
	}
	return fmt.Sprint(value[0]), nil
}
