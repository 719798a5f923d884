package handlers

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
)

// query is a parameter of the address that may stand once. A page knows the parameters that it asked for.
func (v *visit) query(name string) string {
	v.known[name] = true
	return v.URL.Query().Get(name)
}

// single refuses addresses in which one of the parameters stands twice.
func (v *visit) single(names ...string) error {
	for _, name := range names {
		v.known[name] = true
		if len(v.URL.Query()[name]) > 1 {
			return badAddress{"The parameter “" + name + "” stands twice in the address. Leave one of them."}
		}
	}
	return nil
}

// number is the page number of a list, from 1.
func (v *visit) number() (int, error) {
	text := v.query("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, badAddress{"The page number in the address is not a number from 1."}
	}
	return n, nil
}

// ignored are the query parameters that the page did not ask for.
func (v *visit) ignored() []string {
	var names []string
	for name := range v.URL.Query() {
		if !v.known[name] && name != "wait" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// form reads what was posted. A body of another kind would read as a form with nothing in it.
func (v *visit) form() error {
	kind, _, _ := mime.ParseMediaType(v.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" && v.ContentLength != 0 {
		return errForm
	}
	return formError(v.ParseForm())
}

// formError says of a form that could not be read what is wrong with it.
func formError(err error) error {
	if err == nil || errors.As(err, new(*http.MaxBytesError)) {
		return err
	}
	return badAddress{"The form could not be read. Go back, reload the page and try again."}
}

// param is a path element, decoded once.
func (v *visit) param(name string) string {
	text := chi.URLParam(v.Request, name)
	if v.URL.RawPath == "" {
		return text
	}
	decoded, err := url.PathUnescape(text)
	if err != nil {
		return ""
	}
	return decoded
}
