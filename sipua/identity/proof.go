package identity

import (
	"time"

	"sipbridge/sipua/transport"
)

// Proof says who somebody is, and for how long that is good. The zero value proves nothing.
type Proof struct {
	// User is "name@domain".
	User string
	// Until is the end of a token or temporary account; zero is as long as the connection.
	Until time.Time
	// Vouched says that a web application speaks for him, by a token or temporary account.
	Vouched bool
}

// Good tells whether the proof still holds.
func (p Proof) Good() bool {
	return p.User != "" && (p.Until.IsZero() || time.Now().Before(p.Until))
}

// authorized is a connection whose client gave a token when it connected.
type authorized interface {
	// Authorized gives the user, "name@domain", and the end of the token; an empty user if there was none.
	Authorized() (user string, until time.Time)
}

// GrantOf gives what the token of a connection says, be it good still or not; the zero value if it has none.
func GrantOf(flow transport.Flow) Proof {
	connection, ok := flow.(authorized)
	if !ok {
		return Proof{}
	}
	user, until := connection.Authorized()
	return Proof{User: user, Until: until, Vouched: true}
}
