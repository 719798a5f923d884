package handlers

import (
	"cmp"
	"encoding/csv"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"noadesk/internal/staff"
	"noadesk/internal/store"
	"noadesk/internal/views"
)

// recordsAPage is how many records the audit page shows.
const recordsAPage = 100

// audit is the record of what was done in the organisation, and to whoever
// may read the record everywhere also what was done on the desk as a whole.
func (s *Server) audit(v *visit) (views.Page, error) {
	q, filter, err := recordQuery(v)
	if err != nil {
		return nil, err
	}
	q.Limit = recordsAPage + 1
	records, err := s.db.Records(v.Context(), q)
	if err != nil {
		return nil, err
	}
	p := views.Audit{Org: v.org, Filter: filter, Address: auditAddress(v)}
	for _, r := range records[:min(len(records), recordsAPage)] {
		p.List = append(p.List, auditRow(r))
	}
	if len(records) > recordsAPage {
		p.Older = p.Address.With("before", strconv.FormatInt(records[recordsAPage-1].Seq, 10)).String()
	}
	return p, nil
}

// auditFilters are the parameters by which the record is filtered.
var auditFilters = []string{"who", "what", "on", "q", "from", "to"}

func auditAddress(v *visit) views.Address {
	at := views.NewAddress(v.org.Audit())
	for _, name := range auditFilters {
		at = at.With(name, v.query(name))
	}
	return at
}

func recordQuery(v *visit) (q store.RecordQuery, f views.AuditFilter, err error) {
	if err = v.single(append([]string{"before"}, auditFilters...)...); err != nil {
		return q, f, err
	}
	f = views.AuditFilter{Who: v.query("who"), What: v.query("what"), On: v.query("on"), Text: v.query("q"), From: v.query("from"), To: v.query("to")}
	q = store.RecordQuery{
		Organisation: v.org.UUID, Desk: v.person.MayEverywhere(staff.Audit),
		Actor: f.Who, Action: f.What, Object: f.On, Text: f.Text,
	}
	if err = searchable(f.Who + f.What + f.On + f.Text); err != nil {
		return q, f, err
	}
	if q.After, err = day(v.org, f.From, 0); err == nil {
		q.Until, err = day(v.org, f.To, 1)
	}
	if text := v.query("before"); err == nil && text != "" {
		if q.Before, err = strconv.ParseInt(text, 10, 64); err != nil || q.Before < 1 {
			err = badAddress{"The number of a record in the address is not a number from 1."}
		}
	}
	return q, f, err
}

func auditRow(r store.Record) views.AuditRow {
	return views.AuditRow{Seq: r.Seq, At: r.At, Actor: r.Actor, Action: r.Action, Object: r.Object, Detail: details(r)}
}

// details are the members of a record's detail, sorted by name.
func details(r store.Record) (list []views.Choice) {
	for _, name := range slices.Sorted(maps.Keys(r.Detail)) {
		list = append(list, views.Choice{Value: name, Text: r.Detail[name]})
	}
	return list
}

// auditLines hands the filtered record out as it is vouched for: one JSON text a line, to the byte.
func (s *Server) auditLines(w http.ResponseWriter, v *visit) error {
	q, _, err := recordQuery(v)
	if err != nil {
		return err
	}
	download(w, v, "audit", "ndjson", "application/x-ndjson")
	return broken(s.db.EachRecord(v.Context(), q, func(_ store.Record, text string) error {
		_, err := io.WriteString(w, text+"\n")
		return err
	}))
}

// auditTable hands the filtered record out for a spreadsheet.
func (s *Server) auditTable(w http.ResponseWriter, v *visit) error {
	q, _, err := recordQuery(v)
	if err != nil {
		return err
	}
	download(w, v, "audit", "csv", "text/csv; charset=utf-8")
	table := csv.NewWriter(w)
	table.UseCRLF = true
	err = table.Write([]string{"number", "time (" + v.org.ZoneName() + ")", "who", "what", "on", "detail"})
	if err == nil {
		err = s.db.EachRecord(v.Context(), q, func(r store.Record, _ string) error { return table.Write(v.cells(r)) })
	}
	table.Flush()
	return broken(err)
}

func (v *visit) cells(r store.Record) []string {
	var detail strings.Builder
	for i, d := range details(r) {
		if i > 0 {
			detail.WriteString("; ")
		}
		detail.WriteString(d.Value + ": " + d.Text)
	}
	at := r.At.In(v.zone()).Format(time.RFC3339)
	return []string{strconv.FormatInt(r.Seq, 10), at, cell(r.Actor), cell(r.Action), cell(r.Object), cell(detail.String())}
}

// zone is the zone of the organisation.
func (v *visit) zone() *time.Location { return cmp.Or(v.org.Zone, time.UTC) }
