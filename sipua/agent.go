package sipua

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/locate"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/token"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
	"sipbridge/sipua/wire"
)

// MediaFactory makes the media session of a leg whose party is signalled with on flow: its transport tells a
// browser from a phone, its addresses which of our own the party can reach.
type MediaFactory func(flow transport.Flow, events bridge.MediaEvents, log *slog.Logger) (MediaSession, error)

// Transports gives flows to peers that have not connected to us.
type Transports interface {
	// FlowTo gives the flow to a target: the UDP socket of its family, or a connection, a live one if there is one. It
	// does not block: a connection is made while messages wait.
	FlowTo(target transport.Target) (transport.Flow, error)
}

// Options configure an Agent. All are needed unless their comment says otherwise.
type Options struct {
	// Domains says which domains are ours and which belong to an upstream server.
	Domains Domains
	// Media makes the media session of each leg.
	Media MediaFactory
	// Accept takes each incoming call.
	Accept func(bridge.Incoming)
	// Route gives the targets of a call that may pass through us as through a proxy, as a bridge.Router does; nil if
	// every call is bridged.
	Route func(bridge.Request) ([]bridge.Target, error)
	// Registrar keeps the bindings of local domains.
	Registrar *registrar.Registrar
	// Authenticator checks local users.
	Authenticator *digest.Authenticator
	// Headers says which header fields cross; its zero value is the default.
	Headers headers.Policy
	// Tokens checks the tokens of local users; nil for none.
	Tokens *token.Verifier
	// Guests lets tokens and temporary accounts name users whom the registrar does not know.
	Guests bool
	// Trunks are the servers whose customer we are; none by default.
	Trunks []*trunk.Trunk
	// Dialing says who may dial what through trunks; needed where there are any.
	Dialing *toll.Policy
	// Transports reaches peers.
	Transports Transports
	// Locator finds the servers of a URI; nil finds only addresses.
	Locator Locator
	// Blacklist has the servers that are tried last; nil for one of the agent's own.
	Blacklist *locate.Blacklist
	// Probe is how often the servers of upstream domains are asked whether they are there; 0 means never.
	Probe time.Duration
	// Silence is how long a server may say nothing at all before the next one is tried; 0 means 3 seconds.
	Silence time.Duration
	// Protection says whom the agent does not serve; the zero value serves everybody.
	Protection Protection
	// ReliableProvisionals: callers that ask for it get provisional responses that they acknowledge, and callees may send
	// such (RFC 3262).
	ReliableProvisionals bool
	// Presence are the limits of subscriptions and publications; what is zero has its default.
	Presence presence.Options
	// Session is the interval of the session timers that phones are asked for, at least 90 s; 0 asks for none. A phone
	// that is gone is missed by it even where it is held.
	Session time.Duration
	// Park is how long a browser's leg outlives its media; 0 ends it at once.
	Park time.Duration
	// MaxMessage bounds a message on a WebSocket, in bytes; 0 means 32 KB.
	MaxMessage int
	// Trace sees every message; nil for none.
	Trace Tracer
	// Log must not be nil.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Locator == nil {
		o.Locator = locate.New(locate.Options{})
	}
	if o.Blacklist == nil {
		o.Blacklist = locate.NewBlacklist(locate.BlacklistOptions{})
	}
	o.Silence = cmp.Or(o.Silence, defaultSilence)
	return o
}

// Agent is the bridge's SIP user agent. Transports feed it by Receive; calls use it as their endpoints.
type Agent struct {
	options      Options
	log          *slog.Logger
	transactions *transactions
	dialogs      *dialogs
	users        *flowUsers
	relays       *relayBindings
	relayGuard   relayGuard
	paths        *relayPaths
	proxies      *proxiedDialogs
	rates        *userRates
	presence     *presence.Server
	watchers     *watchers
	removals     *removals
	upstreams    upstreamAddresses
	trunks       trunks
	stats        counters
	// relayedSubscriptions are those at upstream servers.
	relayedSubscriptions *relayedSubscriptions
	*complaints
	// tagKey makes the tags of stateless responses.
	tagKey [32]byte

	// crew are the goroutines of legs and of requests on their way to an upstream server.
	crew    crew
	closing chan struct{}
	// after is time.AfterFunc but in tests.
	after after
}

