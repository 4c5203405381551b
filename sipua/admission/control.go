package admission

import (
	"cmp"
	"errors"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// Transactions are those that are alive.
type Transactions interface {
	// Sizes gives how many requests we answer, and how many of ours there are.
	Sizes() (servers, clients int)
}

// Options are what a Control stands on. All are needed unless their comment says otherwise.
type Options struct {
	// Protection says whom we do not serve; the zero value is everybody served.
	Protection Protection
	// CallsOnly tells of the user of a connection's token, "name@domain", whether he may place calls and do nothing
	// else; nil holds nobody to that.
	CallsOnly func(user string) bool
	// Transactions tell how much is going on.
	Transactions Transactions
	// Complain logs what others can cause as often as they like.
	Complain func(what string, details ...any)
}

// Control admits requests. It is safe for concurrent use, and has no goroutine.
type Control struct {
	options                        Options
	strangers                      strangers
	scanned, tooManyCalls, noCalls atomic.Uint64
}

// Stats counts what was not admitted.
type Stats struct {
	// Scanners counts messages that got no answer because of their User-Agent.
	Scanners uint64
	// Strangers counts calls of whoever has proved nothing that did not begin, because there were too many.
	Strangers uint64
	// CallsOnly counts requests of those who may only place calls that were something else, or came too late.
	CallsOnly uint64
}

// New makes a Control.
func New(options Options) *Control {
	return &Control{
		options:   options,
		strangers: newStrangers(cmp.Or(options.Protection.StrangerCalls, defaultStrangerCalls)),
	}
}

// Stats counts since the start.
func (c *Control) Stats() Stats {
	return Stats{Scanners: c.scanned.Load(), Strangers: c.tooManyCalls.Load(), CallsOnly: c.noCalls.Load()}
}

// IsScanner tells whether a message, which need not be well formed, gets no answer.
func (c *Control) IsScanner(raw []byte) bool {
	if !c.options.Protection.isScanner(raw) {
		return false
	}
	c.scanned.Add(1)
	return true
}

// CallsOnly tells whether a user may place calls and do nothing else.
func (c *Control) CallsOnly(user string) bool {
	return user != "" && c.options.CallsOnly != nil && c.options.CallsOnly(user)
}

var errCallsOnly = errors.New("this user may only place calls")

// MayAsk holds those who may only place calls to that: no registration, no message, no subscription; and nothing at all
// once the token has ended, for a guest never becomes a stranger. The error is a bridge.Cause to answer with.
func (c *Control) MayAsk(flow transport.Flow, request *sip.Request) error {
	granted := identity.GrantOf(flow)
	if !c.CallsOnly(granted.User) {
		return nil
	}
	if granted.Good() {
		switch request.Method {
		case sip.INVITE, sip.OPTIONS, sip.BYE, sip.UPDATE, sip.INFO, sip.PRACK:
			return nil
		default:
		}
	}
	c.noCalls.Add(1)
	return bridge.Cause{Status: 403, Err: errCallsOnly}
}

// MayCall tells whether somebody may begin a call. callee names who is called, the same however the URI is spelt. The
// error is a bridge.Cause to answer with.
func (c *Control) MayCall(flow transport.Flow, who identity.Identity, callee string) error {
	if who.Origin != bridge.OriginUnknown {
		return nil
	}
	return c.MayCallUnknown(flow.RemoteAddr().Addr(), callee)
}

// MayCallUnknown tells whether somebody at an address, who has proved nothing, may begin a call, whatever protocol he
// speaks. callee and the error are as in MayCall.
func (c *Control) MayCallUnknown(from netip.Addr, callee string) error {
	if c.options.Protection.NoStrangers {
		return bridge.Cause{Status: 403}
	}
	servers, _ := c.options.Transactions.Sizes()
	if servers >= maxStrangers || !c.strangers.admit(from, callee, time.Now()) {
		c.tooManyCalls.Add(1)
		c.options.Complain("too many calls of strangers", "remote", from)
		return message.TooMany(503, 10*time.Second)
	}
	return nil
}
