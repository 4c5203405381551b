package resolver

import (
	"time"

	"github.com/miekg/dns"
)

const (
	// questionTime bounds one question, with all its repetitions.
	questionTime = 1200 * time.Millisecond
	// serverTime is how long one server may take before the next is asked, or the same once more. Where an old answer
	// is at hand, one such time is all that is waited.
	serverTime = 400 * time.Millisecond
	// negativeTime is how long it is believed that something does not exist, or cannot be learned.
	negativeTime = 5 * time.Second
	// staleTime is how long after its TTL an answer still counts while no server answers (RFC 8767 section 5).
	staleTime = time.Hour
	// minTTL and maxTTL bound what servers ask for.
	minTTL, maxTTL = time.Second, 24 * time.Hour
	// maxRecords bounds what is kept of one answer, maxAliases the CNAMEs in it.
	maxRecords, maxAliases = 64, 8
	// maxAnswers bounds the cache.
	maxAnswers = 4096
	// datagram is the size of answers over UDP that pass everywhere unfragmented; longer ones come over TCP.
	datagram = 1232
)

// Options configure a Resolver. Zero fields mean the default.
type Options struct {
	// Servers are the DNS servers as address:port, asked in this order; default those of the system.
	Servers []string
	// SystemFile has the system's servers and search list, in the form of resolv.conf(5); default /etc/resolv.conf.
	SystemFile string
	// HostsFile has addresses that need no DNS, in the form of hosts(5); default /etc/hosts.
	HostsFile string
	// Now is the clock; default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.SystemFile == "" {
		o.SystemFile = "/etc/resolv.conf"
	}
	if o.HostsFile == "" {
		o.HostsFile = "/etc/hosts"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// system is the system's configuration; without a file of it, as elsewhere, a server on this machine.
func (o Options) system() *dns.ClientConfig {
	system, err := dns.ClientConfigFromFile(o.SystemFile)
	if err != nil {
		system = &dns.ClientConfig{Servers: []string{"127.0.0.1"}, Port: "53", Ndots: 1}
	}
	return system
}
