package locate

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"slices"
)

// random is the chance by which the servers of a service are chosen: the same for the same affinity.
func (l *Locator) random(affinity, service string) *rand.Rand {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(service + " " + affinity)) // never fails
	return rand.New(rand.NewPCG(l.options.Seed, hash.Sum64()))
}

// order sorts servers by priority, and those of one priority at random by weight (RFC 2782, "Usage rules").
func order(servers []net.SRV, random *rand.Rand) []net.SRV {
	servers = slices.Clone(servers)
	slices.SortStableFunc(servers, func(a, b net.SRV) int {
		// Those without weight come first in the sum, so that they have a chance. The rest makes the order of the answer,
		// which servers rotate, not matter.
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight),
			cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	for first := 0; first < len(servers); {
		same := first + 1
		for same < len(servers) && servers[same].Priority == servers[first].Priority {
			same++
		}
		for ; first < same; first++ {
			choose(servers[first:same], random)
		}
	}
	return servers
}

// choose moves one server to the front, by weight.
func choose(servers []net.SRV, random *rand.Rand) {
	sum := 0
	for _, server := range servers {
		sum += int(server.Weight)
	}
	chosen := random.IntN(sum + 1)
	for i, server := range servers {
		chosen -= int(server.Weight)
		if chosen <= 0 {
			copy(servers[1:i+1], servers[:i])
			servers[0] = server
			return
		}
	}
}
