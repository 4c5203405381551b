package ear_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/test/e2e/ear"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTwoEars lets two ears talk to each other without signalling.
func TestTwoEars(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]uint8{"PCMU": ear.PCMU, "PCMA": ear.PCMA} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := open(t, payload, 440), open(t, payload, 800)
			near.SetRemote(far.Port) // far learns its remote by hearing
			for _, err := range []error{
				near.WaitTone(800, 10*time.Second),
				far.WaitTone(440, 10*time.Second),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			pressAll(t, near, far)
			near.Mute(true)
			if err := far.WaitQuiet(10 * time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

func pressAll(t *testing.T, near, far *ear.Ear) {
	t.Helper()
	const all = "0123456789*#ABCD"
	for _, digit := range []byte(all) {
		near.Press(digit, 100*time.Millisecond)
	}
	if err := far.WaitDigits(all, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	for _, key := range far.Keys() {
		if key.Duration != 100*time.Millisecond {
			t.Errorf("key %c lasted %v", key.Digit, key.Duration)
		}
	}
}

func open(t *testing.T, payload uint8, hertz int) *ear.Ear {
	t.Helper()
	e, err := ear.Open(payload, hertz)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}
