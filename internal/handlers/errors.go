package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"noadesk/internal/desk"
	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/staff"
	"noadesk/internal/store"
	"noadesk/internal/views"
)

var (
	errSignedOut = errors.New("handlers: signed out")
	errNotFound  = errors.New("handlers: no such page")
	errMethod    = errors.New("handlers: method not allowed")
	errNoKey     = errors.New("handlers: the organisation has no active key")
	errOrigin    = errors.New("handlers: the request does not come from the desk's own pages")
	errPanic     = errors.New("handlers: panic")
	errSetupOver = errors.New("handlers: the set-up link is not valid")
	errForm      = errors.New("handlers: the body is not a form")
	errHost      = errors.New("handlers: foreign host")
)

// lacksRight says that the person's role does not allow it.
type lacksRight struct{ right staff.Right }

func (e lacksRight) Error() string { return "handlers: lacks the right to " + e.right.String() }

// lacksScope says that the organisation's key does not allow it.
type lacksScope struct{ scope noa.Scope }

func (e lacksScope) Error() string { return "handlers: the key lacks the scope " + string(e.scope) }

// badAddress says what is wrong with an address, in a sentence for its reader.
type badAddress struct{ sentence string }

func (e badAddress) Error() string { return "handlers: bad address: " + e.sentence }

// invalid is a form that cannot be accepted, with what was typed still in it.
type invalid struct {
	views.Page
	status int // 0 for 422
}

func (e invalid) Error() string { return "handlers: the form cannot be accepted" }

// elsewhere is a page that stands at another address.
type elsewhere struct{ to string }

func (e elsewhere) Error() string { return "handlers: elsewhere" }

// fail is the one way in which an error becomes an answer.
func (s *Server) fail(w http.ResponseWriter, v *visit, err error) {
	var away elsewhere
	var form invalid
	swallow(v.Request)
	switch {
	case errors.As(err, &away):
		http.Redirect(w, v.Request, away.to, http.StatusFound)
	case errors.Is(err, errSignedOut) && scripted(v.Request):
		http.Error(w, "Signed out. Sign in and try again.", http.StatusUnauthorized)
	case errors.Is(err, errSignedOut):
		http.Redirect(w, v.Request, loginFor(v.Request), http.StatusSeeOther)
	case errors.As(err, &form):
		s.draw(w, v, cmp.Or(form.status, http.StatusUnprocessableEntity), form.Page)
	default:
		p := s.problem(v, err)
		v.note(p.Status, err)
		if wait := retryAfter(err); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		}
		s.draw(w, v, p.Status, p)
	}
}

// draw shows a page where an error can no longer be told to the reader.
func (s *Server) draw(w http.ResponseWriter, v *visit, status int, p views.Page) {
	if err := s.show(w, v, status, p); err != nil {
		s.options.Log.Error("page not drawn", "request", requestID(v.Context()), "err", err)
		http.Error(w, "The page could not be drawn. Incident "+requestID(v.Context())+".", http.StatusInternalServerError)
	}
}

// note logs a failure: loudly where it is the desk's own or Noa's, and not because the reader has gone.
func (v *visit) note(status int, err error) {
	log := v.log.Info
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		log = v.log.Error
	}
	log("failed", "request", requestID(v.Context()), "status", status, "err", err)
}

// failed logs a failure that is shown within a page, and says what its reader gets to know.
func (v *visit) failed(err error) views.Problem {
	p := explain(err)
	v.note(p.Status, err)
	return p
}

// scripted says whether a request was made by script, which must not be sent to another page.
func scripted(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Header.Get("HX-Request") != "" || mode != "" && mode != "navigate"
}

// loginFor is the sign-in page that leads back to where a GET wanted to go.
func loginFor(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.Path == "/" {
		return views.LoginPath
	}
	return views.LoginPath + "?next=" + url.QueryEscape(r.URL.RequestURI())
}

// problem turns an error into the page that its reader gets.
func (s *Server) problem(v *visit, err error) views.Problem {
	p := explain(err)
	p.Org, p.RequestID = v.org, requestID(v.Context())
	if p.Again != "" && v.Method == http.MethodGet {
		p.Again = v.URL.RequestURI()
	} else {
		p.Again = ""
	}
	return p
}

// queueTime is about how long a queue for signing in takes.
const queueTime = 2 * time.Second

// again marks problems that may pass.
const again = "again"

