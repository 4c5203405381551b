package upstream

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// probeTime is how long a server has to answer a probe: long enough for three of them to get lost.
const probeTime = 4 * time.Second

// Probe asks the servers again and again whether they are there, until ctx ends. Then it waits for the last answers,
// which Options.Closing makes brief.
func (s *Servers) Probe(ctx context.Context) {
	if s.options.Probe <= 0 {
		return
	}
	ticker := time.NewTicker(s.options.Probe)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.ProbeAll()
		}
	}
}

// ProbeAll probes each server once, all at the same time.
func (s *Servers) ProbeAll() {
	var targets []transport.Target
	var probing sync.WaitGroup
	for _, server := range s.all() {
		if slices.Contains(targets, server.target) {
			continue // it serves two domains
		}
		targets = append(targets, server.target)
		probing.Go(func() { s.probe(server) })
	}
	s.options.Blacklist.Unprobed(targets)
	probing.Wait()
}

// probe asks one server. Any answer but 503 shows that it is there: many refuse OPTIONS, or want to know who asks.
func (s *Servers) probe(at server) {
	response, err := s.options.Finder.SendTo(at.target, probeTime, probeTime, func(flow transport.Flow) *sip.Request {
		return s.optionsFor(at.target, flow)
	})
	select {
	case <-s.options.Closing:
		return
	default:
	}
	good := err == nil && response.StatusCode != sip.StatusServiceUnavailable
	if err == nil && !good {
		s.options.Finder.NoteBusy(at.target, response)
	}
	if !s.options.Blacklist.Probed(at.target, good) {
		return
	}
	log := s.options.Log.With("domain", at.domain, "transport", at.target.Transport, "address", at.target.Address)
	if good {
		log.Info("SIP server answers again")
	} else {
		log.Warn("SIP server does not answer its probes", "error", err)
	}
}

// optionsFor makes the probe: an OPTIONS outside any dialog (RFC 3261 section 11).
func (s *Servers) optionsFor(target transport.Target, flow transport.Flow) *sip.Request {
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
		&sip.CSeqHeader{SeqNo: 1, MethodName: sip.OPTIONS}, &sip.ContactHeader{Address: us},
		sip.NewHeader("Accept", s.options.Accept),
	} {
		request.AppendHeader(header)
	}
	message.Complete(flow, request)
	return request
}
