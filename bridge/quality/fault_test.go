package quality

import (
	"net/netip"
	"testing"
	"time"
)

func TestEachFaultIsNamed(t *testing.T) {
	t.Parallel()
	heard := time.Date(2026, 11, 21, 12, 30, 5, 0, time.UTC)
	came := Stats{Received: 250, Heard: heard}
	went := Stats{Sent: 250}
	const second = time.Second
	tests := map[string]struct {
		way      Way
		fault    Fault
		sentence string
	}{
		"all is well": {Way{Came: came, Went: went}, NoFault, ""},
		"one word in a long silence": {
			Way{Came: came, Went: went, Decodes: true, Decoded: second, Listened: 20 * second, Silent: 19 * second},
			NoFault, "",
		},
		"a short silence": {
			Way{Came: came, Went: went, Decodes: true, Decoded: second, Listened: second, Silent: second}, NoFault, "",
		},
		"some strangers": {
			Way{Came: Stats{Received: 250, WrongSource: 900, WrongPayloadType: 3, Undecryptable: 1}, Went: went},
			NoFault, "",
		},
		"over TCP":        {Way{Came: Stats{Reliable: true}, Went: went}, NoFault, ""},
		"to a built-in":   {Way{Came: came, Went: Stats{Reliable: true}}, NoFault, ""},
		"it just began":   {Way{Came: Stats{Received: 3, Heard: heard}, Decodes: true}, NoFault, ""},
		"some loss there": {Way{Came: came, Went: Stats{Sent: 250, RemoteLost: 200}}, NoFault, ""},
		"held": {
			Way{HeldBy: "callee", Went: went}, Held, "callee does not hear caller: callee holds",
		},
		"never": {
			Way{Went: went}, Never, "callee does not hear caller: no packet ever came from caller",
		},
		"stopped": {
			Way{Came: Stats{Heard: heard}, Went: went},
			Stopped,
			"callee does not hear caller: nothing has come from caller since 12:30:05 UTC",
		},
		"a wrong address": {
			Way{Came: Stats{WrongSource: 250, Stranger: netip.MustParseAddrPort("192.0.2.7:4000")}},
			WrongSource,
			"callee does not hear caller: packets come from 192.0.2.7:4000, which is not where caller said it would send from",
		},
		"other keys": {
			Way{Came: Stats{Undecryptable: 250, Heard: heard}},
			Undecryptable,
			"callee does not hear caller: none of 250 packets from caller could be decrypted",
		},
		"another codec": {
			Way{Came: Stats{WrongPayloadType: 250, WrongType: 18}},
			WrongPayloadType,
			"callee does not hear caller: caller sends payload type 18, which was not agreed",
		},
		"garbage": {
			Way{Came: came, Went: went, Decodes: true},
			Unplayable,
			"callee does not hear caller: none of 250 packets from caller could be decoded",
		},
		"no way there": {
			Way{Came: came},
			Unsent,
			"callee does not hear caller: 250 packets came, and nothing could be sent to callee",
		},
		"lost there": {
			Way{Came: came, Went: Stats{Sent: 250, RemoteLost: 245}},
			LostThere,
			"callee does not hear caller: callee reports that 245 of 250 packets to it were lost",
		},
		"silent": {
			Way{Came: came, Went: went, Decodes: true, Decoded: second, Listened: 12 * second, Silent: 12 * second},
			Silence,
			"callee does not hear caller: caller has sent nothing but silence (muted, or no microphone)",
		},
		"silent, and it passes through": {
			Way{Came: came, Went: went, Decoded: second, Listened: 12 * second, Silent: 12 * second},
			Silence,
			"callee does not hear caller: caller has sent nothing but silence (muted, or no microphone)",
		},
		"a word at last, and it passes through": {
			Way{Came: came, Went: went, Listened: 12 * second, Silent: 12*second - 1}, NoFault, "",
		},
	}
	named := map[Fault]bool{NoFault: true, Held: true}
	for name, test := range tests {
		test.way.From, test.way.To = "caller", "callee"
		named[test.fault] = true
		if fault, sentence := test.way.Fault(), test.way.Sentence(); fault != test.fault || sentence != test.sentence {
			t.Errorf("%s: %s, %q", name, fault, sentence)
		}
	}
	for fault := range FaultCount {
		if !named[fault] {
			t.Errorf("%s is not tried", fault)
		}
	}
}
