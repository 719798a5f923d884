package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// output is the choice that every command offers which lists or reports.
type output struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// print shows a value to a program as JSON, or to a person in words.
func (o output) print(w *world, value any, words func()) error {
	if !o.JSON {
		words()
		return nil
	}
	e := json.NewEncoder(w.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// say writes a line for a person.
func (w *world) say(format string, args ...any) {
	fmt.Fprintf(w.out, format+"\n", args...)
}

// table writes rows in columns, the first row being the head.
func (w *world) table(rows [][]string) {
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush()
}

// moment is a time as JSON has it: null where there is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// day is a time as a table has it.
func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}
