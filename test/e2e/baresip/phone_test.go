package baresip_test

import (
	"fmt"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
)

const limit = 20 * time.Second

// TestTwoPhones proves the phones without the bridge: tones both ways, keys, hold, who hung up.
func TestTwoPhones(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ codec, transport string }{{"PCMU", "udp"}, {"PCMA", "tcp"}, {"opus", "udp"}} {
		t.Run(fmt.Sprintf("%s over %s", test.codec, test.transport), func(t *testing.T) {
			t.Parallel()
			callee := start(t, baresip.Options{User: "callee", Codec: test.codec, Transport: test.transport, Manual: true})
			caller := start(t, baresip.Options{User: "caller", Codec: test.codec, Transport: test.transport, ToneHz: 440})
			must(t, caller.Dial(callee.URI))
			event(t, callee, baresip.Incoming)
			must(t, callee.Answer())
			event(t, caller, baresip.Established)
			must(t, callee.WaitTone(440, limit))
			must(t, caller.WaitTone(800, limit))
			must(t, caller.Press("5"))
			if key := event(t, callee, baresip.DTMF); key != "5" {
				t.Errorf("heard the key %q", key)
			}
			must(t, callee.Hangup())
			event(t, caller, baresip.Closed)
		})
	}
}

func start(t *testing.T, options baresip.Options) *baresip.Phone {
	t.Helper()
	options.Dir = t.TempDir()
	phone, err := baresip.Start(options)
	must(t, err)
	t.Cleanup(phone.Stop)
	return phone
}

func event(t *testing.T, phone *baresip.Phone, kind string) string {
	t.Helper()
	parameter, err := phone.WaitEvent(kind, 1, limit)
	must(t, err)
	return parameter
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
