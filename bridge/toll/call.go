package toll

import "sipbridge/bridge"

// Call is a call that someone wants to place through a trunk, or another way out at the bridge's cost.
type Call struct {
	// User is the account that answers for the call, "name@domain": the caller's, or that of the one who transfers or
	// redirects it. Empty if there is none.
	User string
	// From is the trunk that the call came from, if no user answers for it.
	From string
	// Trunk is the one to go out by: its name, the domain of a server, or the host of a SIP URI.
	Trunk string
	// Number is what was dialled, as it was dialled.
	Number string
}

// CallOf is the call that a request asks for through a trunk.
func CallOf(request bridge.Request, trunk, number string) Call {
	call := Call{User: request.User, Trunk: trunk, Number: number}
	if request.Origin == bridge.OriginUpstream {
		call.From = request.Trunk
	}
	return call
}

// who names the one that the call counts for; nobody is "".
func (c Call) who() string {
	if c.User == "" && c.From != "" {
		return trunkPrefix + c.From
	}
	return c.User
}
