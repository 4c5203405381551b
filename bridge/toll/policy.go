package toll

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
)

// Options says what is allowed.
type Options struct {
	// Rules are tried in order; the first that names user, number and trunk counts.
	Rules []Rule
	// Normalise brings a dialled number to the form that rules are about, such as +4930123.
	Normalise number.Rewriting
	// Trunks limits what goes over each trunk, by its name in lower case.
	Trunks map[string]Limit
	// Logger gets a line for each call that was refused, of many in a short time only some. Default: none is written.
	Logger *slog.Logger
	// Now tells the time; default time.Now.
	Now func() time.Time
}

// Limit bounds the calls of one trunk, to it and from it together; 0 is no limit.
type Limit struct {
	// MaxCalls is how many there may be at once.
	MaxCalls int
	// CallsPerSecond is how many may begin in any second.
	CallsPerSecond int
}

// Policy answers who may dial what, and keeps count. It may be used by any goroutine.
type Policy struct {
	options Options
	rules   []rule
	// lines bounds what refused calls write into the log.
	lines *rate.Limiter

	mu     sync.Mutex
	meters map[meterKey]*meter // guarded by mu
	swept  time.Time           // guarded by mu: when idle meters were last dropped
	stats  Stats               // guarded by mu
}

// meterKey names what a meter counts: a user's calls by one rule, or a trunk's, whose rule is -1.
type meterKey struct {
	rule int
	who  string
}

// meter counts the calls of one user or trunk.
type meter struct {
	calls int
	began window
}

const (
	// logBurst is how many refused calls are told in the log at once; in the long run it is one a second.
	logBurst = 20
	// trunkRule stands for a trunk's own limit where a meter has the number of a rule.
	trunkRule = -1
)

// What Admit finds against a call; each stands in the Err of its bridge.Cause.
var (
	// ErrForbidden says that no rule allows the call: 403.
	ErrForbidden = errors.New("toll: not allowed")
	// ErrUserLimit says that the user has all the calls that his rule allows: 503 with Retry-After.
	ErrUserLimit = errors.New("toll: limit of the user")
	// ErrTrunkLimit says the same of the trunk.
	ErrTrunkLimit = errors.New("toll: limit of the trunk")
)

// New checks the rules. The error joins one for each bad rule; each is an ErrRule and names it by its place, from 0.
func New(options Options) (*Policy, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	p := &Policy{
		options: options, lines: rate.NewLimiter(1, logBurst), meters: make(map[meterKey]*meter),
	}
	var faults []error
	for i, configured := range options.Rules {
		parsed, err := parseRule(configured)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w %d: %w", ErrRule, i, err))
			continue
		}
		p.rules = append(p.rules, parsed)
	}
	return p, errors.Join(faults...)
}

// Normalise gives the form of a dialled number that rules are about.
func (p *Policy) Normalise(dialled string) string {
	return p.options.Normalise.Apply(number.Clean(dialled))
}

// IsName tells whether what is dialled is a name such as alice, which costs nothing, and not a number.
func (p *Policy) IsName(dialled string) bool {
	normal := p.Normalise(dialled)
	return normal == "" || isName(normal)
}

// Admit asks whether the call may be placed now, and counts it until it is released. Release may be called again; only
// the first time counts. The error is a bridge.Cause: 403, or 503 with Retry-After.
func (p *Policy) Admit(call Call) (release func(), err error) {
	normal := p.Normalise(call.Number)
	at, found := p.find(call, normal)
	if !found || p.rules[at].Deny {
		return nil, p.refused(call, normal, bridge.Cause{Status: 403, Text: "Forbidden", Err: ErrForbidden})
	}
	rule := p.rules[at].Rule
	p.mu.Lock()
	release, cause := p.take([]claim{
		{meterKey{at, foldCase(call.who())}, rule.MaxCalls, rule.CallsPerMinute, time.Minute, ErrUserLimit},
		p.claimOf(call.Trunk),
	})
	p.mu.Unlock()
	if cause != nil {
		return nil, p.refused(call, normal, *cause)
	}
	return release, nil
}

