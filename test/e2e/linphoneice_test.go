package e2e

import (
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/linphone"
	"sipbridge/test/e2e/service"
)

// TestLinphoneWithICE: linphonec with ICE calls, and is called, by a phone without, and both hear: by full ICE of ours,
// and by ICE-lite.
func TestLinphoneWithICE(t *testing.T) {
	t.Parallel()
	for name, lite := range map[string]bool{"full": false, "lite": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startService(t, service.Options{
				Users:    map[string]string{"lin": "Secret-1!", "bare": "Secret-2!"},
				Settings: map[string]map[string]any{"media": {"ice": true, "ice_lite": lite}},
			})
			bare := newPhone(t, baresip.Options{
				User: "bare", Password: "Secret-2!", Domain: "localhost", Registrar: s.SIP, Codec: "PCMU",
			})
			phone, err := linphone.Start(linphone.Options{
				Codec: "PCMU", Rate: 8000, User: "lin", Domain: "localhost", Password: "Secret-1!",
				Registrar: s.SIP, ToneHz: pageHz, Dir: t.TempDir(), ICE: true,
			})
			must(t, err)
			defer phone.Stop()
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(phone.Report())
				}
			})
			must(t, phone.Dial("sip:bare@localhost"))
			mustHear(t, bare, pageHz)
			must(t, phone.WaitTone(phoneHz, limit))
			must(t, phone.WaitPath("INVITE sip:bare@localhost", limit))
			must(t, phone.Hangup())
			_, err = bare.WaitEvent(baresip.Closed, 1, limit)
			must(t, err)
			must(t, bare.Dial("sip:lin@localhost"))
			_, err = bare.WaitEvent(baresip.Established, 2, limit)
			must(t, err)
			mustHear(t, bare, pageHz)
			must(t, phone.WaitTone(phoneHz, limit))
			must(t, bare.Hangup())
			must(t, phone.WaitPath("INVITE sip:lin@", limit))
		})
	}
}
