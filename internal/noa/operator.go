package noa

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// operatorLife is how long Noa's user tokens live.
const operatorLife = 30 * time.Minute

var errDropped = errors.New("noa: the operator's token was dropped")

// An Operator is a person at Noa, signed in for one errand: to see to an
// organization's client applications. The token lives in memory only, for half
// an hour at most, and is never renewed. It may be used by many at once.
type Operator struct {
	noa  *Noa
	pace *pace
	end  *time.Timer

	mu   sync.Mutex
	held *token // nil once dropped
}

// SignIn signs a person in at Noa with one call, never repeated: six wrong
// passwords lock the account for some minutes. A wrong e-mail or password is
// [ErrSignIn], a locked account [ErrLocked]; neither is kept or told.
func (n *Noa) SignIn(ctx context.Context, email, password string) (*Operator, error) {
	if n.wrong != nil {
		return nil, n.wrong
	}
	r := request{method: http.MethodPost, path: []string{"jwt", "login"}, open: true, secret: true}
	r, err := r.with(login{email, password})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, n.limit)
	defer cancel()
	a, err := n.send(ctx, "", r, nil)
	if err != nil {
		return nil, signInError(err)
	}
	defer clear(a.body)
	value, err := readUserToken(a.body)
	if err != nil {
		return nil, a.failure(err)
	}
	return n.operator(value, a.fetched), nil
}

// login is what a person says to sign in.
type login struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// signInError tells a person's mistakes from the others.
func signInError(err error) error {
	var e *Error
	switch {
	case !errors.As(err, &e):
	case e.Status == http.StatusBadRequest && e.Has("invalid_credentials"):
		e.kind = ErrSignIn
	case e.Status == http.StatusForbidden && e.Has("authentication_failed"):
		e.kind = ErrLocked
	}
	return err
}

// readUserToken takes the token from the answer to a sign-in. The refresh
// token and the person beside it are not read.
func readUserToken(body []byte) (string, error) {
	value, err := readJWT(body, "token")
	if err != nil {
		return "", err
	}
	_, err = readClaims(value)
	return value, err
}

func (n *Noa) operator(value string, got time.Time) *Operator {
	o := &Operator{noa: n, pace: newPace(n.settings.Rate)}
	o.held = &token{value: newSecret(value), got: got, expires: got.Add(operatorLife)}
	o.end = time.AfterFunc(operatorLife, o.drop)
	return o
}

// Close drops the token. Calls under way come to their end, later ones fail with [ErrSignedOut].
func (o *Operator) Close() {
	o.end.Stop()
	o.drop()
}

// SignedIn says whether the token is still there.
func (o *Operator) SignedIn() bool { return o.token() != nil }

func (o *Operator) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = nil
}

func (o *Operator) token() *token {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held != nil && !o.held.alive(time.Now()) {
		o.held = nil // the timer stands still while a machine sleeps
	}
	return o.held
}

// read asks, and asks once more where that may help. Nobody joins it: what one
// operator sees is not for another.
func (o *Operator) read(ctx context.Context, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, o.noa.limit)
	defer cancel()
	a, err := o.ask(ctx, r)
	wait, worth := again(err)
	if !worth || sleep(ctx, wait) != nil {
		return a, err
	}
	return o.ask(ctx, r)
}

// write makes a change, once. Like a fleet's it is not broken off when its caller leaves.
func (o *Operator) write(ctx context.Context, r request) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, r.failure(gaveUp(err), err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.noa.limit)
	defer cancel()
	return o.ask(ctx, r)
}

// ask makes one call. A 401 ends the errand: a user token cannot be renewed without the password.
func (o *Operator) ask(ctx context.Context, r request) (answer, error) {
	if err := r.check(); err != nil {
		return answer{}, err
	}
	if err := o.pace.wait(ctx); err != nil {
		return answer{}, r.failure(waited(err), err)
	}
	t := o.token()
	if t == nil {
		return answer{}, r.failure(ErrSignedOut, errDropped)
	}
	a, err := o.noa.send(ctx, "", r, t)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusUnauthorized {
		e.kind = ErrSignedOut
		o.drop()
	}
	return a, err
}
