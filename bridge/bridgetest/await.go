package bridgetest

import (
	"testing"
	"time"
)

// Patience is how long the Await functions wait before they fail the test. It is long, so that a loaded machine
// fails no test; a test that passes never waits for it.
const Patience = 20 * time.Second

// Await waits for the next command of type C, passing over others, and gives it. Each command
// is given once.
func Await[C Command](tb testing.TB, leg *Leg) C {
	tb.Helper()
	deadline := time.After(Patience)
	for {
		command, more := leg.next()
		if wanted, ok := command.(C); ok {
			return wanted
		}
		if command != nil {
			continue
		}
		select {
		case <-more:
		case <-deadline:
			var wanted C
			tb.Fatalf("%s: no %T within %v; commands so far: %+v", leg.Info().ID, wanted, Patience, leg.Commands())
			return wanted
		}
	}
}

// Count gives how many commands of type C the leg has got so far.
func Count[C Command](leg *Leg) int {
	count := 0
	for _, command := range leg.Commands() {
		if _, ok := command.(C); ok {
			count++
		}
	}
	return count
}

// Eventually waits until condition holds; what names it if it never does.
func Eventually(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(Patience)
	for !condition() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within %v: %s", Patience, what)
		}
		time.Sleep(time.Millisecond)
	}
}
