package resolver

import (
	"bufio"
	"errors"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

// The file of hosts is looked at again after hostsAge; of a longer one than maxHosts bytes the rest is not read.
const (
	hostsAge = 5 * time.Second
	maxHosts = 1 << 20
)

// hosts is the file of hosts(5).
type hosts struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	looked  time.Time               // guarded by mu: when the file was looked at
	changed time.Time               // guarded by mu: the time of the version that was read
	names   map[string][]netip.Addr // guarded by mu
}

func newHosts(path string, now func() time.Time) *hosts { return &hosts{path: path, now: now} }

// find gives the addresses of a name in the file, those of IPv4 first. The lock is held while the file, which is
// local and small, is read.
func (h *hosts) find(name string) []netip.Addr {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.now(); h.looked.IsZero() || now.Sub(h.looked) > hostsAge {
		h.looked = now
		h.read()
	}
	return h.names[plainName(name)]
}

// read reads the file if it is another than before. The caller holds mu.
func (h *hosts) read() {
	info, err := os.Stat(h.path)
	if err != nil {
		h.names, h.changed = nil, time.Time{}
		return
	}
	if info.ModTime().Equal(h.changed) {
		return
	}
	file, err := os.Open(h.path)
	if err != nil {
		return
	}
	names, err := parseHosts(io.LimitReader(file, maxHosts))
	if errors.Join(err, file.Close()) == nil {
		h.names, h.changed = names, info.ModTime()
	}
}

// parseHosts reads lines of an address and its names. A line that is none is passed over.
func parseHosts(file io.Reader) (map[string][]netip.Addr, error) {
	four, six := map[string][]netip.Addr{}, map[string][]netip.Addr{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		address, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		family := four
		if address = address.Unmap(); address.Is6() {
			family = six
		}
		for _, name := range fields[1:] {
			name = plainName(name)
			family[name] = append(family[name], address)
		}
	}
	for name, addresses := range six {
		four[name] = append(four[name], addresses...)
	}
	return four, lines.Err()
}
