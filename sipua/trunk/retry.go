package trunk

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	// leastExpires keeps a server from asking for a storm of REGISTERs.
	leastExpires = 10 * time.Second
	// firstWait is the wait after the first failure, which doubles up to mostWait: 2, 4, 8, 16, 32 s, and so on.
	firstWait = 2 * time.Second
	mostWait  = 5 * time.Minute
	// mostRetryAfter bounds how long a server may send us away.
	mostRetryAfter = time.Hour
)

// refreshAfter is when to refresh: after 80 to 90 % of the time.
func refreshAfter(granted time.Duration) time.Duration {
	return jitter(max(granted, leastExpires), 0.8, 0.9)
}

// waitAfter is the wait after so many failures in a row: it doubles, and no two clients keep step.
func waitAfter(failures int) time.Duration {
	doubled := firstWait << min(failures-1, 10)
	return jitter(min(doubled, mostWait), 1, 1.5)
}

// jitter gives a random time from low to high times the given one.
func jitter(around time.Duration, low, high float64) time.Duration {
	return time.Duration(float64(around) * (low + (high-low)*rand.Float64()))
}

// sleep waits, and tells whether ctx goes on. If it may be hurried, Again cuts it short, but not to nothing: a server
// that closes all its connections gets its clients back one after the other.
func (r *Registration) sleep(ctx context.Context, delay time.Duration, hurried bool) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	again := r.again
	if !hurried {
		again = nil
	}
	for {
		select {
		case <-timer.C:
			return ctx.Err() == nil
		case <-again:
			timer.Reset(jitter(firstWait, 0.5, 1.5))
			again = nil
		case <-ctx.Done():
			return false
		}
	}
}

func retryAfter(response *sip.Response) time.Duration {
	return min(seconds(response, "Retry-After"), mostRetryAfter)
}

// seconds reads a header that is a number of seconds, with a comment or parameters perhaps; 0 if it is none.
func seconds(response *sip.Response, name string) time.Duration {
	header := response.GetHeader(name)
	if header == nil {
		return 0
	}
	value, _, _ := strings.Cut(header.Value(), ";")
	value, _, _ = strings.Cut(value, "(")
	return parseSeconds(value)
}

func parseSeconds(value string) time.Duration {
	number, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(min(number, math.MaxInt32)) * time.Second
}
