package sipua

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// relayed is one request on its way to an upstream server and back. The bridge adds nothing and
// knows no password: challenges go to the browser, its credentials go up (RFC 3261 section 22.3).
type relayed struct {
	agent       *Agent
	source      transport.Flow
	transaction *serverTransaction
	upstream    Upstream
	// user is whom a REGISTER is for, token what its Contact is replaced by.
	user, token string
	contact     *sip.ContactHeader
}

// relay passes a request to an upstream server.
func (a *Agent) relay(flow, reply transport.Flow, request *sip.Request, upstream Upstream) {
	transaction, err := a.transactions.newServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	a.stats.relayed.Add(1)
	r := &relayed{agent: a, source: flow, transaction: transaction, upstream: upstream}
	if request.Method == sip.REGISTER {
		r.prepareRegister(request)
	}
	a.legs.Go(r.forward)
}

func (r *relayed) prepareRegister(request *sip.Request) {
	to := request.To().Address
	r.user = to.User + "@" + strings.ToLower(to.Host)
	if contact := request.Contact(); contact != nil && !contact.Address.Wildcard {
		r.contact = contact.Clone()
		r.token = r.agent.relays.token(r.user, contact.Address.String(), r.source)
	}
}

// forward sends the request on; a look-up of the server's name may block, so it has a goroutine.
func (r *relayed) forward() {
	flow, err := r.agent.flowTo(r.upstream.NextHop)
	if err != nil {
		r.agent.log.Warn("upstream server unreachable", "domain", r.upstream.Domain, "error", err)
		r.transaction.respond(503, "")
		return
	}
	request := r.forUpstream(flow)
	if _, err := r.agent.transactions.send(flow, request, r.response); err != nil {
		r.transaction.respond(causeOfError(err).Status, "")
	}
}

// forUpstream is the request as the server gets it: our Via, our Contact, everything else as it was.
func (r *relayed) forUpstream(flow transport.Flow) *sip.Request {
	request := r.transaction.request.Clone()
	request.SetTransport(flow.Transport())
	for _, name := range []string{"Via", "Route", "Max-Forwards", "User-Agent"} {
		removeAll(request, name)
	}
	if r.contact != nil {
		removeAll(request, "Contact")
		contact := &sip.ContactHeader{Address: r.agent.contact(flow, r.token), Params: r.contact.Params.Clone()}
		for _, name := range []string{"+sip.instance", "reg-id"} {
			contact.Params.Remove(name) // they name a device behind us, not us
		}
		request.AppendHeader(contact)
	}
	left := sip.MaxForwardsHeader(defaultHops)
	if received := r.transaction.request.MaxForwards(); received != nil {
		left = sip.MaxForwardsHeader(hops(int(received.Val())))
	}
	request.AppendHeader(&left)
	r.agent.complete(flow, request)
	return request
}

// response takes the server's answer back to the browser.
func (r *relayed) response(upstream *sip.Response, err error) {
	if err != nil {
		r.transaction.respond(causeOfError(err).Status, "")
		return
	}
	if upstream.StatusCode == sip.StatusTrying {
		return
	}
	response := newResponse(r.transaction.request, upstream.StatusCode, upstream.Reason)
	if tag := tagOf(upstream); tag != "" {
		response.To().Params.Remove("tag")
		response.To().Params.Add("tag", tag)
	}
	for _, header := range upstream.Headers() {
		if relayedHeader(header.Name()) {
			response.AppendHeader(sip.HeaderClone(header))
		}
	}
	if r.transaction.request.Method == sip.REGISTER && upstream.IsSuccess() {
		r.registered(upstream, response)
	}
	response.SetBody(upstream.Body())
	r.transaction.send(response)
}

// registered binds the browser to its token, and gives it back its own Contact with the server's expiry.
func (r *relayed) registered(upstream, response *sip.Response) {
	if r.contact == nil {
		return
	}
	seconds := r.expiry(upstream)
	if seconds == 0 {
		r.agent.relays.remove(r.token)
		return
	}
	contact := r.contact.Clone()
	contact.Params.Remove("expires")
	contact.Params.Add("expires", strconv.Itoa(seconds))
	response.AppendHeader(contact)
	r.agent.users.set(r.source, r.user)
	r.agent.relays.add(relayBinding{
		token: r.token, user: r.user, contact: r.contact.Address.String(), flow: r.source,
		until: time.Now().Add(time.Duration(seconds)*time.Second + 30*time.Second),
	})
}

// expiry is what the server granted: in the Contact that is ours, else in Expires; 0 if it is not bound.
func (r *relayed) expiry(upstream *sip.Response) int {
	for _, header := range upstream.GetHeaders("Contact") {
		contact, ok := header.(*sip.ContactHeader)
		if !ok || contact.Address.User != r.token {
			continue
		}
		if value, ok := contact.Params.Get("expires"); ok {
			return atoi(value)
		}
		if header := upstream.GetHeader("Expires"); header != nil {
			return atoi(header.Value())
		}
		return defaultRelayExpiry
	}
	return 0
}

// defaultRelayExpiry holds when a server grants a binding and says no time (RFC 3261 section 10.2.1.1).
const defaultRelayExpiry = 3600

func atoi(value string) int {
	number, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0
	}
	return int(number)
}

// relayedHeader tells which headers of an answer cross: not those of the hop, nor of the server's topology.
func relayedHeader(name string) bool {
	switch strings.ToLower(name) {
	case "via", "from", "to", "call-id", "cseq", "contact", "content-length", "record-route", "route", "path",
		"service-route", "server":
		return false
	default:
		return true
	}
}

func removeAll(request *sip.Request, name string) {
	for request.RemoveHeader(name) {
		continue
	}
}
