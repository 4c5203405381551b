package sipua

import (
	"errors"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

var errCallsOnly = errors.New("this user may only place calls")

// mayAsk holds those who may only place calls to that: no registration, no message, no subscription. The error is a
// bridge.Cause.
func (a *Agent) mayAsk(flow transport.Flow, request *sip.Request) error {
	user := grantOf(flow).user // also after its end: a guest never becomes a stranger
	if user == "" || a.options.CallsOnly == nil || !a.options.CallsOnly(user) {
		return nil
	}
	switch request.Method {
	case sip.INVITE, sip.OPTIONS, sip.BYE, sip.UPDATE, sip.INFO, sip.PRACK:
		return nil
	default:
		return bridge.Cause{Status: 403, Err: errCallsOnly}
	}
}
