package sandbox

import (
	"fmt"
	"net/http"
)

// A problem is an answer that is an error, in one of the shapes of the
// contract. Calls return it as an error.
type problem struct {
	status int
	body   any // nil is an HTML page

	retryAfter string // seconds, "" is none
}

// Error is for logs of the sandbox itself.
func (p *problem) Error() string {
	return fmt.Sprintf("sandbox: answered %d %s", p.status, http.StatusText(p.status))
}

// A wrong is one complaint. Code is null at Noa in one place.
type wrong struct {
	Message any     `json:"message"`
	Code    *string `json:"code"`
}

func complaint(message, code string) wrong { return wrong{message, &code} }

// wrongs are complaints by member, filter or __all__.
type wrongs map[string][]wrong

func (w wrongs) add(member, message, code string) {
	w[member] = append(w[member], complaint(message, code))
}

// err is the whole as an answer 400, nil if nothing is wrong.
func (w wrongs) err() error {
	if len(w) == 0 {
		return nil
	}
	return detail(http.StatusBadRequest, w)
}

type envelope struct {
	Detail any `json:"detail"`
}

func detail(status int, what any) *problem { return &problem{status: status, body: envelope{what}} }

// general is the most common shape, a complaint under non_field_errors.
func general(status int, message, code string) *problem {
	return detail(status, wrongs{"non_field_errors": {complaint(message, code)}})
}

func notAuthenticated() *problem {
	return general(http.StatusUnauthorized, "Authentication credentials were not provided.", "not_authenticated")
}

func authenticationFailed(message string) *problem {
	return general(http.StatusUnauthorized, message, "authentication_failed")
}

func denied() *problem {
	return general(http.StatusForbidden, "You do not have permission to perform this action.", "permission_denied")
}

func notFound(message string) *problem {
	return general(http.StatusNotFound, message, "not_found")
}

func notAllowed(method string) *problem {
	return general(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", method), "method_not_allowed")
}

func notAcceptable(message string) *problem {
	return general(http.StatusNotAcceptable, message, "not_acceptable")
}

func foreignOrganization() *problem {
	return general(http.StatusForbidden, "You are not allowed to link to this organization.", "permission_denied")
}

// crash is what Noa did not expect: an HTML page.
func crash() *problem { return &problem{status: http.StatusInternalServerError} }

func conflict() *problem {
	code := "conflict"
	return detail(http.StatusConflict, wrong{"The record was changed in the meantime.", &code})
}
