package sandbox

import (
	"net/url"
	"strconv"
)

const (
	defaultPageSize = 20
	maxPageSize     = 100
)

// pageWire is the envelope of every list.
type pageWire struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []any   `json:"results"`
}

// page cuts rows to the page that was asked for and writes only those.
func page[T any](c *call, rows []T, write func(T) any) (answer, error) {
	size := c.pageSize()
	if c.odd == Shrinking && c.query.Has("page") {
		rows = rows[:min(size, len(rows))]
	}
	last := max(1, (len(rows)+size-1)/size)
	number, ok := c.pageNumber(last)
	if !ok {
		return answer{}, notFound("Invalid page.")
	}
	from := (number - 1) * size
	until := min(from+size, len(rows))
	if c.odd == Duplicates && from > 0 {
		from-- // as if a row had been added in front since
		if number < last {
			until--
		}
	}
	out := pageWire{Count: len(rows), Results: every(c, rows[from:until], write)}
	if number < last {
		out.Next = c.pageLink(number + 1)
	}
	if number > 1 {
		out.Previous = c.pageLink(number - 1)
	}
	return found(out), nil
}

// every writes all rows, cut to the members that were asked for.
func every[T any](c *call, rows []T, write func(T) any) []any {
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = c.cut(write(row))
	}
	return out
}

// pageSize ignores what is not a positive number and cuts what is too large.
func (c *call) pageSize() int {
	size, err := strconv.Atoi(c.query.Get("page_size"))
	if err != nil || size < 1 {
		return defaultPageSize
	}
	return min(size, maxPageSize)
}

func (c *call) pageNumber(last int) (int, bool) {
	if !c.query.Has("page") {
		return 1, true
	}
	text := c.query.Get("page")
	if text == "last" {
		return last, true
	}
	number, err := strconv.Atoi(text)
	return number, err == nil && number >= 1 && number <= last
}

// pageLink keeps all other parameters; the link to page 1 has no page.
func (c *call) pageLink(number int) *string {
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query.Del("page")
	if number > 1 {
		query.Set("page", strconv.Itoa(number))
	}
	link := c.base + c.request.URL.Path[len(apiPath):]
	if len(query) > 0 {
		link += "?" + query.Encode()
	}
	return &link
}