// AdmitFrom counts a call that comes from a trunk, against that trunk's limit alone. It is else like Admit.
func (p *Policy) AdmitFrom(trunk string) (release func(), err error) {
	p.mu.Lock()
	release, cause := p.take([]claim{p.claimOf(trunk)})
	p.mu.Unlock()
	if cause != nil {
		return nil, p.refused(Call{From: trunk, Trunk: trunk}, "", *cause)
	}
	return release, nil
}

// find gives the rule that counts for a call.
func (p *Policy) find(call Call, normal string) (at int, found bool) {
	if !dialable(normal) || call.who() == "" {
		return 0, false
	}
	call.Number = normal
	for i, rule := range p.rules {
		if rule.names(call) {
			return i, true
		}
	}
	return 0, false
}

// dialable refuses what begins like a number and is none: a server may dial the digits in it, which no rule has seen.
func dialable(text string) bool {
	return number.IsNumber(text) || isName(text)
}

func isName(text string) bool { return text != "" && unicode.IsLetter(rune(text[0])) }

// claim is a place that a call wants in a meter.
type claim struct {
	key    meterKey
	calls  int // at once
	begins int // within length
	length time.Duration
	why    error
}

func (p *Policy) claimOf(trunk string) claim {
	name := strings.ToLower(trunk)
	limit := p.options.Trunks[name]
	return claim{meterKey{trunkRule, name}, limit.MaxCalls, limit.CallsPerSecond, time.Second, ErrTrunkLimit}
}

// take counts a call in all its meters, or in none. The caller holds mu.
func (p *Policy) take(claims []claim) (release func(), cause *bridge.Cause) {
	now := p.options.Now()
	p.sweep(now)
	for _, claim := range claims {
		meter := p.meter(claim.key)
		if claim.calls > 0 && meter.calls >= claim.calls {
			return nil, busy(claim.why, time.Second)
		}
		if meter.began.full(now, claim.length, claim.begins) {
			return nil, busy(claim.why, meter.began.until(claim.length).Sub(now))
		}
	}
	for _, claim := range claims {
		meter := p.meter(claim.key)
		meter.calls++
		meter.began.add(now, claim.begins)
	}
	p.stats.Admitted++
	p.stats.Active++
	return sync.OnceFunc(func() { p.release(claims) }), nil
}

func (p *Policy) release(claims []claim) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Active--
	for _, claim := range claims {
		p.meter(claim.key).calls--
	}
}

// meter gives the meter of a key. The caller holds mu.
func (p *Policy) meter(key meterKey) *meter {
	found, ok := p.meters[key]
	if !ok {
		found = &meter{}
		p.meters[key] = found
	}
	return found
}

// sweep drops the meters that count nothing any more, once a minute. The caller holds mu.
func (p *Policy) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for key, meter := range p.meters {
		if meter.calls == 0 && now.Sub(meter.began.newest()) >= time.Minute {
			delete(p.meters, key)
		}
	}
}

func busy(why error, wait time.Duration) *bridge.Cause {
	seconds := max(int(math.Ceil(wait.Seconds())), 1)
	return &bridge.Cause{
		Status: 503, Text: "Service Unavailable", Err: why,
		Headers: []bridge.Header{{Name: "Retry-After", Value: strconv.Itoa(seconds)}},
	}
}

// refused counts a refusal and tells it in the log.
func (p *Policy) refused(call Call, normal string, cause bridge.Cause) bridge.Cause {
	p.mu.Lock()
	p.stats.count(cause.Err)
	p.mu.Unlock()
	if p.lines.Allow() {
		p.options.Logger.Warn("call refused by dialing rules", "user", call.who(), "number", normal,
			"dialled", call.Number, "trunk", call.Trunk, "status", cause.Status, "reason", cause.Err)
	}
	return cause
}
