package sipua

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
	"sipbridge/bridge/toll"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
	"sipbridge/sipua/wire"
	"sipbridge/transcode"
)

// trunks are the trunks of an agent, by name, and the registrations at those that want one. They do not change.
type trunks struct {
	byName        map[string]*trunk.Trunk
	registrations []*trunk.Registration
}

func (a *Agent) newTrunks(list []*trunk.Trunk) trunks {
	all := trunks{byName: make(map[string]*trunk.Trunk, len(list))}
	for _, t := range list {
		all.byName[t.Name()] = t
		if t.Registers() {
			registration := trunk.NewRegistration(t, a, a.log)
			all.registrations = append(all.registrations, registration)
			a.registrations.add(registration)
		}
	}
	return all
}

// registration gives the registration at a trunk; nil if it wants none.
func (t trunks) registration(at *trunk.Trunk) *trunk.Registration {
	for _, registration := range t.registrations {
		if registration.Trunk() == at {
			return registration
		}
	}
	return nil
}

// contacted gives the registration whose contact a URI is; nil if it is none.
func (t trunks) contacted(uri sip.Uri) *trunk.Registration {
	for _, registration := range t.registrations {
		if uri.User == registration.Token() {
			return registration
		}
	}
	return nil
}

// AddressChanged registers again at once where we are registered: peers reach us by another address than they were
// told. It does not block.
func (a *Agent) AddressChanged() { a.registrations.again() }

// registrationSpread is the time between the first REGISTERs of two trunks.
const registrationSpread = 50 * time.Millisecond

// RunTrunks keeps us registered at the trunks that want it until ctx ends, and then ends the registrations. It must
// have returned before Run does.
func (a *Agent) RunTrunks(ctx context.Context) error {
	var running sync.WaitGroup
	for i, registration := range a.trunks.registrations {
		running.Go(func() { registration.Run(ctx, time.Duration(i)*registrationSpread) })
	}
	running.Wait()
	return nil
}

// Registrations gives the states of the registrations by the names of their trunks.
func (a *Agent) Registrations() map[string]trunk.State {
	states := make(map[string]trunk.State, len(a.trunks.registrations))
	for _, registration := range a.trunks.registrations {
		states[registration.Trunk().Name()] = registration.State()
	}
	return states
}

