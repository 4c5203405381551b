// Package icelite answers the connectivity checks of ICE peers, and asks none itself: ICE-lite (RFC 8445).
//
// It is for whoever can be reached at the addresses that its description names. An Agent has the credentials of one
// media section. Answer reads a STUN message that came at one of its sockets: a check of the peer, which only who knows
// our password can make, gets its answer; nothing else gets any. The peer, who is always in control, nominates with a
// check where its media are to go.
package icelite

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/pion/stun/v4"
)

// RoleConflict is the status of a check by who has our role (RFC 8445 section 7.3.1.1).
const RoleConflict = stun.CodeRoleConflict

// ErrCheck means a message that is no check of the peer.
var ErrCheck = errors.New("icelite: not a check of the peer")

// IsSTUN tells STUN from all else that may come at a socket of media (RFC 7983 section 7).
func IsSTUN(datagram []byte) bool { return len(datagram) > 0 && datagram[0] < 4 }

// Agent answers checks of one peer. All methods may be called from any goroutine.
type Agent struct {
	ufrag, pwd string
	peer       atomic.Pointer[string]
}

// New makes an agent with new credentials: 40 and 130 random bits (RFC 8445 section 5.3 wants 24 and 128).
func New() *Agent { return &Agent{ufrag: rand.Text()[:8], pwd: rand.Text()} }

// Ufrag is our user name fragment.
func (a *Agent) Ufrag() string { return a.ufrag }

// Pwd is our password.
func (a *Agent) Pwd() string { return a.pwd }

// Expect names the peer by its user name fragment. Before that any is answered, because checks may come before the
// peer's description.
func (a *Agent) Expect(ufrag string) { a.peer.Store(&ufrag) }

// ExpectsOther tells whether another peer than this was named last.
func (a *Agent) ExpectsOther(ufrag string) bool {
	peer := a.peer.Load()
	return peer != nil && *peer != ufrag
}

// isIndication tells whether a message is one of those that keep a path open: it proves nothing, and wants no answer.
func isIndication(datagram []byte) bool {
	message := &stun.Message{Raw: datagram}
	return message.Decode() == nil && message.Type == stun.NewType(stun.MethodBinding, stun.ClassIndication)
}

// Check is what a check says.
type Check struct {
	// Answer is to be sent back; nil for none.
	Answer []byte
	// Known tells that the peer is where it came from.
	Known bool
	// Nominated tells that media are to go where the check came from (RFC 8445 section 8.1.1).
	Nominated bool
}

// Answer reads a message that came from an address. The error, which wraps ErrCheck, means that it changes nothing.
func (a *Agent) Answer(datagram []byte, from netip.AddrPort) (Check, error) {
	if isIndication(datagram) {
		return Check{}, nil
	}
	message, err := a.Verify(datagram)
	if err != nil {
		return Check{}, err
	}
	if message.Contains(stun.AttrICEControlled) { // it has not seen that we are lite, and waits to be nominated
		refusal, why := a.Respond(message, stun.BindingError, stun.ErrorCodeAttribute{Code: RoleConflict})
		return Check{Answer: refusal, Known: true}, why
	}
	answer, err := a.Success(message, from)
	return Check{Answer: answer, Known: true, Nominated: message.Contains(stun.AttrUseCandidate)}, err
}

// Verify reads a check of the peer. The error wraps ErrCheck.
func (a *Agent) Verify(datagram []byte) (*stun.Message, error) {
	message := &stun.Message{Raw: datagram}
	if err := message.Decode(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheck, err)
	}
	if message.Type != stun.BindingRequest || !a.isMeant(message) {
		return nil, ErrCheck
	}
	err := errors.Join(stun.Fingerprint.Check(message), stun.NewShortTermIntegrity(a.pwd).Check(message))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheck, err)
	}
	return message, nil
}

// Success is the answer to a check that came from an address.
func (a *Agent) Success(check *stun.Message, from netip.AddrPort) ([]byte, error) {
	return a.Respond(check, stun.BindingSuccess,
		&stun.XORMappedAddress{IP: from.Addr().Unmap().AsSlice(), Port: int(from.Port())})
}

// Respond makes a response to a check, of a type and with what belongs to that.
func (a *Agent) Respond(check *stun.Message, kind stun.MessageType, with stun.Setter) ([]byte, error) {
	response, err := stun.Build(stun.NewTransactionIDSetter(check.TransactionID), kind, with,
		stun.NewShortTermIntegrity(a.pwd), stun.Fingerprint)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheck, err)
	}
	return response.Raw, nil
}

// isMeant tells whether the user name of a check is ours and the peer's.
func (a *Agent) isMeant(message *stun.Message) bool {
	name, err := message.Get(stun.AttrUsername)
	if err != nil {
		return false
	}
	ours, theirs, ok := strings.Cut(string(name), ":")
	peer := a.peer.Load()
	return ok && ours == a.ufrag && (peer == nil || *peer == theirs)
}
