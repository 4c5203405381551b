package rtpmedia

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/srtp"
)

// pairing is one way of describing protected media.
type pairing struct {
	suite   srtp.Suite
	profile string
	mux     bool
	mki     srtp.Identifier
}

func (p pairing) String() string {
	return fmt.Sprintf("%s %s mux %v mki %d", p.suite, p.profile, p.mux, p.mki.Size)
}

func pairings() []pairing {
	var all []pairing
	for i, suite := range srtp.Suites() {
		for j, profile := range []string{"RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF"} {
			for _, mux := range []bool{false, true} {
				made := pairing{suite: suite, profile: profile, mux: mux}
				if (i+j)%2 == 0 != mux { // of each two one with an identifier
					made.mki = srtp.Identifier{Value: uint64(j + 1), Size: uint8(1 + 3*(i%2))}
				}
				all = append(all, made)
			}
		}
	}
	return all
}

// TestProtectedPhone calls with each suite in each profile, with a port for RTCP or without, with identifiers of keys
// and without.
func TestProtectedPhone(t *testing.T) {
	t.Parallel()
	for i, pairing := range pairings() {
		t.Run(pairing.String(), func(t *testing.T) {
			t.Parallel()
			session := newSession(t, func(options *Options) {
				secured(Required, false)(options)
				options.ReportInterval = 20 * time.Millisecond
			})
			party := newSafePhone(t, pairing.suite)
			party.use(party.key.WithIdentifier(pairing.mki))
			party.mux = pairing.mux
			party.call(session, pairing.profile, i+3)
			party.talk(session)
			party.report(session)
		})
	}
}

// report sends a report in clear and one that is sealed, of which the latter is taken, and reads one of ours.
func (p *safePhone) report(session *Session) {
	p.t.Helper()
	report := must[[]byte](p.t)((&rtcp.ReceiverReport{SSRC: p.ssrc}).Marshal())
	from, to := p.rtcp, session.audio().address()
	if p.mux {
		from = p.rtp
	} else {
		to = netip.AddrPortFrom(to.Addr(), to.Port()+1)
	}
	p.sendTo(from, to, report)
	p.sendTo(from, to, must[[]byte](p.t)(p.sealer.SealRTCP(report)))
	eventually(p.t, "one report is taken, one is not", func() bool {
		counted := session.options.Counters.Stats()
		return counted.Reports == 1 && counted.Forged+counted.Replayed == 1
	})
	sealed := p.read(from)
	for !isRTCP(sealed) {
		sealed = p.read(from)
	}
	if compound, err := p.opener.OpenRTCP(sealed); err != nil {
		p.t.Errorf("our report: %v", err)
	} else if _, err := rtcp.Unmarshal(compound); err != nil {
		p.t.Errorf("our report: %v", err)
	}
}