// SendRegister is trunk.Sender. It tries the server's addresses in order, beside the caller's goroutine, and waits for
// the answer, or for ctx. The connection that brought it stays open for the server's calls.
func (a *Agent) SendRegister(ctx context.Context, t *trunk.Trunk, token string,
	prepare func(contact sip.Uri) *sip.Request,
) (*sip.Response, transport.Flow, error) {
	type outcome struct {
		response *sip.Response
		way      transport.Flow
		err      error
	}
	came := make(chan outcome, 1)
	started := a.crew.start(func() { //nolint:contextcheck // a look-up has a limit of its own
		response, way, err := a.register(t, token, prepare)
		came <- outcome{response, way, err}
	})
	if !started {
		return nil, nil, transaction.ErrClosed
	}
	select {
	case got := <-came:
		return got.response, got.way, got.err
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// register sends a REGISTER and waits for the answer. The connection that brought it stays open for the server's calls.
func (a *Agent) register(t *trunk.Trunk, token string, prepare func(contact sip.Uri) *sip.Request,
) (response *sip.Response, way transport.Flow, err error) {
	targets, err := a.failover.Locate(t.NextHops(), t.Name())
	if err != nil {
		return nil, nil, err
	}
	response, err = a.failover.SendInOrder(targets, transaction.Timeout, func(flow transport.Flow) *sip.Request {
		way = flow
		request := prepare(message.ContactOn(flow, token))
		message.Complete(flow, request)
		return request
	})
	if err != nil {
		return nil, nil, err
	}
	keepOpen(way)
	return response, way, nil
}

// fromTrunk tells which trunk sends a request: the one that was told of the contact in its Request-URI, which nobody
// can guess, wherever it comes from; else one at whose address the sender is, if possible the one whose account is
// called.
func (a *Agent) fromTrunk(flow transport.Flow, request *sip.Request) (*trunk.Trunk, bool) {
	if comesBack(flow) {
		return nil, false
	}
	if registration := a.trunks.contacted(request.Recipient); registration != nil {
		return registration.Trunk(), true
	}
	if _, addressed := a.relayedToken(request); addressed {
		return nil, false // it is for a browser that registered at an upstream domain, perhaps on the same server
	}
	var found *trunk.Trunk
	for _, t := range a.options.Trunks {
		switch {
		case !a.isAt(t, flow):
		case t.Account() != "" && isFor(request, t.Account()):
			return t, true
		case found == nil:
			found = t
		}
	}
	return found, found != nil
}

// isFor tells whether a request is for a number or name.
func isFor(request *sip.Request, account string) bool {
	return numberOf(request.Recipient) == account || numberOf(request.To().Address) == account
}

// askedByTrunk puts numbers of a trunk's INVITE into the form of our own, and reads who it asserts the caller to be.
// Callees see a number that they can call back.
func (a *Agent) askedByTrunk(asked *bridge.Request, request *sip.Request, t *trunk.Trunk) {
	called := numberOf(request.Recipient)
	if registration := a.trunks.registration(t); registration != nil && called == registration.Token() {
		called = numberOf(request.To().Address)
	}
	asked.To = a.home(t.Called(called), t.Name())
	if calling := numberOf(request.From().Address); calling != "" && !message.IsAnonymous(request.From().Address) {
		asked.From.URI = a.home(t.Calling(calling), t.Name())
	}
	if t.Trusted() {
		asked.Asserted = assertedBy(request)
	}
}

// home is the URI of a number or name among our own users; without a domain of ours it is one of the other domain.
func (a *Agent) home(user, otherwise string) string {
	if len(a.options.Domains.Local) > 0 {
		otherwise = strings.ToLower(a.options.Domains.Local[0])
	}
	return "sip:" + number.Escape(user) + "@" + otherwise
}

// numberOf is the number or name in a URI: its user part, or that of a tel URI (RFC 3966).
func numberOf(uri sip.Uri) string {
	if uri.Scheme == schemeTel {
		return uri.Raw()
	}
	return uri.User
}

const schemeTel = "tel"

// wantsPrivacy tells whether who calls or answers asks not to be shown (RFC 3323 section 4.2, RFC 3325 section 9.3).
func wantsPrivacy(said message.Message) bool {
	for _, header := range said.GetHeaders("Privacy") {
		for value := range strings.FieldsFuncSeq(header.Value(), func(r rune) bool { return r == ';' || r == ',' }) {
			switch strings.ToLower(strings.TrimSpace(value)) {
			case "id", "user", "header":
				return true
			}
		}
	}
	return false
}

// assertedBy reads P-Asserted-Identity: of two addresses the first (RFC 3325 section 9.1).
func assertedBy(said interface{ GetHeader(name string) sip.Header }) bridge.Party {
	header := said.GetHeader("P-Asserted-Identity")
	if header == nil {
		return bridge.Party{}
	}
	value := header.Value()
	if end := strings.Index(value, ">,"); end >= 0 {
		value = value[:end+1]
	}
	address, err := wire.ParseAddress(value, wire.StreamLimits())
	if err != nil {
		return bridge.Party{}
	}
	if address.URI.Scheme == schemeTel {
		return bridge.Party{Name: address.DisplayName, URI: "sip:" + number.Escape(number.Clean(address.URI.Raw())) + "@tel"}
	}
	return bridge.Party{Name: address.DisplayName, URI: message.PlainURI(address.URI)}
}

// TrunkEndpoints dial numbers through the trunks, by their names, as far as the dialing rules let the caller.
func (a *Agent) TrunkEndpoints() map[string]bridge.Endpoint {
	endpoints := make(map[string]bridge.Endpoint, len(a.trunks.byName))
	for name, t := range a.trunks.byName {
		endpoints[name] = trunkEndpoint{agent: a, trunk: t}
	}
	return endpoints
}

type trunkEndpoint struct {
	agent *Agent
	trunk *trunk.Trunk
}

var (
	_ bridge.Restricted = trunkEndpoint{}
	_ bridge.Metered    = trunkEndpoint{}
	_ bridge.Metered    = upstreamEndpoint{}
	_ bridge.Metered    = gateway{}
)

// Metered tells that the dialing rules are always asked.
func (trunkEndpoint) Metered(bridge.Request) bool { return true }

// Codecs are those that may be used with the trunk.
func (e trunkEndpoint) Codecs() []transcode.Codec { return e.trunk.Codecs() }

// Dial calls the number in the user part of request.To.
func (e trunkEndpoint) Dial(request bridge.Request) bridge.Leg { return e.agent.dialBy(e.way(request)) }

// Text brings a message to the number; the dialing rules take it for a call.
func (e trunkEndpoint) Text(request bridge.Request, message bridge.Message, done func(bridge.Cause)) {
	w, err := e.way(request)
	e.agent.text(w, err, message, done)
}

func (e trunkEndpoint) way(request bridge.Request) (way, error) {
	asked, err := wire.ParseURI(request.To, wire.StreamLimits())
	if err != nil || numberOf(asked) == "" {
		return way{}, bridge.Cause{Status: 404, Err: fmt.Errorf("target: %w", errNoNumber)}
	}
	dialing := e.agent.options.Dialing
	release, err := dialing.Admit(toll.CallOf(request, e.trunk.Name(), numberOf(asked)))
	if err != nil {
		return way{}, err
	}
	target := e.trunk.Target(dialing.Normalise(numberOf(asked)))
	shown := e.trunk.Show(request)
	request.To, request.From = target.String(), shown.From
	request.Headers = append(withoutCredentials(request.Headers), shown.Headers...)
	hops := Upstream{NextHops: e.trunk.NextHops()}.chosenBy(request).NextHops
	out := dialTarget{
		requestURI: target, nextHops: hops, transport: transportOf(hops[0]), trusted: true,
		trunk: e.trunk.Name(), peer: e.trunk, release: release,
	}
	if registration := e.agent.trunks.registration(e.trunk); registration != nil {
		out.routes = registration.State().ServiceRoute
	}
	return way{request, out}, nil
}
