package webrtcmedia

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// candidate is an ICE candidate over UDP with an IP literal (RFC 8839 section 5.1). Others are not used: host names
// would have us ask the network for what the browser wants, and TCP would have us connect to it.
type candidate struct {
	priority uint32
	address  netip.AddrPort
	kind     string
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
	text := fmt.Sprintf("%d 1 udp %d %s %d typ %s", number, c.priority, c.address.Addr(), c.address.Port(), c.kind)
	if c.kind != "host" {
		// The base of another kind is nobody's business (RFC 8839 section 5.1), but must stand there.
		text += " raddr 0.0.0.0 rport 9"
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

// localCandidates puts our own host candidates in order: the advertised address, then IPv4, IPv6 and loopback, with
// falling priority (RFC 8445 section 5.1.2.1). Two with the same address are one.
func localCandidates(gathered []candidate, advertise netip.Addr) []candidate {
	ordered := slices.DeleteFunc(slices.Clone(gathered), func(c candidate) bool {
		return c.address.Addr().IsLinkLocalUnicast() || c.address.Addr().IsUnspecified()
	})
	slices.SortStableFunc(ordered, func(a, b candidate) int {
		if byRank := rank(a.address.Addr()) - rank(b.address.Addr()); byRank != 0 {
			return byRank
		}
		return a.address.Compare(b.address)
	})
	ordered = append(advertised(ordered, advertise), ordered...)
	seen := make(map[netip.AddrPort]bool, len(ordered))
	ordered = slices.DeleteFunc(ordered, func(c candidate) bool {
		twice := seen[c.address]
		seen[c.address] = true
		return twice
	})
	for i := range ordered {
		ordered[i].kind = "host"
		ordered[i].priority = 126<<24 | uint32(0xffff-i)<<8 | 255
	}
	return ordered
}

// advertised gives the advertised address with the port of each candidate of its family that it may stand for.
// A machine that listens only on loopback is seen from outside through that.
func advertised(ordered []candidate, advertise netip.Addr) []candidate {
	if !advertise.IsValid() {
		return nil
	}
	var outside, loopback []candidate
	for _, c := range ordered {
		address := c.address.Addr()
		if address.Is4() != advertise.Unmap().Is4() {
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
