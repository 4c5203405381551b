package trunk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// Sender sends requests to a trunk.
type Sender interface {
	// SendRegister sends the REGISTER that prepare makes, once it is known which of our addresses, with token as its user
	// part, is the contact, and gives its final response and the flow that brought it. The error is that of a server that
	// was not reached.
	SendRegister(ctx context.Context, t *Trunk, token string, prepare func(contact sip.Uri) *sip.Request,
	) (response *sip.Response, way transport.Flow, err error)
}

const (
	// mostExpires bounds what a server may demand or grant.
	mostExpires = 24 * time.Hour
	// farewell is how long the end of a registration may take.
	farewell = 3 * time.Second
	// mostRoutes bounds the proxies that a trunk may put on our way.
	mostRoutes = 8
	// mostAnswers is how many challenges in a row are answered: the first, and one that says that its nonce was stale.
	mostAnswers = 2
)

// What became of a REGISTER.
var (
	// ErrRefused says that the trunk will have no registration of ours, so that it is not asked again.
	ErrRefused = errors.New("trunk: registration refused")
	// ErrFailed says that the trunk did not register us this time.
	ErrFailed = errors.New("trunk: registration failed")
)

// Registration keeps us registered at a trunk (RFC 3261 section 10.2).
type Registration struct {
	trunk  *Trunk
	sender Sender
	log    *slog.Logger
	// again holds one token while a refresh is wanted before its time.
	again chan struct{}
	// token is the user part of our contact there: what calls it, was told of it by the trunk.
	token  string
	callID string
	// sequence, bound, wanted and observe belong to Run. asked is our contact as it was last sent, bound
	// as it was last granted.
	sequence uint32
	bound    sip.Uri
	asked    sip.Uri
	wanted   time.Duration
	observe  func(error)

	mu    sync.Mutex
	state State          // guarded by mu
	way   transport.Flow // guarded by mu; by which it was last granted
}

// State is what is known of a registration.
type State struct {
	// Registered tells whether we are, Refused that we shall not be.
	Registered, Refused bool
	// Failures counts failed tries since the start.
	Failures uint64
	// ServiceRoute are the proxies on the way of our requests to the trunk, the nearest first (RFC 3608).
	ServiceRoute []sip.Uri
}

// NewRegistration makes the registration at a trunk. Nothing is sent before Run.
func NewRegistration(t *Trunk, sender Sender, log *slog.Logger) *Registration {
	return &Registration{
		trunk: t, sender: sender, log: log.With("trunk", t.Name()),
		again: make(chan struct{}, 1), token: rand.Text(), callID: rand.Text(), wanted: t.options.Expires,
		observe: func(error) {},
	}
}

// Observe has observer hear what became of each try, nil if we are registered. It does not block. Call it before Run.
func (r *Registration) Observe(observer func(error)) { r.observe = observer }

// Trunk is where we are registered.
func (r *Registration) Trunk() *Trunk { return r.trunk }

// Token is the user part of our contact there. It can't be guessed, so whoever calls it was sent by the trunk.
func (r *Registration) Token() string { return r.token }

// Again registers anew before it is time, because the way of the trunk's calls to us is lost. It does not block.
func (r *Registration) Again() {
	select {
	case r.again <- struct{}{}:
	default:
	}
}

// FlowClosed registers anew where a connection that is gone was the way of the trunk's calls to us. It does not block.
func (r *Registration) FlowClosed(flow transport.Flow) {
	r.mu.Lock()
	lost := r.way == flow
	r.mu.Unlock()
	if lost {
		r.Again()
	}
}

