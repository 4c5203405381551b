package identity

import (
	"sipbridge/bridge"
	"sipbridge/sipua/trunk"
)

// Identity says who sends a request, as far as is known. The zero value is a stranger.
type Identity struct {
	// Origin is what kind of sender it is.
	Origin bridge.Origin
	// User is "name@domain" of a user who proved himself.
	User string
	// Trunk names the trunk or upstream domain that the request comes from.
	Trunk string
	// Peer is that trunk, if it is one and not an upstream domain.
	Peer *trunk.Trunk
}

// ofUser is the identity of a user who proved himself.
func ofUser(user string) Identity { return Identity{Origin: bridge.OriginUser, User: user} }
