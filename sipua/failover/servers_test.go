package failover

import (
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"5": 5 * time.Second, "120 (I'm in a meeting)": 2 * time.Minute, "18000;duration=3600": 5 * time.Hour,
		"": 0, "soon": 0, "-5": 0, "99999999999999999999": 0,
	} {
		if got := parseRetryAfter(value); got != want {
			t.Errorf("%q is %v, want %v", value, got, want)
		}
	}
}
