package e2e

import (
	"fmt"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/service"
)

// TestPhones: registered phones call each other through the bridge, over UDP and TCP in every pairing. Where their
// codecs differ the bridge transcodes.
func TestPhones(t *testing.T) {
	t.Parallel()
	const caller, callee = 0, 1
	for _, pair := range []struct{ transports, codecs [2]string }{
		{[2]string{"udp", "udp"}, [2]string{"PCMU", "PCMU"}},
		{[2]string{"udp", "tcp"}, [2]string{"PCMU", "PCMA"}},
		{[2]string{"tcp", "udp"}, [2]string{"opus", "PCMU"}},
		{[2]string{"tcp", "tcp"}, [2]string{"PCMA", "opus"}},
	} {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			t.Parallel()
			running, err := service.Start(service.Options{
				Binary: binary, Dir: t.TempDir(),
				Users: map[string]string{userName(caller): password(caller), userName(callee): password(callee)},
			})
			must(t, err)
			t.Cleanup(running.Stop)
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("the service's log:\n%s", running.Report())
				}
			})
			var phones [2]*baresip.Phone
			for i := range phones {
				phones[i] = newPhone(t, baresip.Options{
					User: userName(i), Password: password(i), Domain: "localhost", Registrar: running.SIP,
					Codec: pair.codecs[i], Transport: pair.transports[i],
				})
			}
			must(t, phones[caller].Dial("sip:"+userName(callee)+"@localhost"))
			mustHear(t, phones[caller], phoneHz)
			mustHear(t, phones[callee], phoneHz)
			must(t, phones[callee].Hangup())
			_, err = phones[caller].WaitEvent(baresip.Closed, 1, limit)
			must(t, err)
		})
	}
}