// NewAgent makes an agent. Run ends it.
func NewAgent(options Options) *Agent {
	options = options.withDefaults()
	a := &Agent{
		options:      options,
		log:          options.Log,
		transactions: newTransactions(options.Trace, newStreams(options.Transports)),
		dialogs:      newDialogs(),
		users:        newFlowUsers(),
		relays:       newRelayBindings(),
		relayGuard:   newRelayGuard(),
		paths:        newRelayPaths(),
		proxies:      newProxiedDialogs(),
		rates:        newUserRates(),
		watchers:     newWatchers(),
		removals:     newRemovals(),

		relayedSubscriptions: newRelayedSubscriptions(),
		upstreams: upstreamAddresses{
			addresses: make(map[netip.AddrPort]serverAddress), targets: make(map[string][]transport.Target),
		},
		closing: make(chan struct{}),
		after:   time.AfterFunc,
	}
	_, _ = rand.Read(a.tagKey[:]) // never fails (Go 1.24)
	options.Presence.Reachable = a.isReachable
	a.presence = presence.New(options.Presence)
	a.complaints = newComplaints(a.log, &a.stats.panics)
	a.trunks = a.newTrunks(options.Trunks)
	return a
}

// Run waits for ctx to end, then ends every leg and transaction; it returns when all their goroutines are gone.
func (a *Agent) Run(ctx context.Context) error {
	a.crew.start(func() { a.presence.Run(ctx) })
	var probing sync.WaitGroup
	probing.Go(func() { a.probeUpstreams(ctx) })
	a.watchUpstreams(ctx)
	close(a.closing)
	probing.Wait()
	a.crew.wait()
	a.transactions.close()
	return nil
}

// Receive takes one whole message of a flow. It never blocks, and messages of one flow must come in order.
func (a *Agent) Receive(flow transport.Flow, raw []byte) {
	defer func() {
		if failure := recover(); failure != nil {
			a.panicked("panic while reading a message", failure)
		}
	}()
	a.stats.received.Add(1)
	if a.options.Protection.isScanner(raw) {
		a.stats.scanners.Add(1)
		return
	}
	a.options.Trace.received(flow, raw)
	message, err := wire.Parse(raw, a.limitsOf(flow))
	if err != nil {
		a.refuseMalformed(flow, err)
		return
	}
	switch message := message.(type) {
	case *sip.Request:
		message.SetTransport(flow.Transport())
		message.SetSource(flow.RemoteAddr().String())
		a.receiveRequest(flow, message)
	case *sip.Response:
		a.receiveResponse(message)
	}
}

// FlowClosed forgets what was known of a flow; its bindings are gone. Legs see it by the flow's Done channel.
func (a *Agent) FlowClosed(flow transport.Flow) {
	a.users.forget(flow)
	a.relays.forget(flow)
	a.proxies.forget(flow)
	a.trunks.flowClosed(flow)
	a.relayedSubscriptions.forget(flow)
	a.removals.forget(flow)
	a.dropWatchers(flow)
	a.presence.SourceGone(flow)
	a.options.Registrar.FlowClosed(flow)
}

// limitsOf gives the limits of a flow's messages: a browser's SDP is large.
func (a *Agent) limitsOf(flow transport.Flow) wire.Limits {
	if !comesBack(flow) {
		return wire.StreamLimits()
	}
	limits := wire.WebSocketLimits()
	if a.options.MaxMessage > 0 {
		limits.Message = a.options.MaxMessage
	}
	return limits
}

