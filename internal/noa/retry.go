package noa

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// oddRetry stands for a Retry-After that makes no sense.
const oddRetry = 5 * time.Second

// retryAfter reads how long a server wants to be left alone: seconds or a date. 0 is not said, and
// nothing makes us wait longer than a minute.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.Atoi(header)
		if err != nil || seconds > int(retryMax.Seconds()) {
			return retryMax
		}
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), retryMax)
	}
	return oddRetry
}

// patience is the longest Retry-After after which a reader's question is put again by itself.
const patience = 2 * time.Second

// fetch reads, and reads once more where that may help.
func (f *Fleet) fetch(ctx context.Context, r request) (answer, error) {
	a, err := f.ask(ctx, r)
	wait, worth := again(err)
	if !worth || sleep(ctx, wait) != nil {
		return a, err
	}
	return f.ask(ctx, r)
}

// again says whether and after what time a read is worth another try.
func again(err error) (time.Duration, bool) {
	var e *Error
	if !errors.As(err, &e) {
		return 0, false
	}
	jitter := 50*time.Millisecond + rand.N(200*time.Millisecond)
	switch e.Status {
	case 0:
		return jitter, errors.Is(e, ErrUnreachable) && !errors.Is(e, errBroken)
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(jitter, e.RetryAfter), e.RetryAfter <= patience
	case http.StatusTooManyRequests:
		return e.RetryAfter + jitter, e.RetryAfter > 0 && e.RetryAfter <= patience
	}
	return 0, false
}