// State gives a snapshot.
func (r *Registration) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Run registers after a delay, refreshes in time, and ends the registration when ctx ends. Of many registrations each
// gets another delay, so that they do not all come within the same second.
func (r *Registration) Run(ctx context.Context, delay time.Duration) {
	failures := 0
	for r.sleep(ctx, delay, failures == 0) {
		select {
		case <-r.again: // it is done now
		default:
		}
		granted, err := r.register(ctx)
		if ctx.Err() == nil {
			r.observe(err)
		}
		switch {
		case err == nil:
			failures = 0
			delay = refreshAfter(granted)
		case errors.Is(err, ErrRefused):
			r.refused(err)
			<-ctx.Done()
			return
		case ctx.Err() == nil:
			failures++
			delay = r.failed(err, failures)
		}
	}
	r.unregister(context.WithoutCancel(ctx))
}

// register sends one REGISTER and, if it is challenged or too brief, those that follow from it.
func (r *Registration) register(ctx context.Context) (granted time.Duration, err error) {
	response, err := r.send(ctx, r.wanted)
	if err == nil && response.StatusCode == statusIntervalTooBrief {
		least := seconds(response, "Min-Expires")
		if least <= r.wanted || least > mostExpires {
			return 0, fmt.Errorf("%w: %v is too brief, %v is asked for", ErrFailed, r.wanted, least)
		}
		r.wanted = least
		response, err = r.send(ctx, r.wanted)
	}
	if err != nil {
		return 0, err
	}
	if !response.IsSuccess() {
		return 0, failureOf(response)
	}
	granted = r.grantedBy(response)
	if granted <= 0 {
		return 0, fmt.Errorf("%w: the answer does not have our contact", ErrFailed)
	}
	r.registered(response, granted)
	r.bound = r.asked
	return granted, nil
}

// send sends a REGISTER and answers the challenges to it.
func (r *Registration) send(ctx context.Context, expires time.Duration) (*sip.Response, error) {
	var proof sip.Header
	for answered := 0; ; answered++ {
		var sent *sip.Request
		response, way, err := r.sender.SendRegister(ctx, r.trunk, r.token, func(contact sip.Uri) *sip.Request {
			sent = r.request(contact, expires, proof)
			return sent
		})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFailed, err)
		}
		r.cameBy(response, way)
		asks := response.StatusCode == sip.StatusUnauthorized || response.StatusCode == sip.StatusProxyAuthRequired
		if !asks || answered == mostAnswers {
			return response, nil
		}
		proof, err = r.trunk.Answer(response, sip.REGISTER, sent.Recipient)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFailed, err)
		}
	}
}

// cameBy notes the way of what the trunk agreed to.
func (r *Registration) cameBy(response *sip.Response, way transport.Flow) {
	if !response.IsSuccess() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.way = way
}

const statusIntervalTooBrief = 423

// failureOf is the error of a response: with 403 there is nothing to be waited for.
func failureOf(response *sip.Response) error {
	kind := ErrFailed
	if response.StatusCode == sip.StatusForbidden {
		kind = ErrRefused
	}
	return &failure{kind: kind, status: response.StatusCode, reason: response.Reason, wait: retryAfter(response)}
}

// failure is a response that failed; kind is ErrFailed or ErrRefused, wait the Retry-After in it.
type failure struct {
	kind   error
	status int
	reason string
	wait   time.Duration
}

func (f *failure) Error() string { return fmt.Sprintf("%v: %d %s", f.kind, f.status, f.reason) }

func (f *failure) Unwrap() error { return f.kind }

// StatusOf gives the response that made a registration fail; ok is false where no response did.
func StatusOf(err error) (status int, reason string, ok bool) {
	failed, ok := errors.AsType[*failure](err)
	if !ok {
		return 0, "", false
	}
	return failed.status, failed.reason, true
}

