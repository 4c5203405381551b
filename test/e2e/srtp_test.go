package e2e

import (
	"fmt"
	"strings"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/linphone"
	"sipbridge/test/e2e/service"
)

// The phones of TestProtectedPhones, by their numbers.
const (
	overTLS = iota
	plain
	bestEffort
	withFeedback
	dtls
	dtlsAndICE
	linphoned

	trunkNumber = "77" // leads to a phone that wants DTLS and ICE, and does not register
)

// protectedWorld is a service and phones that protect their media in different ways.
type protectedWorld struct {
	service *service.Service
	phones  map[int]*baresip.Phone
	trunk   *baresip.Phone
}

func newProtectedWorld(t *testing.T) *protectedWorld {
	t.Helper()
	users := map[string]string{}
	for number := range linphoned + 1 {
		users[userName(number)] = password(number)
	}
	w := &protectedWorld{phones: make(map[int]*baresip.Phone)}
	w.trunk = newPhone(t, baresip.Options{User: trunkNumber, Codec: "PCMU", Encryption: "dtls_srtp", ICE: true})
	w.service = startService(t, service.Options{
		TLS: withCertificate(t), Users: users,
		Trunks: []map[string]any{{
			"name": "dtls", "next_hop": fmt.Sprintf("sip:127.0.0.1:%d", w.trunk.Port),
			"srtp": "required", "srtp_keys": "dtls", "ice": true,
		}},
		Routes: []map[string]any{{"from": "users", "match": "^sip:" + trunkNumber + "@localhost", "to": "trunk:dtls"}},
		Settings: map[string]map[string]any{
			"dialing": {"rules": []map[string]any{{"numbers": []string{trunkNumber}}}},
			"media":   {"ice": true}, // those without it pass it over
		},
	})
	for number, encryption := range map[int]string{
		overTLS: "srtp-mand", plain: "", bestEffort: "srtp", withFeedback: "srtp-mandf", dtls: "dtls_srtp",
		dtlsAndICE: "dtls_srtp",
	} {
		registrar, transport := w.service.SIP, "udp"
		if number == overTLS {
			registrar, transport = w.service.SIPS, "tls"
		}
		w.phones[number] = newPhone(t, baresip.Options{
			User: userName(number), Password: password(number), Domain: "localhost", Registrar: registrar,
			Transport: transport, Codec: "PCMU", Encryption: encryption, ICE: number == bestEffort || number == dtlsAndICE,
		})
	}
	return w
}

// talk lets one phone call another, and holds that both hear, also after a hold.
func (w *protectedWorld) talk(t *testing.T, caller, callee *baresip.Phone, number string) {
	t.Helper()
	calls, called := caller.Count(baresip.Established), callee.Count(baresip.Established)
	await := func(phone *baresip.Phone, event string, count int) {
		_, err := phone.WaitEvent(event, count, limit)
		must(t, err)
	}
	must(t, caller.Dial("sip:"+number+"@localhost"))
	await(caller, baresip.Established, calls+1) // before it is what an earlier call said
	await(callee, baresip.Established, called+1)
	mustHear(t, caller, phoneHz)
	mustHear(t, callee, phoneHz)
	must(t, caller.Hold())
	must(t, callee.WaitQuiet(limit))
	must(t, caller.Resume())
	mustHear(t, callee, phoneHz)
	mustHear(t, caller, phoneHz)
	must(t, caller.Hangup())
	await(caller, baresip.Closed, calls+1)
	await(callee, baresip.Closed, called+1)
}

// TestProtectedPhones: phones with SRTP call phones without, and are called by them, and both hear: keys in SDP and by
// DTLS, in each profile, with ICE and without, from baresip and linphonec.
func TestProtectedPhones(t *testing.T) {
	t.Parallel()
	w := newProtectedWorld(t)
	for _, test := range []struct {
		name           string
		caller, callee int
		profile, keys  string
	}{
		{"keys over TLS", overTLS, plain, "RTP/SAVP ", "a=crypto:"},
		{"called over TLS", plain, overTLS, "RTP/SAVP ", "a=crypto:"},
		{"feedback", withFeedback, plain, "RTP/SAVPF ", "a=crypto:"},
		{"best effort and ICE", bestEffort, overTLS, "RTP/AVP ", "a=ice-ufrag:"},
		{"DTLS", dtls, plain, "UDP/TLS/RTP/SAVPF ", "a=fingerprint:"},
		{"DTLS and ICE", dtlsAndICE, plain, "UDP/TLS/RTP/SAVPF ", "a=ice-ufrag:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			caller, callee := w.phones[test.caller], w.phones[test.callee]
			w.talk(t, caller, callee, userName(test.callee))
			said := callee.Report() + caller.Report()
			if !strings.Contains(said, test.profile) || strings.Count(said, test.keys) < 2 {
				t.Errorf("no keys in %s:\n%s", test.profile, said)
			}
		})
	}
	t.Run("called with DTLS and ICE", func(t *testing.T) { w.talk(t, w.phones[plain], w.trunk, trunkNumber) })
	t.Run("linphonec", w.linphone)
	metrics, err := w.service.Metrics()
	must(t, err)
	// A phone that changes its key with a hold sends a few packets with the one before.
	const few = 50
	for name, most := range map[string]float64{
		"rtp_forged": few, "rtp_replayed": few, "rtp_bad_checks": 0, "rtp_dtls_failed": 0,
	} {
		if got, ok := metrics["sipbridge_"+name+"_total"]; !ok || got > most {
			t.Errorf("%s: %v", name, got)
		}
	}
	if log := w.service.Report(); strings.Contains(log, "inline:") {
		t.Error("keys are in the log")
	}
}

func (w *protectedWorld) linphone(t *testing.T) {
	phone, err := linphone.Start(linphone.Options{
		Codec: "speex", Rate: 16000, User: userName(linphoned), Domain: "localhost", Password: password(linphoned),
		Registrar: w.service.SIP, ToneHz: phoneHz, Dir: t.TempDir(), Encrypted: true,
	})
	must(t, err)
	defer phone.Stop()
	must(t, phone.Dial("sip:"+userName(plain)+"@localhost"))
	mustHear(t, w.phones[plain], phoneHz)
	must(t, phone.WaitTone(phoneHz, limit))
	must(t, phone.Hangup())
	must(t, phone.WaitEnded(limit))
}
