package trunk

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge/number"
	"sipbridge/sipua/headers"
	"sipbridge/transcode"
)

// DTMF is how keys are sent to a trunk. Keys from it are taken as RTP events and INFO; as tones, by DTMFInband alone.
type DTMF string

// The ways to send keys.
const (
	// DTMFAuto sends RTP events if they were agreed on, else INFO with application/dtmf-relay.
	DTMFAuto DTMF = ""
	// DTMFEvents sends RTP events (RFC 4733), and no key where they were not agreed on.
	DTMFEvents DTMF = "rfc4733"
	// DTMFRelay sends INFO with application/dtmf-relay.
	DTMFRelay DTMF = "info-relay"
	// DTMFInfo sends INFO with application/dtmf.
	DTMFInfo DTMF = "info"
	// DTMFInband sends tones in the sound, agrees on no RTP events, and takes tones for keys.
	DTMFInband DTMF = "inband"
)

// ErrNoAnswer says that a trunk's challenge cannot be answered.
var ErrNoAnswer = errors.New("trunk: no answer to its challenge")

// Name is by what routes and rules know the trunk, in lower case.
func (t *Trunk) Name() string { return strings.ToLower(t.options.Name) }

// NextHops are its servers, in the order in which they are tried.
func (t *Trunk) NextHops() []sip.Uri { return slices.Clone(t.hops) }

// Codecs are those that may be used with it, by preference; nil means any.
func (t *Trunk) Codecs() []transcode.Codec { return t.codecs }

// DTMF is how keys are sent to it.
func (t *Trunk) DTMF() DTMF { return t.options.DTMF }

// Account is the user part of our own URI there; it may be empty.
func (t *Trunk) Account() string { return t.options.Account }

// Trusted tells whether it is in our trust domain (RFC 3325).
func (t *Trunk) Trusted() bool { return t.options.Trusted }

// Headers says which header fields cross from it, and which never do to it.
func (t *Trunk) Headers() headers.Policy { return t.options.Headers }

// Registers tells whether it wants us to register.
func (t *Trunk) Registers() bool { return t.options.Register }

// Serves tells whether a URI is of a number or name at the trunk: in its domain, or at one of its servers.
func (t *Trunk) Serves(uri sip.Uri) bool {
	if strings.EqualFold(uri.Host, t.options.Domain) {
		return true
	}
	return slices.ContainsFunc(t.hops, func(hop sip.Uri) bool { return strings.EqualFold(hop.Host, uri.Host) })
}

// Target is the URI of a number there, in its own form; dialled is as the dialing rules normalise it.
func (t *Trunk) Target(dialled string) sip.Uri {
	user := number.Escape(t.calledOut.Apply(dialled))
	return sip.Uri{Scheme: "sip", User: user, Host: t.options.Domain, Port: t.port}
}

// Called is the number that a call from the trunk is for, made of the user part that it wrote.
func (t *Trunk) Called(user string) string { return t.calledIn.Apply(number.Clean(user)) }

// Calling is the number of the caller of a call from the trunk, made of the user part that it wrote.
func (t *Trunk) Calling(user string) string { return t.callingIn.Apply(number.Clean(user)) }

// Answer gives the header that answers the strongest challenge of a response to a request of this method and
// Request-URI, or an error that wraps ErrNoAnswer. That the response came from the trunk is the caller's to see.
func (t *Trunk) Answer(response *sip.Response, method sip.RequestMethod, uri sip.Uri) (sip.Header, error) {
	if t.options.Login == nil {
		return nil, ErrNoAnswer
	}
	asks, answers := "WWW-Authenticate", "Authorization"
	if response.StatusCode == sip.StatusProxyAuthRequired {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	var challenges []string
	for _, header := range response.GetHeaders(asks) {
		challenges = append(challenges, header.Value())
	}
	value, err := t.options.Login.Answer(challenges, string(method), uri.String())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return sip.NewHeader(answers, value), nil
}
