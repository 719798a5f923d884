package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"unicode/utf8"
)

const maxBody = 1 << 20

// A body is the object that a write sent. Numbers are json.Number.
type body map[string]any

// readBody takes the bytes before any lock is held, so that a slow sender
// keeps nobody waiting. Too many are refused as a gateway would.
func (c *call) readBody() (err error) {
	if c.reads() {
		return nil
	}
	c.raw, err = io.ReadAll(http.MaxBytesReader(nil, c.request.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &problem{status: http.StatusRequestEntityTooLarge}
	case err != nil:
		return parseError("Incomplete body")
	}
	return nil
}

func parseError(why string) error {
	return general(http.StatusBadRequest, why, "parse_error")
}

// body reads the object by its content type. No bytes are an empty object.
func (c *call) body() (body, error) {
	given := c.request.Header.Get("Content-Type")
	if len(c.raw) == 0 {
		return body{}, nil
	}
	kind, params, _ := mime.ParseMediaType(given)
	switch kind {
	case jsonType:
		return parseJSON(c.raw)
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(c.raw))
		if err != nil {
			return nil, parseError("Malformed form")
		}
		return formBody(values), nil
	case "multipart/form-data":
		return parseMultipart(c.raw, params["boundary"])
	}
	message := fmt.Sprintf("Unsupported media type %q in request.", given)
	return nil, general(http.StatusUnsupportedMediaType, message, "unsupported_media_type")
}

func parseJSON(raw []byte) (body, error) {
	if !utf8.Valid(raw) {
		return nil, parseError("JSON parse error - invalid UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, parseError("JSON parse error - Expecting value: line 1 column 1 (char 0)")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, parseError("JSON parse error - Extra data")
	}
	object, ok := value.(map[string]any)
	if !ok {
		message := fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", kindOf(value))
		return nil, general(http.StatusBadRequest, message, "invalid")
	}
	return object, nil
}

// kindOf names the type of a JSON value in the server's own language.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case []any:
		return "list"
	case json.Number:
		if _, err := v.Int64(); err != nil {
			return "float"
		}
		return "int"
	}
	return "dict"
}

// formBody is the object of a form; the last value of a name counts.
func formBody(values url.Values) body {
	out := body{}
	for name, texts := range values {
		out[name] = texts[len(texts)-1]
	}
	return out
}

func parseMultipart(raw []byte, boundary string) (body, error) {
	form, err := multipart.NewReader(bytes.NewReader(raw), boundary).ReadForm(maxBody)
	if err != nil {
		return nil, parseError("Multipart form parse error")
	}
	defer func() { _ = form.RemoveAll() }()
	return formBody(form.Value), nil
}
