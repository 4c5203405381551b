package identity

import (
	"errors"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/token"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// Servers are those that we are configured to use.
type Servers interface {
	// FromTrunk gives the trunk that sends a request, if one does.
	FromTrunk(flow transport.Flow, request *sip.Request) (*trunk.Trunk, bool)
	// Of gives the name of the upstream domain or trunk one of whose servers is at the other end of a flow.
	Of(flow transport.Flow) (name string, ok bool)
}

// Options are what a Verifier stands on. All are needed unless their comment says otherwise.
type Options struct {
	// Servers are believed.
	Servers Servers
	// Local gives the canonical local domain that a host stands for, which is the realm of its users; ok is false if it
	// stands for none.
	Local func(host string) (realm string, ok bool)
	// Users are those of connections. What is proved here is noted there.
	Users *Users
	// Authenticator checks local users by digest.
	Authenticator *digest.Authenticator
	// Tokens checks the tokens of local users; nil for none.
	Tokens *token.Verifier
	// Complain logs what others can cause as often as they like.
	Complain func(what string, details ...any)
}

// Verifier finds out who sends requests. It is safe for concurrent use, and has no goroutine.
type Verifier struct {
	options   Options
	badTokens atomic.Uint64
}

// New makes a Verifier.
func New(options Options) *Verifier { return &Verifier{options: options} }

// BadTokens counts requests whose token was not good.
func (v *Verifier) BadTokens() uint64 { return v.badTokens.Load() }

// Identify finds out who sends a request. The error is a bridge.Cause to answer with: a challenge (407), or a refusal
// of a name that is somebody else's (403).
func (v *Verifier) Identify(flow transport.Flow, request *sip.Request) (Identity, error) {
	if server, ok := v.Server(flow, request); ok {
		return server, nil
	}
	if err := v.MayClaim(flow, request); err != nil {
		return Identity{}, err
	}
	from := request.From().Address
	if realm, ok := v.options.Local(from.Host); ok {
		return v.identifyLocal(flow, request, realm)
	}
	known := v.options.Users.Of(flow)
	if known != "" && (known == message.AddressOfRecord(from) || message.IsAnonymous(from)) {
		return ofUser(known), nil
	}
	return Identity{}, nil
}

// Server gives the server that sends a request, if it is one that we are configured to use.
func (v *Verifier) Server(flow transport.Flow, request *sip.Request) (Identity, bool) {
	if peer, ok := v.options.Servers.FromTrunk(flow, request); ok {
		return Identity{Origin: bridge.OriginUpstream, Trunk: peer.Name(), Peer: peer}, true
	}
	if name, ok := v.options.Servers.Of(flow); ok {
		return Identity{Origin: bridge.OriginUpstream, Trunk: name}, true
	}
	return Identity{}, false
}

// identifyLocal checks a user of ours: by the connection on which he registered, else by what it brings.
func (v *Verifier) identifyLocal(flow transport.Flow, request *sip.Request, realm string) (Identity, error) {
	claimed := request.From().Address.User + "@" + realm
	if known := v.options.Users.Of(flow); known != "" && known == claimed {
		return ofUser(known), nil
	}
	if err := v.prove(flow, request, claimed); err != nil {
		return Identity{}, err
	}
	return ofUser(claimed), nil
}

// MayClaim holds a connection with a token to the user of the token, who may call himself anonymous. The error is a
// bridge.Cause to answer with.
func (v *Verifier) MayClaim(flow transport.Flow, request *sip.Request) error {
	from, granted := request.From().Address, GrantOf(flow)
	if !granted.Good() || granted.User == v.claimed(from) || message.IsAnonymous(from) {
		return nil
	}
	return notYours()
}

// claimed gives whom a From names, "name@domain", with a local domain in its canonical form.
func (v *Verifier) claimed(from sip.Uri) string {
	if realm, ok := v.options.Local(from.Host); ok {
		return from.User + "@" + realm
	}
	return message.AddressOfRecord(from)
}

// errOtherUser is why a request is refused whose sender is known, but as somebody else.
var errOtherUser = errors.New("the sender is another user")

// notYours refuses a request in somebody else's name.
func notYours() bridge.Cause {
	return bridge.Cause{Status: 403, Text: "From Is Not Yours", Err: errOtherUser}
}
