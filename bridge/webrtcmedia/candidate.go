package webrtcmedia

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// candidate is an ICE candidate with an IP literal (RFC 8839 section 5.1). Of the browser's only those over UDP are
// used: host names would have us ask the network for what the browser wants, and TCP would have us connect to it.
type candidate struct {
	priority uint32
	address  netip.AddrPort
	kind     string
	relayed  bool // one of ours at a TURN server
	tcp      bool // one of ours that browsers connect to (RFC 6544)
}

// parseCandidate reads the value of an a=candidate line, as far as it is needed.
func parseCandidate(value string) (candidate, bool) {
	fields := strings.Fields(value)
	if len(fields) < 8 || fields[1] != "1" || !strings.EqualFold(fields[2], "udp") || fields[6] != "typ" {
		return candidate{}, false
	}
	priority, err := strconv.ParseUint(fields[3], 10, 32)
	if err != nil {
		return candidate{}, false
	}
	address, err := netip.ParseAddr(fields[4])
	if err != nil || address.Zone() != "" {
		return candidate{}, false
	}
	port, err := strconv.ParseUint(fields[5], 10, 16)
	if err != nil || port == 0 || !slices.Contains([]string{"host", "srflx", "prflx", "relay"}, fields[7]) {
		return candidate{}, false
	}
	return candidate{
		priority: uint32(priority),
		address:  netip.AddrPortFrom(address.Unmap(), uint16(port)),
		kind:     fields[7],
	}, true
}

// parseCandidates gives those that can be used.
func parseCandidates(values []string) []candidate {
	var candidates []candidate
	for _, value := range values {
		if parsed, ok := parseCandidate(value); ok {
			candidates = append(candidates, parsed)
		}
	}
	return candidates
}

// line gives the value of the a=candidate line; number makes the foundation.
func (c candidate) line(number int) string {
	transport := "udp"
	if c.tcp {
		transport = "tcp"
	}
	text := fmt.Sprintf("%d 1 %s %d %s %d typ %s", number, transport, c.priority, c.address.Addr(), c.address.Port(),
		c.kind)
	if c.kind != "host" {
		// The base of another kind is nobody's business (RFC 8839 section 5.1), but must stand there.
		text += " raddr 0.0.0.0 rport 9"
	}
	if c.tcp {
		text += " tcptype passive"
	}
	return text
}

func lines(candidates []candidate) []string {
	text := make([]string, 0, len(candidates))
	for i, c := range candidates {
		text = append(text, c.line(i+1))
	}
	return text
}

// localCandidates puts our own host candidates in order: those advertised, then IPv4, IPv6 and loopback, with
// falling priority (RFC 8445 section 5.1.2.1), and those of TCP and relays behind all. Two with the same address are
// one.
func localCandidates(gathered []candidate, advertise []netip.Addr) []candidate {
	ordered := slices.DeleteFunc(slices.Clone(gathered), func(c candidate) bool {
		return c.address.Addr().IsLinkLocalUnicast() || c.address.Addr().IsUnspecified()
	})
	slices.SortStableFunc(ordered, func(a, b candidate) int {
		if byRank := rank(a.address.Addr()) - rank(b.address.Addr()); byRank != 0 {
			return byRank
		}
		return a.address.Compare(b.address)
	})
	own := ordered
	for _, address := range slices.Backward(advertise) {
		ordered = append(advertised(own, address), ordered...)
	}
	seen := make(map[candidate]bool, len(ordered))
	ordered = slices.DeleteFunc(ordered, func(c candidate) bool {
		twice := seen[c]
		seen[c] = true
		return twice
	})
	slices.SortStableFunc(ordered, func(a, b candidate) int { return cmp.Compare(b.typePreference(), a.typePreference()) })
	for i := range ordered {
		ordered[i].kind = "host"
		if ordered[i].relayed {
			ordered[i].kind = "relay"
		}
		ordered[i].priority = ordered[i].typePreference()<<24 | ordered[i].localPreference(i)<<8 | 255
	}
	return ordered
}

// typePreference is higher for UDP, since TCP brings a lost packet late, and all others behind it; a relay is
// the last way.
func (c candidate) typePreference() uint32 {
	switch {
	case c.relayed:
		return 0
	case c.tcp:
		return 90
	default:
		return 126
	}
}

// localPreference falls with the place among the candidates; over TCP three bits say who connects (RFC 6544 section
// 4.2).
func (c candidate) localPreference(place int) uint32 {
	if c.tcp {
		return 4<<13 | uint32(0x1fff-place)
	}
	return uint32(0xffff - place)
}

// advertised gives the advertised address with the port of each candidate of its family that it may stand for.
// A machine that listens only on loopback is seen from outside through that.
func advertised(ordered []candidate, advertise netip.Addr) []candidate {
	var outside, loopback []candidate
	for _, c := range ordered {
		address := c.address.Addr()
		if c.relayed || address.Is4() != advertise.Unmap().Is4() {
			continue
		}
		c.address = netip.AddrPortFrom(advertise.Unmap(), c.address.Port())
		if address.IsLoopback() {
			loopback = append(loopback, c)
		} else {
			outside = append(outside, c)
		}
	}
	if len(outside) > 0 {
		return outside
	}
	return loopback
}

func rank(address netip.Addr) int {
	switch {
	case address.IsLoopback():
		return 2
	case address.Is4():
		return 0
	default:
		return 1
	}
}
