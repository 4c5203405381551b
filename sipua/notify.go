package sipua

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// receiveNotify takes a NOTIFY that nobody subscribed to, which only servers may send: of a mailbox (RFC 3842 section
// 3.3.1), and what else their phones understand.
func (a *Agent) receiveNotify(flow, reply transport.Flow, request *sip.Request) {
	who, ok := a.identity.Server(flow, request)
	if !ok {
		a.reply(reply, request, 481)
		return
	}
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("NOTIFY dropped", "error", err)
		return
	}
	asked := a.asked(request, who)
	devices, err := a.devicesFor(asked)
	if owner, ok := a.mailboxOwner(request, asked); ok {
		mailbox, bad := presence.ReadMailbox(request.Body())
		if bad != nil {
			transaction.Respond(400, "Bad Message Summary")
			return
		}
		a.presence.MailboxChanged(owner, mailbox)
		transaction.Respond(200, "")
		devices = slices.DeleteFunc(devices, a.watchesMailbox)
	}
	switch {
	case len(devices) > 0:
		a.deliver(transaction, devices, who)
	case transaction.Answered():
	default:
		transaction.Send(message.Refusal(request, bridge.CauseOf(err), 480))
	}
}

// devicesFor gives the devices of the user that a request outside of calls is for. The error is a bridge.Cause.
func (a *Agent) devicesFor(asked bridge.Request) (devices []bindingEndpoint, err error) {
	targets, err := a.options.Route(asked)
	for _, target := range targets {
		if device, ok := target.Endpoint.(bindingEndpoint); ok {
			devices = append(devices, device)
		}
	}
	if err == nil && len(devices) == 0 {
		err = bridge.Cause{Status: 404}
	}
	return devices, err
}

// mailboxOwner gives the user of ours, "name@domain", of whose mailbox a NOTIFY tells: the one whom the routes name for
// the number that it is for. There is none if it is for a browser that registered at the server.
func (a *Agent) mailboxOwner(request *sip.Request, asked bridge.Request) (owner string, ok bool) {
	pkg, err := presence.PackageOf(message.Value(request, "Event"))
	if _, isToken := a.relayedToken(request); isToken || err != nil || pkg != presence.MessageSummary {
		return "", false
	}
	name, domain, ok := a.options.Owner(asked)
	realm, isLocal := a.options.Domains.local(domain)
	if !ok || !isLocal || name == "" || !a.options.Registrar.Known(name, realm) {
		return "", false
	}
	return name + "@" + realm, true
}

// watchesMailbox tells whether a device hears of its mailbox by a subscription.
func (a *Agent) watchesMailbox(device bindingEndpoint) bool {
	return a.notifier.Watches(device.flow, device.user, presence.MessageSummary)
}
