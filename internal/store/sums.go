package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// A tableSum stands for all rows of a table: it is another one as soon as a
// value, its type or its place is.
type tableSum struct {
	name string
	rows int64
	sum  [sha256.Size]byte
}

// layoutName is where SQLite keeps what tables, indexes and triggers there are.
const layoutName = "sqlite_schema"

// sumTables sums every table of a file but its receipt, in the order of their names.
func sumTables(ctx context.Context, db *sql.DB) ([]tableSum, error) {
	tables, err := listTables(ctx, db)
	if err != nil {
		return nil, err
	}
	sums := make([]tableSum, 0, len(tables))
	for _, t := range tables {
		sum, err := t.sum(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("store: sum table %s: %w", t.name, named(err))
		}
		sums = append(sums, sum)
	}
	slices.SortFunc(sums, func(a, b tableSum) int { return strings.Compare(a.name, b.name) })
	return sums, nil
}

// A table is one to sum: what its rows are ordered by, and its columns.
type table struct {
	name    string
	order   string
	columns []string
}

func listTables(ctx context.Context, db *sql.DB) ([]table, error) {
	rows, err := db.QueryContext(ctx, `SELECT l.name, l.wr, c.name, c.pk FROM pragma_table_list AS l, pragma_table_xinfo(l.name) AS c
		WHERE l.schema = 'main' AND l.type IN ('table', 'shadow') AND l.name NOT IN ('sqlite_schema', $1) ORDER BY l.name, c.cid`, receiptName)
	if err != nil {
		return nil, fmt.Errorf("store: list tables: %w", named(err))
	}
	defer rows.Close()
	tables := []table{{name: layoutName, order: "rowid", columns: []string{"type", "name", "tbl_name", "sql"}}}
	for rows.Next() {
		var name, column string
		var withoutRowID bool
		var key int
		if err := rows.Scan(&name, &withoutRowID, &column, &key); err != nil {
			return nil, fmt.Errorf("store: list tables: %w", err)
		}
		if last := tables[len(tables)-1]; last.name != name {
			tables = append(tables, newTable(name, withoutRowID))
		}
		tables[len(tables)-1].add(column, key > 0)
	}
	return tables, named(rows.Err())
}

func newTable(name string, withoutRowID bool) table {
	if withoutRowID {
		return table{name: name}
	}
	return table{name: name, order: "rowid", columns: []string{"rowid"}}
}

// add adds a column. A table without row ids is ordered by its key.
func (t *table) add(column string, inKey bool) {
	column = `"` + strings.ReplaceAll(column, `"`, `""`) + `"`
	t.columns = append(t.columns, column)
	if !inKey || t.order == "rowid" {
		return
	}
	if t.order != "" {
		t.order += ", "
	}
	t.order += column
}

// query asks for the type and the bytes of each value: as a blob a text keeps
// even what is behind a zero.
func (t table) query() string {
	var parts []string
	for _, c := range t.columns {
		parts = append(parts, `typeof(`+c+`), CASE typeof(`+c+`) WHEN 'real' THEN CAST(quote(`+c+`) AS BLOB) ELSE CAST(`+c+` AS BLOB) END`)
	}
	q := `SELECT ` + strings.Join(parts, ", ") + ` FROM "` + strings.ReplaceAll(t.name, `"`, `""`) + `"`
	if t.name == layoutName {
		q += ` WHERE tbl_name <> '` + receiptName + `'`
	}
	return q + ` ORDER BY ` + t.order
}

func (t table) sum(ctx context.Context, db *sql.DB) (tableSum, error) {
	rows, err := db.QueryContext(ctx, t.query())
	if err != nil {
		return tableSum{}, err
	}
	defer rows.Close()
	values := make([]sql.RawBytes, 2*len(t.columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	all, count := sha256.New(), int64(0)
	for ; rows.Next(); count++ {
		if err := rows.Scan(into...); err != nil {
			return tableSum{}, err
		}
		for _, v := range values {
			addPart(all, v)
		}
	}
	sum := tableSum{name: t.name, rows: count}
	all.Sum(sum.sum[:0])
	return sum, rows.Err()
}

// addPart puts its length before a part, so that no two rows read the same.
func addPart(to hash.Hash, part []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(part)))
	to.Write(length[:])
	to.Write(part)
}
