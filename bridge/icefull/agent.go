package icefull

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/icelite"
)

// maxPairs bounds those of a section, whatever the peer describes and from wherever it checks.
const maxPairs = 40

// Peer is what its description says.
type Peer struct {
	Ufrag, Pwd string
	Candidates []Candidate
	// Components is how many there are: one if RTCP comes with RTP.
	Components int
}

// Agent is the ICE agent of a section. All methods may be called from any goroutine.
type Agent struct {
	*icelite.Agent

	tieBreaker uint64

	mu          sync.Mutex // guards the following fields; held for arithmetic only
	controlling bool
	peer        *Peer // nil before its description is known
	pairs       []*pair
	// selected is the pair in use, by component.
	selected [ComponentRTCP + 1]*pair
	// revoked are the components that have lost theirs to silence; fails tells that one was silent, and told that this
	// is known.
	revoked     []int
	fails, told bool
	// nextCheck is when the next new check may be sent.
	nextCheck time.Time
}

// New makes an agent with new credentials, which controls if its side offered first, or the peer is lite.
func New(controlling bool) *Agent {
	return &Agent{Agent: icelite.New(), tieBreaker: rand.Uint64(), controlling: controlling}
}

// Begin names the peer. Another one than before, by its credentials, is looked for anew; candidates of the same are
// added.
func (a *Agent) Begin(peer Peer) {
	a.Expect(peer.Ufrag)
	a.mu.Lock()
	defer a.mu.Unlock()
	if before := a.peer; before != nil && (before.Ufrag != peer.Ufrag || before.Pwd != peer.Pwd) {
		a.pairs, a.selected = nil, [ComponentRTCP + 1]*pair{}
	}
	a.peer = &peer
	for _, candidate := range peer.Candidates {
		a.pairWith(candidate)
	}
	for _, pair := range a.pairs {
		if pair.Component > peer.Components {
			pair.fail()
		}
	}
}

// pairWith gives the pair of a candidate, a new one if need be; nil if there are too many.
func (a *Agent) pairWith(candidate Candidate) *pair {
	for _, known := range a.pairs {
		if known.Address == candidate.Address && known.Component == candidate.Component {
			return known
		}
	}
	if len(a.pairs) == maxPairs {
		return nil
	}
	made := &pair{Candidate: candidate}
	a.pairs = append(a.pairs, made)
	return made
}

// Check is what a message of the peer says.
type Check struct {
	// Answer is to be sent back; nil for none.
	Answer []byte
	// Known tells that the peer is where it came from.
	Known bool
	// Nominated tells that media are to go there.
	Nominated bool
}

// Take reads a STUN message that came from an address at the socket of a component. The error, which wraps
// icelite.ErrCheck, means that it changes nothing.
func (a *Agent) Take(datagram []byte, from netip.AddrPort, component int, now time.Time) (Check, error) {
	message := &stun.Message{Raw: datagram}
	if err := message.Decode(); err != nil {
		return Check{}, fmt.Errorf("%w: %w", icelite.ErrCheck, err)
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	switch message.Type {
	case stun.BindingRequest:
		return a.takeRequest(datagram, from, component, now)
	case stun.BindingSuccess, stun.BindingError:
		return a.takeResponse(message, from, component, now)
	case stun.NewType(stun.MethodBinding, stun.ClassIndication):
		return Check{}, nil // it keeps a path open
	default:
		return Check{}, icelite.ErrCheck
	}
}

// takeRequest takes a check of the peer (RFC 8445 section 7.3).
func (a *Agent) takeRequest(datagram []byte, from netip.AddrPort, component int, now time.Time) (Check, error) {
	message, err := a.Verify(datagram)
	if err != nil {
		return Check{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keepsRole(message) {
		refusal, why := a.Respond(message, stun.BindingError, stun.ErrorCodeAttribute{Code: icelite.RoleConflict})
		return Check{Answer: refusal}, why
	}
	answer, err := a.Success(message, from)
	check := Check{Answer: answer, Known: true}
	if found := a.pairWith(Candidate{from, component, priorityIn(message)}); found != nil && err == nil {
		found.wanted = found.wanted || !a.controlling && message.Contains(stun.AttrUseCandidate)
		if found.state == succeeded {
			check.Nominated = found.wanted && a.use(found, now)
		} else {
			found.trigger(now)
		}
	}
	return check, err
}

// keepsRole settles a conflict of roles: it tells whether the peer has to take the other one, or takes that itself
// (RFC 8445 section 7.3.1.1).
func (a *Agent) keepsRole(check *stun.Message) bool {
	theirs, err := check.Get(stun.AttrICEControlled)
	if a.controlling {
		theirs, err = check.Get(stun.AttrICEControlling)
	}
	if err != nil || len(theirs) != 8 {
		return false
	}
	weAreLarger := a.tieBreaker >= binary.BigEndian.Uint64(theirs)
	if weAreLarger == a.controlling {
		return true
	}
	a.controlling = !a.controlling
	return false
}

// takeResponse takes the answer to a check of ours (RFC 8445 section 7.2.5).
func (a *Agent) takeResponse(message *stun.Message, from netip.AddrPort, component int, now time.Time) (Check, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.takeConsent(message, from, component, now) {
		return Check{Known: true}, nil
	}
	asked, late := a.asked(message.TransactionID, component)
	if late {
		return Check{}, nil
	}
	if asked == nil {
		return Check{}, icelite.ErrCheck
	}
	if err := stun.NewShortTermIntegrity(a.peer.Pwd).Check(message); err != nil {
		return Check{}, fmt.Errorf("%w: %w", icelite.ErrCheck, err)
	}
	var code stun.ErrorCodeAttribute
	switch {
	case from != asked.Address: // there is no way back
		asked.fail()
	case message.Type == stun.BindingSuccess:
		return Check{Known: true, Nominated: a.succeed(asked, now)}, nil
	case code.GetFrom(message) == nil && code.Code == icelite.RoleConflict:
		a.controlling = !asked.controlling
		asked.finish()
		asked.state = waiting
		asked.trigger(now)
	default:
		asked.fail()
	}
	return Check{}, nil
}

// asked gives the pair whose check is under way; late tells that the check is over.
func (a *Agent) asked(transaction [stun.TransactionIDSize]byte, component int) (asked *pair, late bool) {
	for _, candidate := range a.pairs {
		switch {
		case candidate.Component != component:
		case candidate.check != nil && candidate.check.TransactionID == transaction:
			return candidate, false
		case candidate.done == transaction:
			return nil, true
		}
	}
	return nil, false
}

// succeed notes that a pair works. It reports whether it is nominated.
func (a *Agent) succeed(working *pair, now time.Time) bool {
	if working.worksSince.IsZero() {
		working.worksSince = now
	}
	working.state = succeeded
	working.finish()
	return (working.nominating && a.controlling || working.wanted && !a.controlling) && a.use(working, now)
}

// use puts a nominated pair in use, unless a better one is. It ends the checks of others.
func (a *Agent) use(nominated *pair, now time.Time) bool {
	before := a.selected[nominated.Component]
	if before != nil && before.priority(a.controlling) > nominated.priority(a.controlling) {
		return false
	}
	if before != nominated {
		a.selected[nominated.Component] = nominated
		nominated.consent.grant(now)
		nominated.consent.plan(now)
	}
	for _, other := range a.pairs {
		if other.Component == nominated.Component && other.isOpen() {
			other.fail()
		}
	}
	return true
}

// priorityIn is what a check says of where it comes from.
func priorityIn(message *stun.Message) uint32 {
	value, err := message.Get(stun.AttrPriority)
	if err != nil || len(value) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(value)
}
