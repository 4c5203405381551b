package emodel

import (
	"math"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s: %.3f, want %.3f within %.3f", what, got, want, within)
	}
}

// TestDefaultRating holds the value that G.107 gives for all defaults: R = 93.2, MOS 4.41.
func TestDefaultRating(t *testing.T) {
	t.Parallel()
	ideal := Connection{Codec: "PCMA"}
	near(t, "rating", ideal.Rating(), 93.2, 0.05)
	near(t, "MOS", ideal.MOS(), 4.41, 0.01)
}

// TestScoresOfRatings holds the categories of ITU-T G.109, table 1, with their scores.
func TestScoresOfRatings(t *testing.T) {
	t.Parallel()
	for rating, want := range map[float64]float64{
		0: 1, 50: 2.58, 60: 3.10, 70: 3.60, 80: 4.03, 90: 4.34, 100: 4.5, -5: 1, 120: 4.5, 3: 1,
	} {
		near(t, "MOS", MOS(rating), want, 0.01)
	}
}

// TestDelay compares with the well-known approximation of the E-model for delay by Cole and Rosenbluth (2001):
// 0.024 d, and 0.11 (d - 177.3) more beyond 177.3 ms.
func TestDelay(t *testing.T) {
	t.Parallel()
	best := Connection{}.Rating()
	for delay := 0.; delay <= 400; delay += 25 {
		cost := 0.024*delay + 0.11*max(delay-177.3, 0)
		got := best - Connection{Delay: time.Duration(delay) * time.Millisecond}.Rating()
		near(t, "cost of a delay", got, cost, 3.5)
	}
	if r := (Connection{Delay: time.Minute}).Rating(); r < 0 || r > 50 {
		t.Errorf("a minute is rated %v", r)
	}
}

// TestLoss computes Ie-eff by hand from the values of G.113, appendix I.
func TestLoss(t *testing.T) {
	t.Parallel()
	tests := []struct {
		codec      string
		loss, cost float64
	}{
		{"PCMU", 0, 0},
		{"PCMU", 0.05, 95 * 5 / 30.1},
		{"opus", 0.05, 95 * 5 / 30.1},
		{"G729", 0, 11},
		{"g729", 0.02, 11 + 84*2/21.},
		{"GSM", 0.01, 20 + 75*1/11.},
		{"GSM-EFR", 0.05, 5 + 90*5/15.},
		{"G723", 0.10, 15 + 80*10/26.1},
	}
	for _, test := range tests {
		got := Connection{}.Rating() - Connection{Codec: test.codec, Loss: test.loss}.Rating()
		near(t, test.codec, got, test.cost, 0.001)
	}
	if got := (Connection{Loss: 7}).MOS(); got < 1 || got > 1.5 {
		t.Errorf("everything lost is rated %v", got)
	}
}
