package sipua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

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
	proved, err := a.proofOf(flow, request, realm, false)
	if err == nil && domainOf(proved.user) != realm {
		err = notYours()
	}
	if err != nil {
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
	headers, err := a.options.Registrar.Register(proved.sender(a.options.Guests), request, flow)
	if err != nil {
		cause := message.CauseOfError(err)
		response := message.NewResponse(request, cause.Status, cause.Text)
		addHeaders(response, cause.Headers)
		transaction.Send(response)
		return
	}
	a.remember(flow, request, proved)
	keepOpen(flow)
	response := message.NewResponse(request, 200, "")
	addHeaders(response, headers)
	a.nameICEServers(flow, proved.user, response)
	transaction.Send(response)
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

// sender is the prover as the registrar takes him. guests lets him be nobody that it knows, if he is vouched for.
func (p proof) sender(guests bool) registrar.Sender {
	name, _, _ := strings.Cut(p.user, "@")
	return registrar.Sender{User: name, Until: p.until, Guest: guests && p.vouched}
}
