package sipp_test

import (
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/sipp"
)

const limit = 20 * time.Second

// TestSippAndSipp proves the scripts against each other.
func TestSippAndSipp(t *testing.T) {
	t.Parallel()
	media := sipp.Media{Port: 20000, Codec: "PCMU"} // nobody listens to these calls
	const uri = "sip:callee@127.0.0.1"
	tests := []struct {
		name           string
		callee, caller []sipp.Step
	}{
		{
			"callee hangs up",
			[]sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.Bye(1)},
			[]sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitBye()},
		},
		{
			"caller hangs up",
			[]sipp.Step{sipp.Early(media), sipp.Answer(media), sipp.AwaitBye()},
			[]sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.CallerBye(2)},
		},
		{
			"busy",
			[]sipp.Step{sipp.Reject(486, "Busy Here")},
			[]sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, 486)},
		},
		{
			"cancelled",
			[]sipp.Step{sipp.Ring(), sipp.AwaitCancel()},
			[]sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.Cancel(uri)},
		},
		{
			"hold by the callee, keys by INFO",
			[]sipp.Step{
				sipp.Answer(media), sipp.Reinvite(media, 1, "sendonly"), sipp.Reinvite(media, 2, "sendrecv"),
				sipp.Info(3, '5', true), sipp.Info(4, '#', false), sipp.Bye(5),
			},
			[]sipp.Step{
				sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitReinvite(media, 2, "recvonly"),
				sipp.AwaitReinvite(media, 3, "sendrecv"), sipp.AwaitInfo(), sipp.AwaitInfo(), sipp.AwaitBye(),
			},
		},
	}
	for _, test := range tests {
		for _, tcp := range []bool{false, true} {
			t.Run(test.name+map[bool]string{false: " over UDP", true: " over TCP"}[tcp], func(t *testing.T) {
				t.Parallel()
				callee := start(t, sipp.Options{Steps: test.callee, TCP: tcp})
				caller := start(t, sipp.Options{Steps: test.caller, TCP: tcp, Remote: callee.Address})
				must(t, caller.Wait(limit))
				must(t, callee.Wait(limit))
			})
		}
	}
}

// TestBaresipCallsSipp lets baresip and an ear hear each other, and reads the messages that sipp saw.
func TestBaresipCallsSipp(t *testing.T) {
	t.Parallel()
	sound, err := ear.Open(ear.PCMA, 440)
	must(t, err)
	defer sound.Close()
	media := sipp.Media{Port: sound.Port, Codec: "PCMA"}
	callee := start(t, sipp.Options{Steps: []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitBye()}})
	caller, err := baresip.Start(baresip.Options{User: "caller", Codec: "PCMA", Dir: t.TempDir()})
	must(t, err)
	defer caller.Stop()
	must(t, caller.Dial(callee.URI))
	must(t, sound.WaitTone(800, limit))
	must(t, caller.WaitTone(440, limit))
	must(t, caller.Press("7"))
	must(t, sound.WaitDigits("7", limit))
	sound.Press('D', 120*time.Millisecond)
	if key, keyErr := caller.WaitEvent(baresip.DTMF, 1, limit); keyErr != nil || key != "D" {
		t.Errorf("heard the key %q, %v", key, keyErr)
	}
	must(t, caller.Hangup())
	must(t, callee.Wait(limit))
	bye, err := callee.WaitMessage("BYE ", time.Second)
	if err != nil || !strings.Contains(bye, "Call-ID:") {
		t.Errorf("the BYE is %q, %v", bye, err)
	}
	invite, err := callee.WaitMessage("INVITE ", time.Second)
	if err != nil || sipp.AudioPort(invite) == 0 {
		t.Errorf("the INVITE is %q, %v", invite, err)
	}
}

func start(t *testing.T, options sipp.Options) *sipp.Script {
	t.Helper()
	options.Dir = t.TempDir()
	script, err := sipp.Start(options)
	must(t, err)
	t.Cleanup(script.Stop)
	return script
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
