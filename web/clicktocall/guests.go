package clicktocall

import (
	"crypto/rand"
	"maps"
	"strings"
	"sync"
	"time"
)

const (
	// maxGuests bounds those who may start calls at one time.
	maxGuests = 10_000
	// callsPerGuest is how often a guest may try: somebody who was busy is called again.
	callsPerGuest = 3
	// guestPrefix begins the names of guests. Only this package makes such names.
	guestPrefix = "guest-"
)

// Guest is a visitor of a web site who may call one address.
type Guest struct {
	// User is his name and domain, "guest-...@example.com".
	User string
	// Origin is the web site.
	Origin string
	// To is whom he may call, and As who he is then, if he is not to be shown as a visitor.
	To string
	As *Identity
	// Until is when he may start no more calls.
	Until time.Time

	tries int // left; guarded by mu of guests
}

// Identity is as whom a call is placed.
type Identity struct {
	// Name is for the eye, URI the SIP address.
	Name, URI string
	// Login is what answers challenges; see bridge.Request.
	Login any
}

// guests are those who may start calls.
type guests struct {
	mu     sync.Mutex
	byUser map[string]*Guest // guarded by mu; by User
	tokens map[string]string // guarded by mu; User by the fingerprint of the token
}

func newGuests() *guests {
	return &guests{byUser: make(map[string]*Guest), tokens: make(map[string]string)}
}

// welcome gives a guest a name in a domain and a token. ok is false if there are too many.
func (g *guests) welcome(guest Guest, domain string, now time.Time) (named Guest, token string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tidy(now)
	if len(g.byUser) >= maxGuests {
		return Guest{}, "", false
	}
	guest.User = guestPrefix + strings.ToLower(rand.Text()[:16]) + "@" + domain
	guest.tries = callsPerGuest
	token = rand.Text()
	g.byUser[guest.User] = &guest
	g.tokens[fingerprint(token)] = guest.User
	return guest, token, true
}

// tidy forgets whose time is over. The caller holds mu.
func (g *guests) tidy(now time.Time) {
	maps.DeleteFunc(g.byUser, func(_ string, guest *Guest) bool { return !now.Before(guest.Until) })
	maps.DeleteFunc(g.tokens, func(_, user string) bool { return g.byUser[user] == nil })
}

// byToken gives the guest with a token, if his time is not over.
func (g *guests) byToken(token string, now time.Time) (Guest, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guest := g.byUser[g.tokens[fingerprint(token)]]
	if guest == nil || !now.Before(guest.Until) {
		return Guest{}, false
	}
	return *guest, true
}

// try takes one of a guest's tries. ok is false if he has none left, or his time is over.
func (g *guests) try(user string, now time.Time) (guest Guest, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.byUser[user]
	if known == nil || !now.Before(known.Until) || known.tries == 0 {
		return Guest{}, false
	}
	known.tries--
	return *known, true
}

// count tells how many there are.
func (g *guests) count(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tidy(now)
	return len(g.byUser)
}
