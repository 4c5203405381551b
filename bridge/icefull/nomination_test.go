package icefull_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/icefull"
)

// TestNominationGivenUp: where the better one of two paths works, but for the check that nominates it, the other one is
// used. The agent is asked when it wants to be, and no sooner.
func TestNominationGivenUp(t *testing.T) {
	t.Parallel()
	a, now := newSide("192.0.2.1", true), time.Unix(1_700_000_000, 0)
	better, worse := netip.MustParseAddrPort("192.0.2.2:4001"), netip.MustParseAddrPort("192.0.2.3:4001")
	a.Begin(icefull.Peer{Ufrag: "peer", Pwd: "the peer's password", Components: 1, Candidates: []icefull.Candidate{
		{Address: better, Component: 1, Priority: icefull.HostPriority(1)}, {Address: worse, Component: 1, Priority: 1},
	}})
	var used netip.AddrPort
	refused := 0
	for end := now.Add(time.Minute); !used.IsValid() && now.Before(end); {
		list, wait := a.Due(now)
		now = now.Add(wait)
		for _, datagram := range list {
			check := read(t, datagram.Octets)
			if datagram.To == better && check.Contains(stun.AttrUseCandidate) {
				refused++
				continue
			}
			taken, err := a.Take(respond(t, check, "the peer's password"), datagram.To, 1, now)
			if err != nil {
				t.Fatal(err)
			}
			if taken.Nominated {
				used = datagram.To
			}
		}
	}
	if used != worse || refused != 7 {
		t.Errorf("%v is used, after %d checks that nominate the better one", used, refused)
	}
}
