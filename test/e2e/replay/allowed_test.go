package replay_test

import (
	"path"
	"slices"
	"sync"

	"sipbridge/test/e2e/replay"
)

// allowance is a difference that is right, and why.
type allowance struct {
	exchanges string // as path.Match has it
	request   string
	now       int
	why       string
}

func allowances() []allowance {
	const (
		refused = "the browser refused the sound of an offer that the bridge would not make; the bridge ends such a call"
		mute    = "the browser never answered an offer that the bridge would not make, and ended what was not begun"
		brief   = "the server had granted 60 s; RFC 4028 has 90 s as the least"
		taken   = "the server's REFER was for the bridge, so the browser had nothing to tell of it"
		joined  = "the bridge joins the two calls and ends the browser's part in both"
		storm   = "sipML5 goes on taking back what it has taken back, until it is told that there is nothing"
		moved   = "the bridge goes where it is redirected itself, and there it was busy"
		demand  = "the answers to an INVITE that required 100rel, which the bridge's does not"
	)
	return []allowance{
		{"*-in-unknown-codec", "bridge BYE", 1, refused},
		{"*-in-unknown-codec", "BYE", 481, refused},
		{"sipml5-firefox-in-no-rtcpmux", "bridge BYE", 1, refused},
		{"sipml5-firefox-in-no-rtcpmux", "BYE", 481, refused},
		{"sipml5-firefox-in-no-fingerprint", "BYE", 481, mute},
		{"sipml5-firefox-in-plain-rtp", "BYE", 481, mute},
		{"sipml5-*-in-require-100rel", "bridge BYE", 1, demand},
		{"jssip-*-session-timer-uac", "UPDATE", 422, brief},
		{"*-in-refer-accept", "NOTIFY", 481, taken},
		{"*-server-indialog", "NOTIFY", 481, taken},
		{"*-refer-attended", "bridge BYE", 1, joined},
		{"*-refer-attended", "BYE", 481, joined},
		{"*-reject-302", "INVITE", 486, moved},
		{"?_*_full_ws_log", "PUBLISH", 481, storm},
		{"?_*_full_ws_log", "SUBSCRIBE", 481, storm},
		{"sipml5-*-ood-client", "SUBSCRIBE", 481, storm},
	}
}

// permissions are the allowances, and which of them were made use of.
type permissions struct {
	all []allowance

	mu   sync.Mutex
	used map[int]bool // guarded by mu, by index
}

// deny gives the differences of an exchange that no allowance covers.
func (p *permissions) deny(exchange string, differences []replay.Difference) []replay.Difference {
	return slices.DeleteFunc(differences, func(d replay.Difference) bool {
		return p.allow(exchange, d)
	})
}

func (p *permissions) allow(exchange string, d replay.Difference) bool {
	at := slices.IndexFunc(p.all, func(a allowance) bool {
		matches, err := path.Match(a.exchanges, exchange)
		return err == nil && matches && a.request == d.Request && a.now == d.Now
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[at] = true
	return at >= 0
}

// unused gives the allowances that nothing needed: they have to go.
func (p *permissions) unused() []allowance {
	p.mu.Lock()
	defer p.mu.Unlock()
	var unused []allowance
	for i, a := range p.all {
		if !p.used[i] {
			unused = append(unused, a)
		}
	}
	return unused
}
