package bridge

// Party is who calls or is called.
type Party struct {
	// Name is the display name; it may be empty.
	Name string
	// URI is the address, without header parameters: "sip:alice@example.com".
	URI string
}

// ConnectedIdentity is whom a party talks with from now on (RFC 4916).
type ConnectedIdentity struct {
	Party
	// Proved tells that it is a user of ours who has proved to be that.
	Proved bool
}

// Origin says how far a caller is known.
type Origin uint8

// The origins, in rising order of trust.
const (
	// OriginUnknown is a caller that has proved nothing.
	OriginUnknown Origin = iota
	// OriginUpstream is a configured upstream server or trunk, known by its address.
	OriginUpstream
	// OriginUser is an authenticated user, or one whose credentials the upstream server checks.
	OriginUser
)

// DialogID names a SIP dialog as its own leg sees it (RFC 3261 section 12).
type DialogID struct {
	CallID    string
	LocalTag  string
	RemoteTag string
}

// Document is a text that goes with a request.
type Document struct {
	// ID is what headers call it (Content-ID, RFC 2392), Type its media type.
	ID, Type string
	Text     []byte
}

// who says who asks.
func (r Request) who() LegInfo { return LegInfo{Origin: r.Origin, User: r.User, Trunk: r.Trunk} }

// Request asks for a call.
type Request struct {
	// From is the caller as shown to the callee.
	From Party
	// To is the URI that was asked for; a Router may rewrite it. It has no parameters, unless the caller's digest,
	// which an upstream server checks, covers them.
	To string
	// Asserted is the caller as a server of our trust domain asserts him (RFC 3325), zero if none does. Only servers of
	// that domain may be told.
	Asserted Party
	// Private tells that the caller is not to be shown to the callee (RFC 3323).
	Private bool
	// Origin and User say who really calls: User is "name@domain" of an authenticated user, else empty.
	Origin Origin
	User   string
	// Secure says that the caller wants every hop encrypted (a sips URI, RFC 5630): who can be reached only otherwise is
	// not called.
	Secure bool
	// Trunk is the name of the upstream domain or trunk that the call came from, else empty.
	Trunk string
	// Offer is the caller's media; nil when the caller sent none and wants ours.
	Offer *Description
	// Headers cross to the callee: those of the pass-through policy, and a browser's own credentials.
	Headers []Header
	// Documents are what the caller says beside his media, and Headers refer to: where he is (RFC 6442).
	Documents []Document
	// NextHop is the server that the caller wants the call to go by, of those of the callee's domain: a SIP URI. Empty for
	// any; one that is not among them counts for nothing. NextTrunk is the name of the trunk whose server it is, else
	// empty.
	NextHop, NextTrunk string
	// Login proves the caller to the server of his domain, if his leg was given something that does; nil if not. Only the
	// endpoint of that server knows what it is, and nothing else may look into it or keep it.
	Login any
	// MaxForwards is what is left of the hop count (RFC 3261 section 8.1.1.6); 0 means the default, 70.
	MaxForwards int
	// Replaces names the dialog that the new one takes over (RFC 3891), as the bridge sees that dialog; in a request
	// that is dialled, as the callee does.
	Replaces *DialogID
	// EarlyOnly spares the dialog of Replaces if it has been answered.
	EarlyOnly bool
	// ReferredBy says who sent the caller here (RFC 3892): the value of a Referred-By header, or empty.
	ReferredBy string
}
