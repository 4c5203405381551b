package rtpmedia

import (
	"errors"

	"sipbridge/bridge/dtlssrtp"
)

// Policy says whether a party's media are protected by SRTP.
type Policy uint8

const (
	// Plain is never: what is offered with SRTP alone is refused.
	Plain Policy = iota
	// Optional is as the party offers. Where we offer, FallBack gives up protection that it does not want.
	Optional
	// Required is always: nothing is sent in clear.
	Required
)

// Security says how the packets of a session are protected. By its zero value they are not.
type Security struct {
	Policy Policy
	// Offer tells that we offer protected media. Keys in SDP protect nothing from those who can read the SDP, so this is
	// for signalling that is encrypted. If Required media may not be offered, there can be no offer at all.
	Offer bool
	// Identity is our certificate for keys by DTLS (RFC 5763); nil if parties get none that way.
	Identity *dtlssrtp.Identity
	// DTLS tells that the keys of what we offer come by DTLS; else they stand in SDP.
	DTLS bool
}

// ErrProtection means that the party wants media protected, or not protected, where we do not, or by other means.
var ErrProtection = errors.New("rtpmedia: no protection of media in common")
