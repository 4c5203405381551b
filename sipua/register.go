package sipua

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/transport"
)

// keeper is a flow that is closed when idle, unless it is kept.
type keeper interface{ Keep(until time.Time) }

// keepOpen lets the connection of a registered phone, or of a call, live as long as a binding can.
func keepOpen(flow transport.Flow) {
	if kept, ok := flow.(keeper); ok {
		kept.Keep(time.Now().Add(maxRegistration))
	}
}

// maxRegistration is the longest life of a binding, and some time for its refresh.
const maxRegistration = time.Hour + time.Minute

// registerLocal proves the sender and binds him; a connection on which a user registered speaks for him from then on.
func (a *Agent) registerLocal(flow, reply transport.Flow, request *sip.Request, realm string) {
	proved, err := a.identity.Registrant(flow, request, realm)
	if err != nil {
		a.complainOfRegister(flow, request, err)
		a.refuse(reply, request, err)
		return
	}
	breakerLogin(request) // nobody but a server above needs it, and the 200 shows Contacts to all devices
	// From here on a transaction answers repeated requests: their nonce count is spent.
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("REGISTER dropped", "error", err)
		return
	}
	headers, err := a.options.Registrar.Register(registrant(proved, a.options.Guests), request, flow)
	if err != nil {
		cause := message.CauseOfError(err)
		a.complainOfRegister(flow, request, cause)
		response := message.NewResponse(request, cause.Status, cause.Text)
		addHeaders(response, cause.Headers)
		transaction.Send(response)
		return
	}
	a.identity.Remember(flow, request, proved)
	keepOpen(flow)
	response := message.NewResponse(request, 200, "")
	addHeaders(response, headers)
	a.nameICEServers(flow, proved.User, response)
	transaction.Send(response)
}

// errNotServed is why a registration is refused that is for none of our domains.
var errNotServed = errors.New("the domain is none of those served here")

// registerNowhere refuses a registration in a domain that is not ours.
func (a *Agent) registerNowhere(flow, reply transport.Flow, request *sip.Request) {
	cause := bridge.Cause{Status: 403, Text: "Forbidden", Err: errNotServed}
	a.complainOfRegister(flow, request, cause)
	a.refuse(reply, request, cause)
}

// complainOfRegister logs why a registration is refused. That it has to be proved first is no news, and wrong
// credentials are told by who looks at them.
func (a *Agent) complainOfRegister(flow transport.Flow, request *sip.Request, err error) {
	if cause := bridge.CauseOf(err); cause.Status != 401 {
		a.complain("registration refused", "user", message.AddressOfRecord(request.To().Address),
			"remote", flow.RemoteAddr(), "error", cause)
	}
}

// nameICEServers tells a browser that is registered now of the relays that it may use.
func (a *Agent) nameICEServers(flow transport.Flow, user string, response *sip.Response) {
	if a.options.ICEServers == nil || !transport.FromBrowser(flow) {
		return
	}
	if servers := a.options.ICEServers(flow, user); servers != "" {
		response.AppendHeader(sip.NewHeader("X-ICE-Servers", servers))
	}
}

// registrant is who proved himself as the registrar takes him. guests lets him be nobody that it knows, if he is
// vouched for.
func registrant(proved identity.Proof, guests bool) registrar.Sender {
	return registrar.Sender{User: nameOf(proved.User), Until: proved.Until, Guest: guests && proved.Vouched}
}
