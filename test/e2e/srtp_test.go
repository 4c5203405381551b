package e2e

import (
	"strings"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/linphone"
	"sipbridge/test/e2e/service"
)

// protectedPhones is who is who in TestProtectedPhones.
const (
	overTLS = iota
	plain
	bestEffort
	withFeedback
	linphoned
)

// TestProtectedPhones: phones with SRTP call phones without, and are called by them, and both hear: keys in SDP, in
// each profile, from baresip and linphonec.
func TestProtectedPhones(t *testing.T) {
	users := map[string]string{}
	for number := range linphoned + 1 {
		users[userName(number)] = password(number)
	}
	running := startService(t, service.Options{TLS: withCertificate(t), Users: users})
	phones := map[int]*baresip.Phone{}
	for number, encryption := range map[int]string{
		overTLS: "srtp-mand", plain: "", bestEffort: "srtp", withFeedback: "srtp-mandf",
	} {
		registrar, transport := running.SIP, "udp"
		if number == overTLS {
			registrar, transport = running.SIPS, "tls"
		}
		phones[number] = newPhone(t, baresip.Options{
			User: userName(number), Password: password(number), Domain: "localhost", Registrar: registrar,
			Transport: transport, Codec: "PCMU", Encryption: encryption,
		})
	}
	for _, test := range []struct {
		name           string
		caller, callee int
		profile        string
	}{
		{"keys over TLS", overTLS, plain, "RTP/SAVP "},
		{"called over TLS", plain, overTLS, "RTP/SAVP "},
		{"feedback", withFeedback, plain, "RTP/SAVPF "},
		{"best effort", bestEffort, overTLS, "RTP/AVP "},
	} {
		t.Run(test.name, func(t *testing.T) {
			caller, callee := phones[test.caller], phones[test.callee]
			calls, called := caller.Count(baresip.Established), callee.Count(baresip.Established)
			must(t, caller.Dial("sip:"+userName(test.callee)+"@localhost"))
			_, err := caller.WaitEvent(baresip.Established, calls+1, limit)
			must(t, err)
			_, err = callee.WaitEvent(baresip.Established, called+1, limit) // before it is what an earlier call said
			must(t, err)
			mustHear(t, caller, phoneHz)
			mustHear(t, callee, phoneHz)
			must(t, caller.Hangup())
			_, err = caller.WaitEvent(baresip.Closed, calls+1, limit)
			must(t, err)
			_, err = callee.WaitEvent(baresip.Closed, called+1, limit)
			must(t, err)
			said := callee.Report() + caller.Report()
			if !strings.Contains(said, test.profile) || strings.Count(said, "a=crypto:") < 2 {
				t.Errorf("no keys in %s:\n%s", test.profile, said)
			}
		})
	}
	t.Run("linphonec", func(t *testing.T) {
		phone, err := linphone.Start(linphone.Options{
			Codec: "speex", Rate: 16000, User: userName(linphoned), Domain: "localhost", Password: password(linphoned),
			Registrar: running.SIP, ToneHz: phoneHz, Dir: t.TempDir(), Encrypted: true,
		})
		must(t, err)
		defer phone.Stop()
		must(t, phone.Dial("sip:"+userName(plain)+"@localhost"))
		mustHear(t, phones[plain], phoneHz)
		must(t, phone.WaitTone(phoneHz, limit))
		must(t, phone.Hangup())
		must(t, phone.WaitEnded(limit))
	})
	if log := running.Report(); strings.Contains(log, "inline:") {
		t.Error("keys are in the log")
	}
}