// request makes a REGISTER; proof answers a challenge, if it is not nil.
func (r *Registration) request(contact sip.Uri, expires time.Duration, proof sip.Header) *sip.Request {
	r.sequence++
	t := r.trunk
	request := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: t.options.Domain})
	own := sip.Uri{Scheme: "sip", User: t.options.Account, Host: t.options.FromDomain}
	from := &sip.FromHeader{Address: own, Params: sip.NewParams()}
	from.Params.Add("tag", rand.Text())
	callID := sip.CallIDHeader(r.callID)
	request.AppendHeader(from)
	request.AppendHeader(&sip.ToHeader{Address: own})
	request.AppendHeader(&callID)
	request.AppendHeader(&sip.CSeqHeader{SeqNo: r.sequence, MethodName: sip.REGISTER})
	request.AppendHeader(&sip.ContactHeader{Address: contact})
	r.asked = contact
	if r.isFormer(r.bound) {
		gone := &sip.ContactHeader{Address: r.bound, Params: sip.NewParams()}
		gone.Params.Add("expires", "0")
		request.AppendHeader(gone)
	}
	request.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))))
	request.AppendHeader(sip.NewHeader("Supported", "path"))
	if proof != nil {
		request.AppendHeader(proof)
	}
	return request
}

// isFormer tells whether a contact is that of before our address changed: it has to go, or calls would go there, too.
func (r *Registration) isFormer(contact sip.Uri) bool {
	at := func(uri sip.Uri) string { return fmt.Sprint(uri.Host, " ", uri.Port) }
	return r.bound.Host != "" && at(contact) == at(r.bound) && at(contact) != at(r.asked)
}

// grantedBy is how long our contact is bound by a 200, 0 if it is not.
func (r *Registration) grantedBy(response *sip.Response) time.Duration {
	for _, header := range response.GetHeaders("Contact") {
		contact, ok := header.(*sip.ContactHeader)
		if !ok || contact.Address.User != r.token || r.isFormer(contact.Address) {
			continue
		}
		if value, ok := contact.Params.Get("expires"); ok {
			return min(parseSeconds(value), mostExpires)
		}
		if response.GetHeader("Expires") != nil {
			return min(seconds(response, "Expires"), mostExpires)
		}
		return r.wanted
	}
	return 0
}

func (r *Registration) registered(response *sip.Response, granted time.Duration) {
	routes := serviceRoute(response)
	r.mu.Lock()
	news := !r.state.Registered
	r.state.Registered, r.state.ServiceRoute = true, routes
	r.mu.Unlock()
	if news {
		r.log.Info("registered at trunk", "for", granted)
	}
}

// serviceRoute reads the Service-Route headers, each of which may list several (RFC 3608 section 5). One that cannot be
// read is left out.
func serviceRoute(response *sip.Response) []sip.Uri {
	var routes []sip.Uri
	for _, header := range response.GetHeaders("Service-Route") {
		for text := range strings.SplitAfterSeq(header.Value(), ">,") {
			text = strings.TrimSuffix(text, ",")
			if route, err := wire.ParseAddress(text, wire.StreamLimits()); err == nil && len(routes) < mostRoutes {
				routes = append(routes, route.URI)
			}
		}
	}
	return routes
}

func (r *Registration) refused(why error) {
	r.mu.Lock()
	r.state.Registered, r.state.Refused = false, true
	r.state.Failures++
	r.mu.Unlock()
	r.log.Error("trunk refuses registration; it is not tried again", "error", why)
}

// failed notes a failure and gives the wait until the next try.
func (r *Registration) failed(why error, failures int) time.Duration {
	r.mu.Lock()
	r.state.Registered = false
	r.state.Failures++
	r.mu.Unlock()
	wait := waitAfter(failures)
	if failed, ok := errors.AsType[*failure](why); ok {
		wait = max(wait, jitter(failed.wait, 1, 1.1))
	}
	r.log.Warn("not registered at trunk", "error", why, "again_in", wait.Round(time.Second))
	return wait
}

// unregister ends the registration, if there is one.
func (r *Registration) unregister(ctx context.Context) {
	if !r.State().Registered {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if _, err := r.send(ctx, 0); err != nil {
		r.log.Warn("registration not ended", "error", err)
	}
	r.mu.Lock()
	r.state.Registered = false
	r.mu.Unlock()
}
