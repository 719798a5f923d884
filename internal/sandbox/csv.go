package sandbox

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// csvType is offered on the list of bicycles only.
const csvType = "text/csv"

// A sheet is rows by dotted column names.
type sheet struct {
	columns []string
	rows    []map[string]string
}

// sheetOf flattens resources. A column exists if a row fills it in: an empty
// list or object does not, null does and is empty.
func sheetOf(resources []any) (sheet, error) {
	var out sheet
	known := map[string]bool{}
	for _, resource := range resources {
		text, err := plainJSON(resource)
		if err != nil {
			return sheet{}, err
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return sheet{}, err
		}
		row := map[string]string{}
		flatten("", value, row)
		for column := range row {
			known[column] = true
		}
		out.rows = append(out.rows, row)
	}
	for column := range known {
		out.columns = append(out.columns, column)
	}
	slices.Sort(out.columns)
	return out, nil
}

// flatten writes a value below its dotted name.
func flatten(name string, value any, row map[string]string) {
	below := func(part string, value any) {
		if name != "" {
			part = name + "." + part
		}
		flatten(part, value, row)
	}
	switch v := value.(type) {
	case map[string]any:
		for member, value := range v {
			below(member, value)
		}
	case []any:
		for i, entry := range v {
			below(strconv.Itoa(i), entry)
		}
	case nil:
		row[name] = ""
	default:
		row[name] = fmt.Sprint(v)
	}
}

func (s sheet) text() []byte {
	out := csvLine(s.columns)
	for _, row := range s.rows {
		cells := make([]string, len(s.columns))
		for i, column := range s.columns {
			cells[i] = row[column]
		}
		out = append(out, csvLine(cells)...)
	}
	return out
}

// csvLine ends as on Windows; lines inside of a cell stay as they are, for
// which the writer's own CRLF will not do.
func csvLine(cells []string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(cells) // a buffer takes everything
	w.Flush()
	return append(bytes.TrimSuffix(out.Bytes(), []byte("\n")), "\r\n"...)
}

// csvOf is all rows at once, whatever page was asked for.
func csvOf(resources []any) (answer, error) {
	table, err := sheetOf(resources)
	if err != nil {
		return answer{}, crash()
	}
	return answer{body: table.text(), form: csvType}, nil
}
