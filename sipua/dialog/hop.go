package dialog

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// Hop is where the requests of a dialog go next, if its party gave that as a name: the servers that were found for it
// (RFC 3261 section 8.1.2, RFC 3263). It belongs to its leg's goroutine.
type Hop struct {
	name ServerName
	// servers are those of the name, as they were found last; none before the first answer.
	servers []transport.Target
	// searching tells that a look-up is under way; held are the requests that wait for the first one.
	searching bool
	held      []*sip.Request
}

// Hop is the next hop of the dialog.
func (d *Dialog) Hop() *Hop { return &d.hop }

// Servers are those that were found for the name; none before they are.
func (h *Hop) Servers() []transport.Target { return h.servers }

// Knows tells whether the servers of a name are found.
func (h *Hop) Knows(name ServerName) bool { return name == h.name && len(h.servers) > 0 }

// Forget is for a hop that is no name, or whose name counts for nothing.
func (h *Hop) Forget() { h.name, h.servers = ServerName{}, nil }

// Seek makes a name the hop's. What was found for the same one before stays in use until Found or Forget. It reports
// false if a look-up is under way already; else one is from now on, which Sought ends.
func (h *Hop) Seek(name ServerName) bool {
	if name != h.name {
		h.name, h.servers = name, nil
	}
	if h.searching {
		return false
	}
	h.searching = true
	return true
}

// Sought ends the look-up of a name. It reports false if the hop has another name by now.
func (h *Hop) Sought(name ServerName) bool {
	h.searching = false
	return name == h.name
}

// Found notes the servers of the hop's name.
func (h *Hop) Found(servers []transport.Target) { h.servers = servers }

// IsOpen tells whether the first servers are still being looked for.
func (h *Hop) IsOpen() bool { return h.searching && len(h.servers) == 0 }

// Hold keeps a request until the look-up has ended, but not twice: a 2xx is repeated, and then so is its ACK.
func (h *Hop) Hold(request *sip.Request) {
	same := func(held *sip.Request) bool { return held.CSeq().Value() == request.CSeq().Value() }
	if !slices.ContainsFunc(h.held, same) {
		h.held = append(h.held, request)
	}
}

// Holds tells whether a request waits.
func (h *Hop) Holds() bool { return len(h.held) > 0 }

// Release gives the requests that waited, in order; it holds them no more.
func (h *Hop) Release() []*sip.Request {
	held := h.held
	h.held = nil
	return held
}