// explain is the one table from errors to what people read: what happened, and what can be done.
func explain(err error) views.Problem {
	var right lacksRight
	var scope lacksScope
	var address badAddress
	var wait staff.ErrWait
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &right):
		return views.Problem{
			Status: http.StatusForbidden, Headline: "Your role does not allow this",
			Advice: "It needs the right to " + right.right.String() + ". An administrator of the desk can give you a role that has it.",
		}
	case errors.As(err, &scope):
		return views.Problem{
			Status: http.StatusForbidden, Headline: "The organisation’s key lacks a scope",
			Advice: "Noa grants this key no " + string(scope.scope) + ". " + whoAddsScopes + " It counts from the next token on.",
		}
	case errors.As(err, &address):
		return views.Problem{Status: http.StatusBadRequest, Headline: "This address cannot be right", Advice: address.sentence}
	case errors.As(err, &wait):
		return views.Problem{Status: http.StatusTooManyRequests, Headline: "Too many tries", Advice: waitSentence(wait), Again: again}
	case errors.As(err, &large):
		return views.Problem{
			Status: http.StatusRequestEntityTooLarge, Headline: "That is too large",
			Advice: fmt.Sprintf("A form may hold %d KiB here. Nothing was stored.", large.Limit>>10),
		}
	}
	return explainRequest(err)
}

// whoAddsScopes says what to do about a scope that is missing.
const whoAddsScopes = "A fleet operator, supervisor or admin of the fleet adds it in Noa’s FMS (Organization Settings, API Access) or here under Manage, Keys, Client applications."

// explainRequest is the part of the table that is about what was asked for, and how.
func explainRequest(err error) views.Problem {
	switch {
	case errors.Is(err, errNotFound), errors.Is(err, desk.ErrNotFound), errors.Is(err, keystore.ErrNotFound):
		return views.Problem{
			Status: http.StatusNotFound, Headline: "There is no such page",
			Advice: "The address may be mistyped, or what it named is gone. The search box finds bicycles by their number.",
		}
	case errors.Is(err, errMethod):
		return views.Problem{Status: http.StatusMethodNotAllowed, Headline: "This address does not take that", Advice: "Go back and use the page’s own buttons."}
	case errors.Is(err, errOrigin):
		return views.Problem{
			Status: http.StatusForbidden, Headline: "This did not come from the desk",
			Advice: "The browser says that another site sent the form, or does not say where it comes from. Nothing was done. Open the desk itself and try there.",
		}
	case errors.Is(err, errForm):
		return views.Problem{
			Status: http.StatusUnsupportedMediaType, Headline: "This is not a form",
			Advice: "State changes are form posts: application/x-www-form-urlencoded, or multipart/form-data where a file goes along. Nothing was done.",
		}
	case errors.Is(err, errHost):
		return views.Problem{Status: http.StatusMisdirectedRequest, Headline: "This desk has another address", Advice: "Use the address that your desk was given; whoever runs it knows it."}
	case errors.Is(err, errSetupOver):
		return views.Problem{
			Status: http.StatusNotFound, Headline: "This set-up link is not valid",
			Advice: "It works once, for half an hour, and only until somebody is on the staff. While nobody is, the desk prints a new one where it was started.",
		}
	}
	return explainDesk(err)
}

// explainDesk is the part of the table that is about the desk itself: its people, its disk, its keys.
func explainDesk(err error) views.Problem {
	switch {
	case errors.Is(err, staff.ErrBusy):
		return views.Problem{Status: http.StatusTooManyRequests, Headline: "Too many people sign in at once", Advice: "Try again in a few seconds.", Again: again}
	case errors.Is(err, staff.ErrLastAdmin):
		return views.Problem{Status: http.StatusConflict, Headline: "The last administrator stays", Advice: "Somebody has to be able to manage people. Make another administrator first."}
	case errors.Is(err, store.ErrReadOnly), errors.Is(err, store.ErrStorage):
		return views.Problem{
			Status: http.StatusServiceUnavailable, Headline: "The desk cannot write to its disk",
			Advice: "Pages go on, changes do not: nothing was changed. Whoever runs the desk has to look at the disk and start it again.",
		}
	case errors.Is(err, store.ErrFull):
		return views.Problem{
			Status: http.StatusInsufficientStorage, Headline: "The desk’s disk is full",
			Advice: "Nothing was changed. Whoever runs the desk has to make room.",
		}
	case errors.Is(err, keystore.ErrDamaged):
		return views.Problem{
			Status: http.StatusConflict, Headline: "The record of this organisation’s key is damaged",
			Advice: "It does not open, so the desk cannot ask Noa. Whoever keeps the keys restores a backup, or adds another key under Manage, Keys.",
		}
	case errors.Is(err, errNoKey), errors.Is(err, keystore.ErrRetired):
		return views.Problem{
			Status: http.StatusConflict, Headline: "This organisation has no working key yet",
			Advice: "Without a key the desk cannot ask Noa. Whoever keeps the keys adds one under Manage, Keys.",
		}
	}
	return explainNoa(err)
}

