package webrtcmedia

import (
	"context"
	"errors"
	"fmt"

	"sipbridge/bridge/dtlssrtp"
)

// answer takes the browser's offer, the first or a later one. We take the passive DTLS role where the browser lets us.
// RFC 5763 section 5 would rather have the answerer active, to save a round trip; but here the browser begins DTLS as
// soon as its own ICE checks succeed, which is before ours do, since it nominates, and there is no cookie
// exchange: both roles take the same time. And the server chooses the SRTP profile: as server, Chromium takes AES-CM
// with HMAC-SHA1, we GCM. Either way DTLS is read only after ICE is connected and only from addresses that ICE
// proved, so a ClientHello from elsewhere (CVE-2023-49786) is never seen.
func (p *peer) answer(offer *remote) error {
	if p.setup == setupActpass {
		return p.begin(offer, false)
	}
	if err := p.restart(offer); err != nil {
		return err
	}
	p.remote, p.payloads = offer.generation(), offer.payloads()
	p.allowStreams()
	return nil
}

// accept takes the browser's answer to our offer.
func (p *peer) accept(answer *remote) error { return p.begin(answer, true) }

// begin connects to the browser. The side that offered controls ICE, unless it alone is lite (RFC 8445 section 6.1.1).
func (p *peer) begin(description *remote, offered bool) error {
	p.setup = setupPassive
	if description.leading().Setup == setupPassive {
		p.setup = setupActive
	}
	p.remote, p.payloads = description.generation(), description.payloads()
	if err := addRemote(p.agent, description); err != nil {
		return err
	}
	start := p.agent.StartAccept
	theirs, ours := description.session.ICELite, p.engine.options.ICELite
	if theirs && !ours || offered && theirs == ours {
		start = p.agent.StartDial
	}
	if _, err := start(p.remote.ufrag, p.remote.pwd); err != nil {
		return fmt.Errorf("ICE: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.running.Go(func() {
		p.secure(ctx, dtlssrtp.Options{
			Identity: p.engine.identity, Client: p.setup == setupActive,
			Peer: dtlssrtp.Fingerprint(description.fingerprint), Logs: p.engine.logs,
		})
	})
	return nil
}

// restart begins ICE anew, with other credentials on both sides (RFC 8445 section 9); DTLS and the keys stay. Until ICE
// has found a path media take the old one.
func (p *peer) restart(offer *remote) error {
	p.local.ufrag, p.local.pwd = newCredentials()
	generation := offer.generation()
	return errors.Join(
		p.agent.Restart(p.local.ufrag, p.local.pwd),
		gather(p.agent),
		p.agent.SetRemoteCredentials(generation.ufrag, generation.pwd),
		addRemote(p.agent, offer),
	)
}

// fits tells whether an offer can be answered on this connection: the browser's certificate is the same, and
// DTLS still stands. ICE may be dead; a restart revives it.
func (p *peer) fits(offer *remote) bool {
	return p.setup != setupActpass && !p.failed.Load() && p.state() != stateClosed &&
		p.remote.fingerprint == offer.fingerprint
}

// upToDate tells whether a description says nothing new of the connection. New payload types are none of its business.
func (p *peer) upToDate(description *remote) bool { return p.remote == description.generation() }
