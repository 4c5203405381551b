package webrtcmedia

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"

	"sipbridge/bridge/webrtcmedia/mux"
)

// local is what we tell a browser of our side of the connection.
type local struct {
	ufrag, pwd string
	candidates []candidate
}

// newCredentials makes our ICE credentials: 40 and 130 random bits (RFC 8445 section 5.3 wants 24 and 128).
func newCredentials() (ufrag, pwd string) { return rand.Text()[:8], rand.Text() }

// newAgent makes the ICE agent of a connection. Its candidates are the sockets of the mux.
func (e *Engine) newAgent(conn *mux.Conn, own local) (*ice.Agent, error) {
	networks := []ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}
	tcp := slices.ContainsFunc(own.candidates, func(c candidate) bool { return c.tcp })
	if tcp {
		networks = append(networks, ice.NetworkTypeTCP4, ice.NetworkTypeTCP6)
	}
	types, more := []ice.CandidateType{ice.CandidateTypeHost}, []ice.AgentOption(nil)
	if at := slices.IndexFunc(own.candidates, func(c candidate) bool { return c.relayed }); at >= 0 {
		types = append(types, ice.CandidateTypeServerReflexive)
		more = relayOptions(conn, own.candidates[at].address)
	}
	agent, err := ice.NewAgentWithOptions(append(more,
		ice.WithUDPMux(conn),
		ice.WithTCPMux(conn),
		ice.WithLocalCredentials(own.ufrag, own.pwd),
		ice.WithNet(e.network),
		// The mux is all there is. Of TCP the agent asks it for each address of each interface.
		ice.WithInterfaceFilter(func(string) bool { return tcp }),
		ice.WithIncludeLoopback(),
		ice.WithNetworkTypes(networks),
		ice.WithCandidateTypes(types),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisableActiveTCP(),
		ice.WithICELite(e.options.ICELite),
		ice.WithDisconnectedTimeout(e.options.Disconnected),
		ice.WithFailedTimeout(e.options.Failed),
		ice.WithKeepaliveInterval(e.options.Keepalive),
		// An address learned from the browser's own checks need not wait for a better one when we nominate:
		// browsers that hide their addresses (mDNS) have no other.
		ice.WithPrflxAcceptanceMinWait(0),
		ice.WithRemoteIPFilter(func(ip net.IP) bool {
			address, ok := netip.AddrFromSlice(ip)
			return ok && e.options.AllowRemote(address.Unmap())
		}),
		ice.WithLoggerFactory(e.logs),
	)...)
	if err != nil {
		return nil, fmt.Errorf("ICE: %w", err)
	}
	return agent, nil
}

// relayOptions have the agent use a relay. To it that is an address that a server shows, of less worth than our own;
// the server is none that it would ask.
func relayOptions(conn *mux.Conn, relay netip.AddrPort) []ice.AgentOption {
	shown := &stun.URI{
		Scheme: stun.SchemeTypeSTUN, Host: relay.Addr().String(), Port: int(relay.Port()), Proto: stun.ProtoTypeUDP,
	}
	return []ice.AgentOption{
		ice.WithUDPMuxSrflx(mux.Relayed{Conn: conn}), ice.WithUrls([]*stun.URI{shown}),
		// Other ways get this much time to answer before the relay is chosen.
		ice.WithSrflxAcceptanceMinWait(500 * time.Millisecond),
	}
}

// gather gives the agent its candidates, which are known before.
func gather(agent *ice.Agent) error {
	if err := agent.OnCandidate(func(ice.Candidate) {}); err != nil {
		return fmt.Errorf("ICE: %w", err)
	}
	if err := agent.GatherCandidates(); err != nil {
		return fmt.Errorf("ICE: %w", err)
	}
	return nil
}

// addRemote tells the agent where the browser may be.
func addRemote(agent *ice.Agent, description *remote) error {
	if err := agent.SetRemoteICELite(description.session.ICELite); err != nil {
		return fmt.Errorf("ICE: %w", err)
	}
	var errs []error
	for _, line := range lines(parseCandidates(description.leading().Candidates)) {
		parsed, err := ice.UnmarshalCandidate(line)
		if err == nil {
			err = agent.AddRemoteCandidate(parsed)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// addressOf is where a candidate is.
func addressOf(candidate ice.Candidate) netip.AddrPort {
	address, err := netip.ParseAddr(candidate.Address())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(address.Unmap(), uint16(candidate.Port()))
}