// refuseMalformed answers what can be answered of a message that is none.
func (a *Agent) refuseMalformed(flow transport.Flow, err error) {
	a.stats.malformed.Add(1)
	failure, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return
	}
	a.complain("malformed message", "transport", flow.Transport(), "remote", flow.RemoteAddr(), "error", err)
	if response := failure.Response(); response != nil {
		a.sendResponse(replyFlow(a.options.Transports, flow, failure.Request), response)
	}
}

func (a *Agent) receiveResponse(response *sip.Response) {
	transaction := a.transactions.matchClient(response)
	if transaction == nil {
		a.stats.stray.Add(1)
		return
	}
	transaction.receive(response)
}

// noteAlias lets a connection serve for requests to its peer, if the peer says so (RFC 5923).
func noteAlias(flow transport.Flow, request *sip.Request) {
	via := request.Via()
	connection, ok := flow.(interface {
		Alias(host string, port uint16)
	})
	if !ok || via == nil || !via.Params.Has("alias") {
		return
	}
	connection.Alias(via.Host, uint16(cmp.Or(via.Port, 5061)))
}

// receiveRequest matches a request to a transaction or a dialog; what is left is new.
func (a *Agent) receiveRequest(flow transport.Flow, request *sip.Request) {
	noteAlias(flow, request)
	reply := replyFlow(a.options.Transports, flow, request)
	switch request.Method {
	case sip.ACK:
		a.receiveACK(flow, request)
		return
	case sip.CANCEL:
		a.receiveCancel(flow, reply, request)
		return
	default:
	}
	if known := a.transactions.matchServer(flow, request, request.Method); known != nil {
		_ = known.machine.Receive(request) // a retransmission: the same answer again
		return
	}
	if tag, ok := request.To().Params.Get("tag"); ok && tag != "" {
		a.receiveInDialog(flow, reply, request)
		return
	}
	a.receiveNew(flow, reply, request)
}

// receiveACK gives an ACK to the failed INVITE it belongs to, else to the dialog. The dialog does not go by the
// branch, since sip-js uses that of the INVITE again.
func (a *Agent) receiveACK(flow transport.Flow, request *sip.Request) {
	known := a.transactions.matchServer(flow, request, sip.INVITE)
	if known != nil && known.final.Load() >= 300 {
		_ = known.machine.Receive(request)
		return
	}
	l := a.dialogs.legOf(request)
	if l == nil && a.passInDialog(flow, flow, request) {
		return
	}
	if l == nil || !a.speaksFor(l, flow) || l.enqueue(func() { l.acknowledged(request) }) != nil {
		a.stats.stray.Add(1) // the ACK to a stateless refusal is one, too
	}
}

// receiveCancel answers a CANCEL and tells the INVITE's owner (RFC 3261 section 9.2).
func (a *Agent) receiveCancel(flow, reply transport.Flow, request *sip.Request) {
	known := a.transactions.matchServer(flow, request, sip.INVITE)
	if known == nil {
		a.reply(reply, request, 481)
		return
	}
	response := newResponse(request, 200, "")
	if tag, ok := known.request.To().Params.Get("tag"); ok {
		setTag(response, tag)
	}
	a.sendResponse(reply, response)
	known.cancel(request)
}

// receiveInDialog gives a request to the leg of its dialog.
func (a *Agent) receiveInDialog(flow, reply transport.Flow, request *sip.Request) {
	l := a.dialogs.legOf(request)
	if l == nil {
		if !a.passInDialog(flow, reply, request) {
			a.receiveInOtherDialog(flow, reply, request)
		}
		return
	}
	if err := a.mayContinue(l, flow, request); err != nil {
		a.refuse(reply, request, err)
		return
	}
	canceled := func(*sip.Request) { l.mailbox.post(func() { l.offerCanceled(request) }) }
	transaction, err := a.transactions.newInvite(flow, reply, request, canceled)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	if cause := l.enqueue(func() { l.request(transaction, flow) }); cause != nil {
		transaction.send(refusal(request, *cause, cause.Status))
	}
}

