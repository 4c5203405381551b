package sipua

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

// deliveryPatience is how long devices may take to answer. The sender of the request gives up after 32 s itself.
const deliveryPatience = 20 * time.Second

// delivery brings a request that stands for itself, a MESSAGE or a NOTIFY, to all devices of a user at once. The first
// one that takes it answers it; if none does, the best failure is the answer (RFC 3261 section 16.7).
type delivery struct {
	agent       *Agent
	transaction *serverTransaction
	who         identity

	mu       sync.Mutex
	open     int         // guarded by mu: devices that have not answered
	best     int         // guarded by mu: status of the best failure
	answered bool        // guarded by mu
	patience *time.Timer // guarded by mu
}

// deliver sends a request to devices, of which there is at least one.
func (a *Agent) deliver(transaction *serverTransaction, devices []bindingEndpoint, who identity) {
	d := &delivery{agent: a, transaction: transaction, who: who, open: len(devices)}
	d.mu.Lock()
	d.patience = a.after(deliveryPatience, func() { d.settle(480) })
	d.mu.Unlock()
	a.stats.delivered.Add(1)
	for _, device := range devices {
		if status := d.send(device); status != 0 {
			d.failed(status)
		}
	}
}

// send sends the request to one device, or gives the status for why it can't be.
func (d *delivery) send(device bindingEndpoint) int {
	request, err := d.forDevice(device)
	if err != nil {
		return 480
	}
	d.agent.complete(device.flow, request)
	_, err = d.agent.transactions.send(device.flow, request, func(response *sip.Response, err error) {
		switch {
		case errors.Is(err, errTooLarge):
			d.failed(513)
		case err != nil:
			d.failed(480) // never 408, RFC 4320 section 4.2
		case response.IsSuccess():
			d.settle(200)
		case !response.IsProvisional():
			d.failed(response.StatusCode)
		}
	})
	if err != nil {
		return causeOfError(err).Status
	}
	return 0
}

// forDevice is the request as a device gets it: all of the hop is ours, the body stays to the byte.
func (d *delivery) forDevice(device bindingEndpoint) (*sip.Request, error) {
	contact, err := wire.ParseURI(device.contact, wire.StreamLimits())
	if err != nil {
		return nil, err
	}
	user, err := wire.ParseURI("sip:"+device.user, wire.StreamLimits())
	if err != nil {
		return nil, err
	}
	received := d.transaction.request
	request := sip.NewRequest(received.Method, contact)
	callID, left := sip.CallIDHeader(newTag()), sip.MaxForwardsHeader(max(hopsOf(received)-1, 0))
	for _, proxy := range device.path {
		request.AppendHeader(&sip.RouteHeader{Address: *proxy.Clone()})
	}
	request.AppendHeader(d.agent.fromOf(received))
	request.AppendHeader(&sip.ToHeader{Address: user})
	request.AppendHeader(&callID)
	request.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: received.Method})
	request.AppendHeader(&left)
	addHeaders(request, crossing(d.agent.policyFor(d.who.peer), received, senderOf(d.who.origin)))
	for _, header := range received.Headers() {
		switch name := header.Name(); {
		case isContent(name), name == "Event", name == "Subscription-State", name == "Expires":
			request.AppendHeader(sip.HeaderClone(header))
		}
	}
	request.SetBody(received.Body())
	return request, nil
}

// failed notes that a device does not take the request.
func (d *delivery) failed(status int) {
	d.mu.Lock()
	d.open--
	d.best = cmp.Or(d.best, status)
	if rank(status) < rank(d.best) {
		d.best = status
	}
	last, best := d.open == 0, d.best
	d.mu.Unlock()
	if last {
		d.settle(best)
	}
}

// settle answers the request; the first answer counts.
func (d *delivery) settle(status int) {
	d.mu.Lock()
	first := !d.answered
	d.answered = true
	d.patience.Stop()
	d.mu.Unlock()
	if !first || d.transaction.answered() { // a mailbox is taken even if no device is there
		return
	}
	if status == 401 || status == 407 {
		status = 403 // a device may not ask the sender for his password
	}
	d.transaction.respond(status, "")
}

// rank orders failures, the best to tell first: a 6xx is final, else the lowest class counts, and in it what says most.
func rank(status int) int {
	switch {
	case status >= 600:
		return 0
	case status == 480 || status == 408:
		return status/100*1000 + 999
	default:
		return status / 100 * 1000
	}
}
