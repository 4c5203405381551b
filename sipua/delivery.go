package sipua

import (
	"errors"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/wire"
)

// deliver brings a NOTIFY to devices, of which there is at least one, as bridge.Deliver does with a message.
func (a *Agent) deliver(notice *transaction.Server, devices []bindingEndpoint, who identity.Identity) {
	a.stats.delivered.Add(1)
	delivery := bridge.NewDelivery(len(devices), func(cause bridge.Cause) {
		if !notice.Answered() { // a mailbox is taken even if no device is there
			notice.Respond(cause.Status, "")
		}
	})
	for _, device := range devices {
		request, err := a.forDevice(device, notice.Request, who)
		if err != nil {
			delivery.Report(bridge.Cause{Status: 480})
			continue
		}
		message.Complete(device.flow, request)
		sent, err := a.failover.Ask(device.flow, request)
		if err != nil {
			delivery.Report(message.CauseOfError(err))
			continue
		}
		if !a.crew.start(func() { delivery.Report(causeOfAnswer(sent.Wait(textPatience, textPatience))) }) {
			delivery.Report(message.CauseOfError(transaction.ErrClosed))
		}
	}
}

// causeOfAnswer is what the answer of a device becomes for the sender. Whoever cannot be reached is not there, and
// never 408 (RFC 4320 section 4.2).
func causeOfAnswer(response *sip.Response, err error) bridge.Cause {
	switch {
	case errors.Is(err, transaction.ErrTooLarge):
		return message.CauseOfError(err)
	case err != nil:
		return bridge.Cause{Status: 480, Err: err}
	default:
		return bridge.Cause{Status: response.StatusCode, Text: response.Reason}
	}
}

// forDevice is the request as a device gets it: all of the hop is ours, the body stays to the byte.
func (a *Agent) forDevice(device bindingEndpoint, received *sip.Request, who identity.Identity) (*sip.Request, error) {
	contact, err := wire.ParseURI(device.contact, wire.StreamLimits())
	if err != nil {
		return nil, err
	}
	user, err := wire.ParseURI("sip:"+device.user, wire.StreamLimits())
	if err != nil {
		return nil, err
	}
	request := sip.NewRequest(received.Method, contact)
	callID, left := sip.CallIDHeader(message.NewTag()), sip.MaxForwardsHeader(max(message.Hops(received)-1, 0))
	for _, proxy := range device.path {
		request.AppendHeader(&sip.RouteHeader{Address: *proxy.Clone()})
	}
	request.AppendHeader(a.fromOf(received))
	request.AppendHeader(&sip.ToHeader{Address: user})
	request.AppendHeader(&callID)
	request.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: received.Method})
	request.AppendHeader(&left)
	addHeaders(request, crossing(a.policyFor(who.Peer), received, senderOf(who.Origin)))
	for _, header := range received.Headers() {
		switch name := header.Name(); {
		case isContent(name), name == "Event", name == "Subscription-State", name == "Expires":
			request.AppendHeader(sip.HeaderClone(header))
		}
	}
	request.SetBody(received.Body())
	return request, nil
}
