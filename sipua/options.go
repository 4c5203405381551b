package sipua

import (
	"cmp"
	"log/slog"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
	"sipbridge/sipua/admission"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/failover"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/locate"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/token"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// MediaParty is whose media a session is for.
type MediaParty struct {
	// Flow is on what the party is signalled with: its transport tells a browser from a phone, its addresses which of
	// our own the party can reach.
	Flow transport.Flow
	// Offer is the party's SDP, which may name an address of the other family; nil if we offer.
	Offer []byte
	// Server is the name of the trunk or the upstream domain that the party is reached by; empty for neither.
	Server string
	// WantsICE tells that the party said that it has ICE (RFC 5768).
	WantsICE bool
}

// MediaFactory makes the media session of a leg.
type MediaFactory func(party MediaParty, events bridge.MediaEvents, log *slog.Logger) (MediaSession, error)

// Transports gives flows to peers that have not connected to us.
type Transports interface {
	// FlowTo gives the flow to a target: the UDP socket of its family, or a connection, a live one if there is one. It
	// does not block: a connection is made while messages wait.
	FlowTo(target transport.Target) (transport.Flow, error)
}

// Options configure an Agent. All are needed unless their comment says otherwise.
type Options struct {
	// Domains says which domains are ours and which belong to an upstream server.
	Domains Domains
	// Media makes the media session of each leg.
	Media MediaFactory
	// Accept takes each incoming call.
	Accept func(bridge.Incoming)
	// Route gives the targets of what belongs to no call, and of calls that may pass through us, as a bridge.Router does;
	// nil knows only users.
	Route func(bridge.Request) ([]bridge.Target, error)
	// Owner gives the user for whom a request is, whether he can be reached or not; nil knows him by his own address.
	Owner func(bridge.Request) (name, domain string, ok bool)
	// StandAside lets calls pass through us as through a proxy that ask for it; else every call is bridged.
	StandAside bool
	// MayPlace tells whether a user may place one more call beside the bridged ones and so many that pass through us; nil
	// lets everybody. It is asked with no lock held.
	MayPlace func(user string, passing int) bool
	// Elsewhere tells whether a user of a local domain has devices that do not speak SIP. Default: nobody has.
	Elsewhere func(user, domain string) bool
	// Registrar keeps the bindings of local domains.
	Registrar *registrar.Registrar
	// Authenticator checks local users.
	Authenticator *digest.Authenticator
	// Headers says which header fields cross; its zero value is the default.
	Headers headers.Policy
	// Tokens checks the tokens of local users; nil for none.
	Tokens *token.Verifier
	// CallsOnly tells of the user of a connection's token, "name@domain", whether he may place calls and do nothing
	// else. Default: nobody is held to that.
	CallsOnly func(user string) bool
	// Guests lets tokens and temporary accounts name users whom the registrar does not know.
	Guests bool
	// ICEServers gives what a browser is told of relays when it registers (X-ICE-Servers, RTCIceServer in JSON): on which
	// flow, as whom. Default, and where it gives nothing: it is told of none.
	ICEServers func(flow transport.Flow, user string) string
	// Trunks are the servers whose customer we are; none by default.
	Trunks []*trunk.Trunk
	// Dialing says who may dial what at our cost; nil lets nobody.
	Dialing *toll.Policy
	// Transports reaches peers.
	Transports Transports
	// Locator finds the servers of a URI; nil finds only addresses.
	Locator failover.Locator
	// Blacklist has the servers that are tried last; nil for one of the agent's own.
	Blacklist *locate.Blacklist
	// Probe is how often the servers of upstream domains are asked whether they are there; 0 means never.
	Probe time.Duration
	// Silence is how long a server may say nothing at all before the next one is tried; 0 means 3 seconds.
	Silence time.Duration
	// Protection says whom the agent does not serve; the zero value serves everybody.
	Protection admission.Protection
	// ReliableProvisionals: callers that ask for it get provisional responses that they acknowledge, and callees may send
	// such (RFC 3262).
	ReliableProvisionals bool
	// MayWatch tells whether a user may watch another one, both "name@domain"; nil lets all. His own he may always.
	MayWatch func(by, watched string) bool
	// Presence are the limits of subscriptions and publications; what is zero has its default.
	Presence presence.Options
	// Session is the interval of the session timers that phones are asked for, at least 90 s; 0 asks for none. A phone
	// that is gone is missed by it even where it is held.
	Session time.Duration
	// Park is how long a browser's leg outlives its media; 0 ends it at once.
	Park time.Duration
	// MaxMessage bounds a message on a WebSocket, in bytes; 0 means 32 KB.
	MaxMessage int
	// Trace sees every message; nil for none.
	Trace transaction.Tracer
	// Log must not be nil.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Locator == nil {
		o.Locator = locate.New(locate.Options{})
	}
	if o.Blacklist == nil {
		o.Blacklist = locate.NewBlacklist(locate.BlacklistOptions{})
	}
	if o.Dialing == nil {
		o.Dialing, _ = toll.New(toll.Options{}) // without rules none is wrong
	}
	o.Silence = cmp.Or(o.Silence, failover.DefaultSilence)
	return o
}

// flowTo gives flows as Transports do, if there are any.
func flowTo(transports Transports) func(transport.Target) (transport.Flow, error) {
	if transports == nil {
		return nil
	}
	return transports.FlowTo
}
