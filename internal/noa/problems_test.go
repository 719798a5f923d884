package noa

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEveryShapeOfErrorBecomesOneList holds "path=code" of every error that the examples have.
func TestEveryShapeOfErrorBecomesOneList(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"error-400-bbox":                             "bbox=invalid",
		"error-400-distance-without-bbox":            "=",
		"error-400-filter-choice":                    "state=invalid_choice",
		"error-400-filter-uuid":                      "organization=invalid",
		"error-400-json-parse":                       "=parse_error",
		"error-400-not-an-object":                    "=invalid",
		"error-400-unknown-fields":                   "=unknown_fields",
		"error-401-empty-credentials":                "=authentication_failed",
		"error-401-expired":                          "=authentication_failed",
		"error-401-missing-token":                    "=not_authenticated",
		"error-401-other-invalid-token":              "=authentication_failed",
		"error-401-spaces":                           "=authentication_failed",
		"error-401-undecodable":                      "=authentication_failed",
		"error-401-unknown-client-app":               "=authentication_failed",
		"error-401-wrong-issuer":                     "=authentication_failed",
		"error-403-link-organization":                "=permission_denied",
		"error-403-missing-scope":                    "=permission_denied",
		"error-404-malformed-uuid":                   "=not_found",
		"error-404-object":                           "=not_found",
		"error-404-page":                             "=not_found",
		"error-405":                                  "=method_not_allowed",
		"error-406-media-type":                       "=not_acceptable",
		"error-406-version":                          "=not_acceptable",
		"error-409-conflict":                         "=conflict",
		"error-409-duplicate":                        "=duplicated_content",
		"error-415":                                  "=unsupported_media_type",
		"error-429":                                  "=throttled",
		"bicycle-action-error-no-device":             "=invalid",
		"bicycle-action-error-not-allowed":           "actions=action_not_allowed",
		"bicycle-action-error-outside-dropzone":      "=outside_dropzone",
		"bicycle-action-error-too-many-reservations": "=too_many_reservations",
		"bicycle-action-error-type-required":         "type=required",
		"bicycle-action-error-unknown-action":        "=not_found",
		"bicycle-create-error-duplicate-name":        "=unique",
		"bicycle-create-error-name-required":         "name=required",
		"client-app-error-duplicate-name":            "=unique",
		"client-app-error-sts":                       "=unauthorized",
		"client-app-error-unknown-scope":             "scopes.1=invalid_choice",
		"login-error-invalid-credentials":            "=invalid_credentials",
		"login-error-locked-out":                     "=authentication_failed",
		"support-ticket-error-field-errors":          "bicycle=does_not_exist category=invalid_choice organization=required",
		"support-ticket-error-message-nested":        "category=invalid_choice message=null",
		"support-ticket-error-needs-bicycle":         "=invalid",
		"support-ticket-error-needs-location":        "=invalid",
		"trip-list-error-number":                     "started_after=invalid",
		"trip-list-error-ordering":                   "ordering=invalid_choice",
		"trip-list-error-type":                       "type=invalid_choice",
	} {
		var got []string
		for _, p := range problems([]byte(example(t, name))) {
			got = append(got, p.Path+"="+p.Code)
			if p.Message == "" {
				t.Errorf("%s: no message in %+v", name, p)
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestErrorsInListsNameTheirPlace(t *testing.T) {
	t.Parallel()
	got := problems([]byte(`{"detail": {"scopes": {"1": [{"message": "no such scope", "code": "invalid_choice"}]}}}`))
	if diff := cmp.Diff([]Problem{{"scopes.1", "no such scope", "invalid_choice"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOddErrorBodiesAreNoProblem(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		``: 0, `null`: 0, `[]`: 0, `{"detail": null}`: 0, `{"detail": 5}`: 0, `{"detail": "Not found."}`: 1,
		`{"detail": {"a": ["plain text"]}}`:                                                    1,
		`{"detail": [` + strings.Repeat(`{"message":"m"},`, 4000) + `0]}`:                      maxProblems,
		`{"detail": ` + strings.Repeat(`{"a":`, 50) + `"deep"` + strings.Repeat(`}`, 50) + `}`: 0,
		`{"detail": [` + strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200) + `]}`:            0,
	} {
		if got := len(problems([]byte(body))); got != want {
			t.Errorf("%.60s: got %d problems, want %d", body, got, want)
		}
	}
}

func TestAStatusHasOneMeaning(t *testing.T) {
	t.Parallel()
	all := []error{ErrNotFound, ErrForbidden, ErrRefused, ErrUnreachable, ErrBusy, ErrInvalid, ErrConflict, ErrAnswer, ErrUnknownOutcome}
	for status, want := range map[int]error{
		400: ErrInvalid, 401: ErrRefused, 403: ErrForbidden, 404: ErrNotFound, 405: ErrForbidden, 406: ErrAnswer,
		409: ErrConflict, 415: ErrAnswer, 429: ErrBusy, 500: ErrUnreachable, 501: ErrUnreachable, 502: ErrUnreachable, 503: ErrUnreachable, 504: ErrUnreachable,
		202: ErrAnswer, 204: ErrAnswer, 206: ErrAnswer, 301: ErrAnswer, 302: ErrAnswer, 304: ErrAnswer, 307: ErrAnswer,
	} {
		f := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Noa-RequestId", "r-17")
			w.Header().Set("Retry-After", "7")
			reply(w, status, `{"detail": {"message": "secret words", "code": "why"}}`)
		}).fleet()
		_, err := f.Bicycle(t.Context(), someBicycle)
		for _, kind := range all {
			if errors.Is(err, kind) != (kind == want) {
				t.Errorf("%d: %v, want %v alone", status, err, want)
			}
		}
		var e *Error
		if !errors.As(err, &e) || e.Status != status || e.RequestID != "r-17" || e.Path != "bicycles/"+someBicycle+"/" || e.Method != http.MethodGet ||
			(e.RetryAfter != 7*time.Second) == (status >= 400) {
			t.Errorf("%d: got %#v", status, e)
		}
		if strings.Contains(err.Error(), "words") {
			t.Errorf("%d: the log would repeat Noa's message: %v", status, err)
		}
	}
}
