package noa

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxGrant is the limit on an answer of the token service.
const maxGrant = 64 << 10

var (
	errRedirect = errors.New("noa: redirect refused")
	errTooLarge = errors.New("noa: answer too large")
)

// exchange gets a token for a new assertion. Where it is refused and the
// answer shows that the clocks are apart, it tries once more with that put right.
func (n *Noa) exchange(ctx context.Context, c Credential) (grant, error) {
	if n.wrong != nil {
		return grant{}, n.wrong
	}
	used := n.clock.correction()
	g, err := n.exchangeAt(ctx, c, used)
	var e *TokenError
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest && e.Status != http.StatusUnauthorized {
		return g, err
	}
	if n.clock.corrected(used) {
		return n.exchangeAt(ctx, c, n.clock.correction())
	}
	if skew, _ := n.clock.skew(); skew.Abs() > skewRetried {
		e.Skew = skew
	}
	return g, err
}

// exchangeAt makes one exchange with this machine's clock put right by so much, and tells whoever observes.
func (n *Noa) exchangeAt(ctx context.Context, c Credential, correction time.Duration) (grant, error) {
	began := time.Now()
	g, err := n.exchangeOnce(ctx, c, correction)
	n.observe(exchangeOf(c, began, err))
	return g, err
}

func (n *Noa) exchangeOnce(ctx context.Context, c Credential, correction time.Duration) (grant, error) {
	signed, err := n.sign(ctx, c, time.Now().Add(correction))
	if err != nil {
		return grant{}, &TokenError{cause: fmt.Errorf("noa: sign the assertion: %w", err)}
	}
	sent := time.Now()
	resp, err := n.present(ctx, signed)
	if err != nil {
		return grant{}, &TokenError{kind: ErrUnreachable, cause: bare(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	received := time.Now()
	date, _ := http.ParseTime(resp.Header.Get("Date"))
	n.clock.saw(date, sent, received)
	body, err := readUpTo(resp.Body, maxGrant)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return grant{}, refusal(resp, body)
	}
	if err != nil {
		return grant{}, &TokenError{Status: resp.StatusCode, kind: kindOf(err), cause: bare(err)}
	}
	g, err := readGrant(body, c.Organization, received, n.clock.correction())
	if err != nil {
		return grant{}, &TokenError{Status: resp.StatusCode, kind: ErrAnswer, cause: err}
	}
	n.warn(c)
	return g, nil
}

// present sends the assertion.
func (n *Noa) present(ctx context.Context, signed string) (*http.Response, error) {
	body, err := json.Marshal(map[string]string{"assertion": signed})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.settings.STS.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", n.userAgent())
	return n.sts.Do(req)
}

// warn says that somebody should look after a clock.
func (n *Noa) warn(c Credential) {
	if skew, _ := n.clock.skew(); skew.Abs() >= skewWarned {
		n.settings.Log.Warn("clock differs from Noa's", "skew", skew.Round(time.Second).String(), "organization", c.Organization)
	}
}

// refusal is the error for an answer that brings no token.
func refusal(resp *http.Response, body []byte) *TokenError {
	e := &TokenError{Status: resp.StatusCode, after: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) == nil {
		e.Code = tame(said.Error)
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		e.kind = ErrBusy
	case e.Status >= 500:
		e.kind = ErrUnreachable
	case e.Status >= 400:
		e.kind = ErrRefused
	default:
		e.kind, e.cause = ErrAnswer, errRedirect
	}
	return e
}

// readUpTo reads a body that may be as long as limit.
func readUpTo(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = errTooLarge
	}
	return body, err
}

// bare takes the address off an error of net/http: its query may hold what somebody searched for.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// kindOf is what an error without an answer means.
func kindOf(err error) error {
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errPanic):
		return ErrAnswer
	case errors.Is(err, context.Canceled):
		return nil
	}
	return ErrUnreachable
}

// gaveUp is what it means that a caller stopped waiting: nothing where it left, else that Noa took too long.
func gaveUp(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return ErrUnreachable
}

func (n *Noa) userAgent() string {
	version := strings.TrimSpace(n.settings.Version)
	if version == "" {
		return "noadesk"
	}
	return "noadesk/" + tame(version)
}
