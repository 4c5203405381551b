package icefull

import (
	"net/netip"
	"strconv"
	"strings"
)

// The components of a section (RFC 8445 section 13).
const (
	ComponentRTP  = 1
	ComponentRTCP = 2
)

// The preferences of our only candidate, as a host candidate and as others may see it (RFC 8445 section 5.1.2).
const (
	hostPreference      = 126<<24 | 65535<<8
	reflexivePreference = 110<<24 | 65535<<8
)

// HostPriority is that of our candidate for a component.
func HostPriority(component int) uint32 { return hostPreference | uint32(256-component) }

// ReflexivePriority is that of what a NAT makes of it.
func ReflexivePriority(component int) uint32 { return reflexivePreference | uint32(256-component) }

// Candidate is where the peer may be.
type Candidate struct {
	Address   netip.AddrPort
	Component int
	Priority  uint32
}

// ParseCandidate reads the value of an a=candidate line (RFC 8839 section 5.1). It reports false for those that are of
// no use: over TCP, by name, and of other components.
func ParseCandidate(value string) (Candidate, bool) {
	fields := strings.Fields(value)
	if len(fields) < 8 || !strings.EqualFold(fields[2], "udp") || fields[6] != "typ" {
		return Candidate{}, false
	}
	component, err := strconv.Atoi(fields[1])
	if err != nil || component != ComponentRTP && component != ComponentRTCP {
		return Candidate{}, false
	}
	priority, err := strconv.ParseUint(fields[3], 10, 32)
	if err != nil {
		return Candidate{}, false
	}
	address, err := netip.ParseAddr(fields[4])
	if err != nil || address.Zone() != "" {
		return Candidate{}, false
	}
	port, err := strconv.ParseUint(fields[5], 10, 16)
	if err != nil || port == 0 {
		return Candidate{}, false
	}
	return Candidate{
		Address: netip.AddrPortFrom(address.Unmap(), uint16(port)), Component: component, Priority: uint32(priority),
	}, true
}
