package registrar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// Binding is one place where a user is.
type Binding struct {
	AOR AOR
	// URI is the contact's, for the request line of what is sent there. It may be no real address.
	URI string
	// Flow is the way there: the one that the REGISTER came on.
	Flow transport.Flow
	// Path are the proxies on the way, as the Route that requests there carry (RFC 3327); mostly there are none.
	Path []sip.Uri
	// Instance and RegID name the device and which of its flows this is (RFC 5626 section 4.1); Instance is empty
	// and RegID zero if the client doesn't tell.
	Instance string
	RegID    uint32
	// CallID and CSeq are of the REGISTER that last touched the binding.
	CallID string
	CSeq   uint32
	// Expires is when the binding ends unless it's refreshed.
	Expires time.Time
	// Q is the client's preference, 0 to 1000.
	Q int
	// UserAgent is what the client calls itself, at most 128 bytes.
	UserAgent string

	contact contact
}

// header is the binding as a Contact value of a 200: as the client sent it, and always with expires, without which
// SIP.js registers again at once, for ever.
func (b *Binding) header(now time.Time) string {
	left := max(int64((b.Expires.Sub(now)+time.Second-1)/time.Second), 0)
	return fmt.Sprintf("%s;expires=%d", b.contact.String(), left)
}

// live tells whether the binding can still be used.
func (b *Binding) live(now time.Time) bool { return b.Expires.After(now) && !isGone(b.Flow) }

// Extends tells whether the device said that it knows an option (RFC 3840 section 10.5): extensions="one,two".
func (b *Binding) Extends(option string) bool {
	for _, param := range b.contact.params {
		if !strings.EqualFold(param.name, "extensions") {
			continue
		}
		for known := range strings.SplitSeq(strings.Trim(param.value, `"`), ",") {
			if strings.EqualFold(strings.TrimSpace(known), option) {
				return true
			}
		}
	}
	return false
}

// WantsICE tells whether the device said that it has ICE (RFC 5768 section 4).
func (b *Binding) WantsICE() bool {
	return slices.ContainsFunc(b.contact.params, func(feature contactParam) bool {
		return strings.EqualFold(feature.name, "+sip.ice") && !strings.EqualFold(strings.Trim(feature.value, `"`), "false")
	})
}

// sameAs tells whether b and other are the same device, so one replaces the other.
//
// A device that names itself (RFC 5626 section 6) is known by that alone. Of others the URI decides; but on a WebSocket
// that is an invented one, and sipML5 uses the same for every page, so there the connection or, after a
// reconnect, the Call-ID must be the same too.
func (b *Binding) sameAs(other *Binding) bool {
	if b.outbound() || other.outbound() {
		return b.RegID == other.RegID && strings.EqualFold(b.Instance, other.Instance)
	}
	if !sameURI(b.contact.uri, other.contact.uri) {
		return false
	}
	return !b.onWebSocket() || b.Flow == other.Flow || b.CallID == other.CallID
}

func (b *Binding) outbound() bool { return b.Instance != "" && b.RegID != 0 }

func (b *Binding) onWebSocket() bool {
	word := b.Flow.Transport()
	return strings.EqualFold(word, "WS") || strings.EqualFold(word, "WSS")
}

// isGone tells whether a flow is closed.
func isGone(flow transport.Flow) bool {
	select {
	case <-flow.Done():
		return true
	default:
		return false
	}
}
