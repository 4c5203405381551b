package icelite_test

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"github.com/pion/stun/v4"
	"go.uber.org/goleak"

	"sipbridge/bridge/icelite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// check makes a check with this user name and password.
func check(tb testing.TB, name, password string, more ...stun.Setter) []byte {
	tb.Helper()
	setters := append([]stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(name)}, more...)
	message, err := stun.Build(append(setters, stun.NewShortTermIntegrity(password), stun.Fingerprint)...)
	if err != nil {
		tb.Fatal(err)
	}
	return message.Raw
}

// nominate is USE-CANDIDATE.
type nominate struct{}

func (nominate) AddTo(m *stun.Message) error {
	m.Add(stun.AttrUseCandidate, nil)
	return nil
}

func TestChecksAreAnswered(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"192.0.2.7:4000", "[2001:db8::7]:4000"} {
		agent, from := icelite.New(), netip.MustParseAddrPort(address)
		datagram := check(t, agent.Ufrag()+":peer", agent.Pwd())
		early, err := agent.Answer(bytes.Clone(datagram), from)
		if err != nil || early.Nominated {
			t.Fatalf("before the peer is known: %+v, %v", early, err)
		}
		agent.Expect("peer")
		for _, nominated := range []bool{false, true} {
			datagram = check(t, agent.Ufrag()+":peer", agent.Pwd())
			if nominated {
				datagram = check(t, agent.Ufrag()+":peer", agent.Pwd(), nominate{})
			}
			got, err := agent.Answer(bytes.Clone(datagram), from)
			if err != nil || got.Nominated != nominated || !got.Known {
				t.Fatalf("nominated %v: %+v, %v", nominated, got, err)
			}
			checkAnswer(t, agent, datagram, got.Answer, from)
		}
	}
}

// TestPeerHasToControl: one that waits for our nomination is told of the conflict, and nominates itself.
func TestPeerHasToControl(t *testing.T) {
	t.Parallel()
	agent, from := icelite.New(), netip.MustParseAddrPort("192.0.2.7:4000")
	datagram := check(t, agent.Ufrag()+":peer", agent.Pwd(), nominate{},
		stun.RawAttribute{Type: stun.AttrICEControlled, Value: make([]byte, 8)})
	got, err := agent.Answer(datagram, from)
	if err != nil || got.Nominated {
		t.Fatalf("%+v, %v", got, err)
	}
	answer := &stun.Message{Raw: got.Answer}
	var code stun.ErrorCodeAttribute
	err = errors.Join(answer.Decode(), stun.NewShortTermIntegrity(agent.Pwd()).Check(answer), code.GetFrom(answer))
	if err != nil || answer.Type != stun.BindingError || code.Code != icelite.RoleConflict {
		t.Errorf("%v: answered %v", err, answer)
	}
}

// TestSignOfLife: what keeps a path open is no check, and proves nothing.
func TestSignOfLife(t *testing.T) {
	t.Parallel()
	indication := stun.NewType(stun.MethodBinding, stun.ClassIndication)
	message, err := stun.Build(stun.TransactionID, indication, stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	got, err := icelite.New().Answer(message.Raw, netip.MustParseAddrPort("192.0.2.7:4000"))
	if err != nil || got.Known || got.Answer != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// checkAnswer holds that an answer is to a check, proves who made it, and names the source.
func checkAnswer(t *testing.T, agent *icelite.Agent, asked, answered []byte, from netip.AddrPort) {
	t.Helper()
	request, answer := &stun.Message{Raw: asked}, &stun.Message{Raw: answered}
	if err := errors.Join(request.Decode(), answer.Decode()); err != nil {
		t.Fatal(err)
	}
	err := errors.Join(stun.Fingerprint.Check(answer), stun.NewShortTermIntegrity(agent.Pwd()).Check(answer))
	if err != nil || answer.Type != stun.BindingSuccess || answer.TransactionID != request.TransactionID {
		t.Errorf("%v: answered %v", err, answer)
	}
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(answer); err != nil || mapped.Port != int(from.Port()) ||
		!mapped.IP.Equal(from.Addr().AsSlice()) {
		t.Errorf("%v: named %v", err, mapped)
	}
}

// TestOthersGetNoAnswer: nothing is said to who does not know the password, so nobody is led to us as a mirror.
func TestOthersGetNoAnswer(t *testing.T) {
	t.Parallel()
	agent, from := icelite.New(), netip.MustParseAddrPort("192.0.2.7:4000")
	agent.Expect("peer")
	name, good := agent.Ufrag()+":peer", check(t, agent.Ufrag()+":peer", agent.Pwd())
	spoilt := bytes.Clone(good)
	spoilt[len(spoilt)-9] ^= 1
	bare, err := stun.Build(stun.BindingRequest, stun.TransactionID)
	if err != nil {
		t.Fatal(err)
	}
	for what, datagram := range map[string][]byte{
		"another password": check(t, name, "wrong"), "another user": check(t, "them:peer", agent.Pwd()),
		"another peer": check(t, agent.Ufrag()+":other", agent.Pwd()), "no peer": check(t, agent.Ufrag(), agent.Pwd()),
		"spoilt": spoilt, "cut": good[:len(good)-4], "nothing": {}, "a question": bare.Raw,
	} {
		if got, err := agent.Answer(datagram, from); !errors.Is(err, icelite.ErrCheck) || got.Answer != nil {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// FuzzAnswer reads what a stranger may send.
func FuzzAnswer(f *testing.F) {
	agent, from := icelite.New(), netip.MustParseAddrPort("192.0.2.7:4000")
	f.Add(check(f, agent.Ufrag()+":peer", "wrong"))
	f.Add([]byte{0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) // a sign of life
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		if got, err := agent.Answer(datagram, from); got.Known || got.Nominated || got.Answer != nil {
			t.Errorf("a stranger was answered: %x, %v", datagram, err)
		}
	})
}
