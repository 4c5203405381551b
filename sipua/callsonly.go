package sipua

import (
	"errors"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/transport"
)

var errCallsOnly = errors.New("this user may only place calls")

// callsOnly tells whether a user may place calls and do nothing else.
func (a *Agent) callsOnly(user string) bool {
	return user != "" && a.options.CallsOnly != nil && a.options.CallsOnly(user)
}

// mayAsk holds those who may only place calls to that: no registration, no message, no subscription; and nothing at all
// once the token has ended, for a guest never becomes a stranger. The error is a bridge.Cause.
func (a *Agent) mayAsk(flow transport.Flow, request *sip.Request) error {
	granted := identity.GrantOf(flow)
	if !a.callsOnly(granted.User) {
		return nil
	}
	if granted.Good() {
		switch request.Method {
		case sip.INVITE, sip.OPTIONS, sip.BYE, sip.UPDATE, sip.INFO, sip.PRACK:
			return nil
		default:
		}
	}
	a.stats.callsOnly.Add(1)
	return bridge.Cause{Status: 403, Err: errCallsOnly}
}