// explainNoa is the part of the table that is about Noa.
func explainNoa(err error) views.Problem {
	var token *noa.TokenError
	switch {
	case errors.Is(err, noa.ErrNotFound):
		return views.Problem{
			Status: http.StatusNotFound, Headline: "Noa does not know this",
			Advice: "It may be gone, belong to another organisation, or be mistyped; or the list is shorter by now. Noa does not tell these apart.",
		}
	case errors.Is(err, noa.ErrForbidden):
		return views.Problem{
			Status: http.StatusForbidden, Headline: "Noa does not allow this to the organisation’s key",
			Advice: "The scopes of the client application may have changed. Prove the key under Manage, Keys to see what is granted now.",
		}
	case errors.Is(err, noa.ErrRefused):
		return views.Problem{Status: http.StatusBadGateway, Headline: "Noa refused the organisation’s key", Advice: refusedAdvice(err), Again: again}
	case errors.Is(err, noa.ErrUnknownOutcome):
		return views.Problem{
			Status: http.StatusBadGateway, Headline: "Not known whether Noa saved it",
			Advice: "Noa failed, or the connection broke, after it was sent. Look whether it is there before you send it again.",
		}
	case errors.Is(err, noa.ErrBusy):
		return views.Problem{Status: http.StatusServiceUnavailable, Headline: "Noa asks for patience", Advice: "It gets too many calls just now. Try again in a moment." + nextExchange(err), Again: again}
	case errors.Is(err, noa.ErrUnreachable) && errors.As(err, &token):
		return views.Problem{Status: http.StatusBadGateway, Headline: "Noa’s token service does not answer", Advice: nextTry(token), Again: again}
	case errors.Is(err, noa.ErrUnreachable):
		return views.Problem{Status: http.StatusBadGateway, Headline: "Noa does not answer", Advice: "It is Noa or the way there, not this desk. Try again in a moment.", Again: again}
	case errors.Is(err, noa.ErrAnswer):
		return views.Problem{Status: http.StatusBadGateway, Headline: "Noa answered something unexpected", Advice: "The desk could not read the answer and shows nothing rather than half of it." + nextExchange(err), Again: again}
	case errors.Is(err, noa.ErrInvalid):
		return views.Problem{Status: http.StatusBadRequest, Headline: "Noa does not take this", Advice: "One of the values in the address or the form is not what Noa expects."}
	case errors.Is(err, noa.ErrConflict):
		return views.Problem{Status: http.StatusConflict, Headline: "It was changed in the meantime", Advice: "Open it again to see what it is now."}
	}
	return views.Problem{
		Status: http.StatusInternalServerError, Headline: "Something went wrong here",
		Advice: "It is the desk, not you. Whoever runs it finds the reason in the log under the number below.",
	}
}

func refusedAdvice(err error) string {
	var token *noa.TokenError
	if errors.As(err, &token) && token.Skew.Abs() >= 30*time.Second {
		return fmt.Sprintf("The clocks of the desk and of Noa are %s apart, which may be the reason: set the desk’s clock by NTP.", token.Skew.Abs().Round(time.Second))
	}
	return "The client application may be deleted, or Noa may know another public key for its name. Whoever keeps the keys can prove the key under Manage, Keys." +
		againIn(token)
}

func nextTry(t *noa.TokenError) string {
	advice := "Without a token the desk cannot ask Noa. It is Noa or the way there, not this desk."
	return advice + againIn(t)
}

// nextExchange says when the next exchange is tried, where it is a token that is missing.
func nextExchange(err error) string {
	var token *noa.TokenError
	errors.As(err, &token)
	return againIn(token)
}

// againIn says when the next exchange is tried, where that is not at once.
func againIn(t *noa.TokenError) string {
	if t == nil || t.Retry.Sub(views.Now()) <= time.Second {
		return ""
	}
	return fmt.Sprintf(" It tries again in %d s.", int(t.Retry.Sub(views.Now()).Seconds())+1)
}

func waitSentence(w staff.ErrWait) string {
	left := max(w.Until.Sub(views.Now()), time.Second)
	return fmt.Sprintf("After several wrong passwords this account has to wait %d s before the next try.", int(left.Seconds())+1)
}

// retryAfter is how long the reader should wait, 0 where nobody said.
func retryAfter(err error) time.Duration {
	var wait staff.ErrWait
	var token *noa.TokenError
	var call *noa.Error
	switch {
	case errors.As(err, &wait):
		return max(wait.Until.Sub(views.Now()), 0)
	case errors.Is(err, staff.ErrBusy):
		return queueTime
	case errors.As(err, &call):
		return call.RetryAfter
	case errors.As(err, &token) && !token.Retry.IsZero():
		return max(token.Retry.Sub(views.Now()), 0)
	}
	return 0
}