// receiveInOtherDialog gives a request to the subscription whose dialog it names.
func (a *Agent) receiveInOtherDialog(flow, reply transport.Flow, request *sip.Request) {
	if w := a.watchers.find(request); w != nil {
		a.receiveInSubscription(w, flow, reply, request)
		return
	}
	if s := a.relayedSubscriptions.ofBrowser(request); s != nil {
		a.receiveFromBrowser(s, flow, reply, request)
		return
	}
	if s := a.relayedSubscriptions.ofServer(request); s != nil {
		a.receiveFromServer(s, flow, reply, request)
		return
	}
	a.reply(reply, request, 481)
}

// sendStateless sends a request that has no transaction: an ACK to a 2xx.
func (a *Agent) sendStateless(flow transport.Flow, request *sip.Request) error {
	a.complete(flow, request)
	return (&connection{flow: flow, trace: a.options.Trace}).WriteMsg(request)
}

// complete puts our Via and, where it is missing, Max-Forwards on a request.
func (a *Agent) complete(flow transport.Flow, request *sip.Request) {
	request.PrependHeader(newVia(flow))
	if request.MaxForwards() == nil {
		maxForwards := sip.MaxForwardsHeader(defaultHops)
		request.AppendHeader(&maxForwards)
	}
	request.AppendHeader(sip.NewHeader("User-Agent", "sipbridge"))
}

// newVia is our own Via on a flow, with a new branch. It asks for rport on UDP (RFC 3581 section 3).
func newVia(flow transport.Flow) *sip.ViaHeader {
	local := flow.LocalAddr()
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: flow.Transport(),
		Host: hostOf(local.Addr()), Port: int(local.Port()), Params: sip.NewParams(),
	}
	via.Params.Add("branch", sip.RFC3261BranchMagicCookie+newTag())
	if flow.Done() == nil {
		via.Params.Add("rport", "")
	}
	if _, ours := transport.TargetOf(flow); ours && flow.Transport() == "TLS" {
		via.Params.Add("alias", "") // RFC 5923 section 4: the peer may use the connection, too
	}
	return via
}

// contact is our own address as a peer on a flow sees it.
func (a *Agent) contact(flow transport.Flow, user string) sip.Uri {
	local := flow.LocalAddr()
	uri := sip.Uri{Scheme: "sip", User: user, Host: hostOf(local.Addr()), Port: int(local.Port())}
	if word := flow.Transport(); word != "UDP" {
		uri.UriParams = sip.NewParams()
		uri.UriParams.Add("transport", sip.ASCIIToLower(word))
	}
	return uri
}

func hostOf(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		return "[" + address.WithZone("").String() + "]"
	}
	return address.String()
}

// replyFlow is where responses to a request go: back on its connection, or on UDP to its source, at the port
// of its Via unless it asked for rport (RFC 3261 section 18.2.2, RFC 3581). It notes the source in the Via.
func replyFlow(transports Transports, flow transport.Flow, request *sip.Request) transport.Flow {
	via := request.Via()
	if via == nil {
		return flow
	}
	source := flow.RemoteAddr()
	if via.Host != source.Addr().Unmap().String() {
		via.Params.Remove("received")
		via.Params.Add("received", source.Addr().Unmap().String())
	}
	if via.Params.Has("rport") {
		via.Params.Remove("rport")
		via.Params.Add("rport", fmt.Sprint(source.Port()))
		return flow
	}
	port := via.Port
	if port == 0 {
		port = defaultPort
	}
	if flow.Done() != nil || port == int(source.Port()) {
		return flow
	}
	reply, err := transports.FlowTo(transport.Target{
		Transport: flow.Transport(), Address: netip.AddrPortFrom(source.Addr(), uint16(port)),
	})
	if err != nil {
		return flow
	}
	return reply
}
