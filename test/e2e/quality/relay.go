package quality

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// relay stands between a party and the service, and delays each packet by some time, so that they overtake each other.
// How long is the same each time that the test runs.
type relay struct {
	// front is the socket toward the party, back the one toward the service.
	front, back *net.UDPConn
	jitter      time.Duration
	running     sync.WaitGroup // of both directions, and of each packet that waits

	mu      sync.Mutex
	party   netip.AddrPort // guarded by mu
	service netip.AddrPort // guarded by mu
}

func newRelay(t *testing.T, seed uint64, jitter time.Duration) *relay {
	t.Helper()
	r := &relay{front: listen(t), back: listen(t), jitter: jitter}
	r.running.Go(func() { r.carry(r.front, r.back, &r.party, &r.service, rand.New(rand.NewPCG(seed, 1))) })
	r.running.Go(func() { r.carry(r.back, r.front, &r.service, &r.party, rand.New(rand.NewPCG(seed, 2))) })
	t.Cleanup(func() {
		_, _ = r.front.Close(), r.back.Close() // nothing more is to come
		r.running.Wait()
	})
	return r
}

func listen(t *testing.T) *net.UDPConn {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	return socket
}

// carry brings packets from one socket to the other, and keeps whose they are.
func (r *relay) carry(from, to *net.UDPConn, source, target *netip.AddrPort, chance *rand.Rand) {
	buffer := make([]byte, 2048)
	for {
		n, sender, err := from.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		r.mu.Lock()
		*source = sender
		r.mu.Unlock()
		packet := append([]byte(nil), buffer[:n]...)
		r.running.Add(1)
		time.AfterFunc(time.Duration(chance.Int64N(int64(r.jitter)+1)), func() {
			defer r.running.Done()
			r.mu.Lock()
			there := *target
			r.mu.Unlock()
			if there.IsValid() {
				_, _ = to.WriteToUDPAddrPort(packet, there) // what is lost is seen by who misses it
			}
		})
	}
}

// insert gives the address at which the party finds the service, and takes that of the service.
func (r *relay) insert(service netip.AddrPort) netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.service = service
	return portOf(r.front)
}

// portOf gives the address of a socket.
func portOf(socket *net.UDPConn) netip.AddrPort {
	address, _ := netip.ParseAddrPort(socket.LocalAddr().String()) // a socket's own address can be read
	return address
}

// offered is a browser's offer with the relay in the place of its candidates.
func (r *relay) offered(sdp string) string {
	var lines strings.Builder
	for line := range strings.Lines(sdp) {
		switch {
		case strings.HasPrefix(line, "a=candidate:"):
		case strings.HasPrefix(line, "a=end-of-candidates"):
			_, _ = fmt.Fprintf(&lines, "a=candidate:1 1 udp 2130706431 127.0.0.1 %d typ host\r\n%s", portOf(r.back).Port(), line)
		default:
			_, _ = lines.WriteString(line)
		}
	}
	return lines.String()
}

// answered is the service's answer with the relay in the place of its candidates.
func (r *relay) answered(sdp string) string {
	candidate := regexp.MustCompile(`(?m)^(a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 )(\d+)`)
	return candidate.ReplaceAllStringFunc(sdp, func(line string) string {
		parts := candidate.FindStringSubmatch(line)
		port, _ := strconv.ParseUint(parts[2], 10, 16) // digits
		front := r.insert(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)))
		return parts[1] + strconv.Itoa(int(front.Port()))
	})
}
