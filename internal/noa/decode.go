package noa

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Limits on what is read from a body.
const (
	maxRows    = 5000
	maxMembers = 500
)

var (
	errRows   = errors.New("noa: too many rows")
	errList   = errors.New("noa: not a list")
	errObject = errors.New("noa: not a resource")
)

// A row is a resource that can be read from JSON. tidy puts it into the one form
// that the desk knows and says whether it can be kept.
type row[T any] interface {
	*T
	tidy(raw json.RawMessage) bool
}

// one reads a single resource.
func one[T any, P row[T]](a answer) (T, error) {
	v, ok := readRow[T, P](a.body, a.fetched)
	if !ok {
		var none T
		return none, a.failure(errObject)
	}
	return v, nil
}

// many reads a page of a list, row by row: a row that cannot be read is left
// out and counted. Without the envelope a list is a list too.
func many[T any, P row[T]](a answer) (Page[T], error) {
	page := Page[T]{AsOf: AsOf{a.fetched}}
	var envelope struct {
		Count   int             `json:"count"`
		Next    json.RawMessage `json:"next"`
		Results json.RawMessage `json:"results"`
	}
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("[")) {
		err = json.Unmarshal(a.body, &envelope.Results)
	} else {
		err = json.Unmarshal(a.body, &envelope)
	}
	if err != nil && !mismatch(err) {
		return page, a.failure(err)
	}
	rows, err := elements(envelope.Results)
	if err != nil {
		return page, a.failure(err)
	}
	page.Items = make([]T, 0, len(rows))
	for _, raw := range rows {
		if v, ok := readRow[T, P](raw, a.fetched); ok {
			page.Items = append(page.Items, v)
		}
	}
	page.Unread = len(rows) - len(page.Items)
	page.Total = max(envelope.Count, len(rows))
	page.More = len(envelope.Next) > 0 && string(envelope.Next) != "null"
	return page, nil
}

// elements takes a list apart, one element at a time, so that a hostile one costs no more than its limit.
func elements(raw json.RawMessage) ([]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if first, err := dec.Token(); err != nil || first != json.Delim('[') {
		return nil, errList
	}
	var items []json.RawMessage
	for dec.More() {
		if len(items) == maxRows {
			return nil, errRows
		}
		var item json.RawMessage
		if err := dec.Decode(&item); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	return items, nil
}

// readRow reads one resource, without the members whose type is wrong.
func readRow[T any, P row[T]](raw json.RawMessage, fetched time.Time) (T, bool) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		whole, ok := withoutMisfits[T](raw)
		if !ok {
			return v, false
		}
		var again T
		if err := json.Unmarshal(whole, &again); err != nil && !mismatch(err) {
			return v, false
		}
		v = again
	}
	if s, ok := any(&v).(interface{ stamp(time.Time) }); ok {
		s.stamp(fetched)
	}
	return v, P(&v).tidy(raw)
}

// withoutMisfits drops the members that T cannot take. Package json goes on
// after a wrong type, but leaves a pointer to zero where there should be nil,
// and a bicycle without a charge is not one with an empty battery.
func withoutMisfits[T any](raw json.RawMessage) (json.RawMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || len(members) > maxMembers {
		return nil, false
	}
	for name, value := range members {
		if !fits[T](name, value) {
			delete(members, name)
		}
	}
	whole, err := json.Marshal(members)
	return whole, err == nil
}

// fits says whether T takes this member. Something wrong deeper inside it does not cost the whole.
func fits[T any](name string, value json.RawMessage) bool {
	single, err := json.Marshal(map[string]json.RawMessage{name: value})
	if err != nil {
		return false
	}
	var v T
	err = json.Unmarshal(single, &v)
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err == nil
	}
	return !strings.EqualFold(wrong.Field, name)
}

func mismatch(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong)
}
