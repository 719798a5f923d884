package noa

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
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

	errIllegible = errors.New("noa: none of the rows could be read")
)

// A row is a resource that can be read from JSON. tidy puts it into the one form
// that the desk knows and says whether it can be kept.
type row[T any] interface {
	*T
	tidy(raw json.RawMessage) bool
}

// one reads a single resource.
func one[T any, P row[T]](a answer) (T, error) {
	v, ok := readRow[T, P](a.body)
	if !ok {
		var none T
		return none, a.failure(errObject)
	}
	return v, nil
}

// many reads a page of a list, row by row: a row that cannot be read is left
// out and counted. Without the envelope a list is a list too.
func many[T any, P row[T]](a answer) (Page[T], error) {
	page := Page[T]{AsOf: AsOf{Fetched: a.fetched}}
	var envelope struct {
		Count   int             `json:"count"`
		Next    json.RawMessage `json:"next"`
		Results json.RawMessage `json:"results"`
	}
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("[")) {
		envelope.Results = a.body // not copied, as it may be long
		if !json.Valid(a.body) {
			err = errList
		}
	} else {
		err = json.Unmarshal(a.body, &envelope)
	}
	if err != nil && !mismatch(err) {
		return page, a.failure(err)
	}
	rows, seen := 0, map[string]bool{}
	page.Items = make([]T, 0, 20)
	err = eachElement(envelope.Results, func(raw json.RawMessage) {
		rows++
		v, ok := readRow[T, P](raw)
		switch {
		case !ok:
			page.Unread++
		case !twice(seen, &v):
			page.Items = append(page.Items, v)
		}
	})
	if err == nil && len(page.Items) == 0 && page.Unread > 0 {
		err = errIllegible // it would look as if there were nothing
	}
	if err != nil {
		return Page[T]{}, a.failure(err)
	}
	page.Total = max(envelope.Count, rows)
	page.More = len(envelope.Next) > 0 && string(envelope.Next) != "null"
	return page, nil
}

// twice says whether a row came before in the same answer, as it can while data moves.
func twice(seen map[string]bool, row any) bool {
	r, ok := row.(interface{ id() string })
	if !ok {
		return false
	}
	before := seen[r.id()]
	seen[r.id()] = true
	return before
}

// elements takes a list apart, one element at a time, so that a hostile one costs no more than its limit.
func elements(raw json.RawMessage) (items []json.RawMessage, _ error) {
	if err := eachElement(raw, func(item json.RawMessage) { items = append(items, item) }); err != nil {
		return nil, err
	}
	return items, nil
}

// eachElement hands over the elements of a list, so that no more than one of them need be kept.
func eachElement(raw json.RawMessage, take func(json.RawMessage)) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if first, err := dec.Token(); err != nil || first != json.Delim('[') {
		return errList
	}
	for n := 0; dec.More(); n++ {
		if n == maxRows {
			return errRows
		}
		var item json.RawMessage
		if err := dec.Decode(&item); err != nil {
			return err
		}
		take(item)
	}
	_, err := dec.Token()
	return err
}

// readRow reads one resource, without the members whose type is wrong.
func readRow[T any, P row[T]](raw json.RawMessage) (T, bool) {
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
