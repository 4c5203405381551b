package locate

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sipbridge/sipua/transport"
)

// maxBlacklist bounds how many targets are remembered.
const maxBlacklist = 4096

// maxBusy is the longest Retry-After that is honoured.
const maxBusy = time.Hour

// BlacklistOptions configure a Blacklist. Zero fields mean the default.
type BlacklistOptions struct {
	// Avoid is for how long a target that failed comes last, unless it is probed; default one minute.
	Avoid time.Duration
	// Failures is how many probes in a row must fail until a target counts as down; default 3.
	Failures int
	// Successes is how many probes in a row must succeed until it counts as up again; default 2.
	Successes int
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Blacklist remembers which targets are not worth a try. It is safe for concurrent use.
//
// A target that failed is avoided for a while. One that is probed is down instead until enough probes succeed. One that
// said how long it is busy is avoided for that long, whatever its probes say.
type Blacklist struct {
	options BlacklistOptions

	mu      sync.Mutex
	targets map[point]standing // guarded by mu
}

// point is what a target is known by, whatever the name it was found by.
type point struct {
	word    string
	address netip.AddrPort
}

// standing is what is known of a target.
type standing struct {
	// avoid is until when it is avoided because it failed, busy because it said so.
	avoid, busy time.Time
	// probed tells that probes decide whether it is down; row is how many in a row said the opposite of down.
	probed, down bool
	row          int
}

// NewBlacklist makes an empty one.
func NewBlacklist(options BlacklistOptions) *Blacklist {
	if options.Avoid == 0 {
		options.Avoid = time.Minute
	}
	if options.Failures == 0 {
		options.Failures = 3
	}
	if options.Successes == 0 {
		options.Successes = 2
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Blacklist{options: options, targets: make(map[point]standing)}
}

func pointOf(target transport.Target) point {
	return point{word: strings.ToUpper(target.Transport), address: target.Address}
}

// Failed notes that a target did not answer a request or could not be reached. It reports whether that is news.
func (b *Blacklist) Failed(target transport.Target) bool {
	now := b.options.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.targets[pointOf(target)]
	news := !known.down && !now.Before(known.avoid)
	known.avoid = now.Add(b.options.Avoid)
	if known.probed {
		known.avoid, known.down, known.row = time.Time{}, true, 0
	}
	b.put(target, known, now)
	return news
}

// Busy notes that a target asked to be left alone for some time; more than an hour is not believed.
func (b *Blacklist) Busy(target transport.Target, howLong time.Duration) {
	if howLong <= 0 {
		return
	}
	now := b.options.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.targets[pointOf(target)]
	known.busy = now.Add(min(howLong, maxBusy))
	b.put(target, known, now)
}

// Probed notes how a probe of a target went. It reports whether the target went down or came up by that; what it was
// avoided for before the first probe is forgotten by a success.
func (b *Blacklist) Probed(target transport.Target, answered bool) (changed bool) {
	now := b.options.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.targets[pointOf(target)]
	if !known.probed {
		known.probed, known.down, known.avoid = true, now.Before(known.avoid), time.Time{}
	}
	if answered != known.down { // it is as it was
		known.row = 0
	} else {
		known.row++
	}
	enough := b.options.Failures
	if known.down {
		enough = b.options.Successes
	}
	if known.row >= enough {
		known.down, known.row, changed = !known.down, 0, true
	}
	b.put(target, known, now)
	return changed
}

// Unprobed forgets that targets are probed, but for those that are kept.
func (b *Blacklist) Unprobed(keep []transport.Target) {
	kept := make(map[point]bool, len(keep))
	for _, target := range keep {
		kept[pointOf(target)] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.targets, func(at point, known standing) bool { return known.probed && !kept[at] })
}

// put enters a target. If there is no room, those go first that are as good as unknown, then any that is not probed.
// The caller holds mu.
func (b *Blacklist) put(target transport.Target, known standing, now time.Time) {
	at := pointOf(target)
	if _, entered := b.targets[at]; !entered && len(b.targets) >= maxBlacklist {
		maps.DeleteFunc(b.targets, func(_ point, old standing) bool { return !old.probed && !old.bad(now) })
		for old, standing := range b.targets {
			if len(b.targets) < maxBlacklist {
				break
			}
			if !standing.probed {
				delete(b.targets, old)
			}
		}
	}
	b.targets[at] = known
}

func (s standing) bad(now time.Time) bool { return s.down || now.Before(s.avoid) || now.Before(s.busy) }

// Has tells whether a target is to be avoided now.
func (b *Blacklist) Has(target transport.Target) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.targets[pointOf(target)].bad(b.options.Now())
}

// Sort gives the targets with those to be avoided last, for when nothing else is left.
func (b *Blacklist) Sort(targets []transport.Target) []transport.Target {
	var good, bad []transport.Target
	for _, target := range targets {
		if b.Has(target) {
			bad = append(bad, target)
		} else {
			good = append(good, target)
		}
	}
	return slices.Concat(good, bad)
}

// Size gives how many targets are to be avoided now.
func (b *Blacklist) Size() int {
	now := b.options.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	size := 0
	for _, known := range b.targets {
		if known.bad(now) {
			size++
		}
	}
	return size
}
