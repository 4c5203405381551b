package sipua

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// probeTime is how long a server has to answer a probe: long enough for three of them to get lost.
const probeTime = 4 * time.Second

// ServerState is what is known of one server of an upstream domain.
type ServerState struct {
	// Domain is the name of the upstream domain or trunk.
	Domain string
	// Target is where the server is.
	Target transport.Target
	// Avoided tells that it is tried last: it did not answer lately, said that it is busy, or failed its probes.
	Avoided bool
}

// Servers gives the servers of all upstream domains, as the DNS had them lately, sorted by domain and address.
func (a *Agent) Servers() []ServerState {
	known := a.upstreams.all()
	states := make([]ServerState, 0, len(known))
	for _, server := range known {
		states = append(states, ServerState{
			Domain: server.upstream.Domain, Target: server.target, Avoided: a.options.Blacklist.Has(server.target),
		})
	}
	return states
}

// probeUpstreams asks the upstream servers again and again whether they are there, until ctx ends.
func (a *Agent) probeUpstreams(ctx context.Context) {
	if a.options.Probe <= 0 {
		return
	}
	ticker := time.NewTicker(a.options.Probe)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.probeAll()
		}
	}
}

// probeAll probes each server once, all at the same time.
func (a *Agent) probeAll() {
	var targets []transport.Target
	var probing sync.WaitGroup
	for _, server := range a.upstreams.all() {
		if slices.Contains(targets, server.target) {
			continue // it serves two domains
		}
		targets = append(targets, server.target)
		probing.Go(func() { a.probe(server) })
	}
	a.options.Blacklist.Unprobed(targets)
	probing.Wait()
}

// probe asks one server. Any answer but 503 shows that it is there: many refuse OPTIONS, or want to know who asks.
func (a *Agent) probe(server serverAddress) {
	response, err := a.failover.SendTo(server.target, probeTime, probeTime, func(flow transport.Flow) *sip.Request {
		return a.optionsFor(server.target, flow)
	})
	select {
	case <-a.closing:
		return
	default:
	}
	good := err == nil && response.StatusCode != sip.StatusServiceUnavailable
	if err == nil && !good {
		a.failover.NoteBusy(server.target, response)
	}
	if !a.options.Blacklist.Probed(server.target, good) {
		return
	}
	log := a.log.With("domain", server.upstream.Domain, "transport", server.target.Transport,
		"address", server.target.Address)
	if good {
		log.Info("SIP server answers again")
	} else {
		log.Warn("SIP server does not answer its probes", "error", err)
	}
}

// optionsFor makes the probe: an OPTIONS outside any dialog (RFC 3261 section 11).
func (a *Agent) optionsFor(target transport.Target, flow transport.Flow) *sip.Request {
	to := sip.Uri{Scheme: "sip", Host: target.Domain}
	if _, err := netip.ParseAddr(target.Domain); err == nil || target.Domain == "" {
		to.Host, to.Port = message.Host(target.Address.Addr()), int(target.Address.Port())
	}
	us := message.ContactOn(flow, "")
	request := sip.NewRequest(sip.OPTIONS, to)
	request.SetTransport(flow.Transport())
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", Host: us.Host}, Params: sip.NewParams()}
	from.Params.Add("tag", message.NewTag())
	callID := sip.CallIDHeader(message.NewTag())
	for _, header := range []sip.Header{
		from, &sip.ToHeader{Address: to, Params: sip.NewParams()}, &callID,
		&sip.CSeqHeader{SeqNo: 1, MethodName: sip.OPTIONS}, &sip.ContactHeader{Address: us}, acceptHeader(),
	} {
		request.AppendHeader(header)
	}
	message.Complete(flow, request)
	return request
}

// all gives every known server, sorted by domain and address.
func (u *upstreamAddresses) all() []serverAddress {
	u.mu.Lock()
	defer u.mu.Unlock()
	servers := make([]serverAddress, 0, len(u.addresses))
	for _, server := range u.addresses {
		servers = append(servers, server)
	}
	slices.SortFunc(servers, func(a, b serverAddress) int {
		if order := strings.Compare(a.upstream.Domain, b.upstream.Domain); order != 0 {
			return order
		}
		return a.target.Address.Compare(b.target.Address)
	})
	return servers
}
