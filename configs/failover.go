package configs

import (
	"net"
	"net/netip"
	"time"
)

// DNS says who is asked for the servers behind names.
type DNS struct {
	// Servers are as ServerAddresses reads them; empty for those of the system.
	Servers    []string `mapstructure:"servers"`
	PreferIPv6 bool     `mapstructure:"prefer_ipv6"`
}

// Failover says when a SIP server is left for the next one.
type Failover struct {
	Silence time.Duration `mapstructure:"silence"`
	Avoid   time.Duration `mapstructure:"avoid"`
	// Probe is 0 for never.
	Probe         time.Duration `mapstructure:"probe"`
	ProbeFailures int           `mapstructure:"probe_failures"`
}

// ServerAddresses gives the DNS servers as host:port; the port is 53 where none is written.
func (d DNS) ServerAddresses() []string {
	addresses := make([]string, 0, len(d.Servers))
	for _, server := range d.Servers {
		if ip, err := netip.ParseAddr(server); err == nil {
			server = net.JoinHostPort(ip.String(), "53")
		}
		addresses = append(addresses, server)
	}
	return addresses
}

// maxSilence is Timer B (RFC 3261 section 17.1.1.2), after which a server is given up anyway.
const maxSilence = 32 * time.Second

func (c *Config) checkFailover(found *faults) {
	for i, server := range c.DNS.ServerAddresses() {
		address, err := netip.ParseAddrPort(server)
		if err != nil || address.Port() == 0 || address.Addr().IsUnspecified() || address.Addr().IsMulticast() {
			found.add("dns.servers[%d]: %q is no IP address, with or without a port", i, c.DNS.Servers[i])
		}
	}
	checkPositive(found, "failover.silence", c.Failover.Silence)
	if c.Failover.Silence > maxSilence {
		found.add("failover.silence: %v is longer than %v, after which a server is given up anyway",
			c.Failover.Silence, maxSilence)
	}
	checkPositive(found, "failover.avoid", c.Failover.Avoid)
	if c.Failover.Probe != 0 && c.Failover.Probe < time.Second {
		found.add("failover.probe: %v is more often than once a second", c.Failover.Probe)
	}
	if c.Failover.ProbeFailures < 1 {
		found.add("failover.probe_failures: %d probes cannot fail", c.Failover.ProbeFailures)
	}
}
