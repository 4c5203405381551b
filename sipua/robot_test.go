package sipua

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// robot is a phone that answers by itself, on a goroutine of its own, one call at a time.
type robot struct {
	p *peer
	// invited and reinvited answer our INVITEs; all else is answered as by any phone.
	invited, reinvited func(invite *sip.Request)
	// finals are the statuses of the final responses to its own requests, with their methods: "491 INVITE".
	finals chan string

	count    atomic.Int64 // makes Call-IDs and branches
	offering atomic.Bool  // an INVITE of its own is open

	mu      sync.Mutex
	callID  string          // guarded by mu
	us, own string          // guarded by mu: From and To, as in its own requests
	invite  *sip.Request    // guarded by mu: our first INVITE
	refused map[string]bool // guarded by mu: INVITEs that had a final response
	number  int             // guarded by mu: its last CSeq
}

// newRobot starts one; it ends with the test.
func (s *setup) newRobot(remote string) *robot {
	r := &robot{p: s.peer("TCP", remote), finals: make(chan string, 64), refused: make(map[string]bool)}
	r.reinvited = r.acceptReinvite
	quit := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case message := <-r.p.sent:
				r.serve(message)
			case <-quit:
				return
			}
		}
	})
	s.t.Cleanup(func() {
		s.close()
		close(quit)
		running.Wait()
	})
	return r
}

func (r *robot) serve(message sip.Message) {
	switch message := message.(type) {
	case *sip.Request:
		r.asked(message)
	case *sip.Response:
		r.answered(message)
	}
}

func (r *robot) asked(request *sip.Request) {
	switch request.Method {
	case sip.INVITE:
		if request.To().Params.Has("tag") {
			r.reinvited(request)
			return
		}
		r.meet(request)
		r.invited(request)
	case sip.ACK:
	case sip.CANCEL:
		r.p.respond(request, 200, "bobtag", "")
		r.refuse(r.invite, 487)
	default:
		r.p.respond(request, 200, "", "")
	}
}

// meet notes the dialog that our INVITE begins.
func (r *robot) meet(invite *sip.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.invite, r.callID, r.number = invite, invite.CallID().Value(), 0
	r.us, r.own = invite.From().Value(), invite.To().Value()+";tag=bobtag"
}

// refuse answers an INVITE once.
func (r *robot) refuse(invite *sip.Request, status int) {
	if r.decide(invite) {
		r.p.respond(invite, status, "bobtag", "")
	}
}

// accept answers an INVITE once.
func (r *robot) accept(invite *sip.Request, tag string) {
	if r.decide(invite) {
		r.p.respond(invite, 200, tag, "sdp")
	}
}

// decide reports false if an INVITE has its final response.
func (r *robot) decide(invite *sip.Request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	branch, _ := invite.Via().Params.Get("branch")
	decided := r.refused[branch]
	r.refused[branch] = true
	return !decided
}

// acceptReinvite answers as RFC 3261 section 14.2 has it.
func (r *robot) acceptReinvite(invite *sip.Request) {
	if r.offering.Load() {
		r.refuse(invite, 491)
		return
	}
	r.accept(invite, "")
}

// answered takes a response to a request of its own.
func (r *robot) answered(response *sip.Response) {
	cseq := response.CSeq()
	if response.StatusCode < 200 {
		return
	}
	if cseq.MethodName == sip.INVITE {
		r.mu.Lock()
		r.own, r.us = response.From().Value(), response.To().Value()
		r.mu.Unlock()
		branch := fmt.Sprint(r.count.Add(1))
		if response.StatusCode >= 300 {
			sent, _ := response.Via().Params.Get("branch")
			branch = strings.TrimPrefix(sent, sip.RFC3261BranchMagicCookie)
		}
		r.say("", "ACK", int(cseq.SeqNo), branch)
		r.offering.Store(false)
	}
	r.finals <- fmt.Sprint(response.StatusCode, " ", cseq.MethodName)
}

// call begins a call of its own.
func (r *robot) call() {
	r.mu.Lock()
	r.callID, r.number = fmt.Sprint("robot", r.count.Add(1)), 0
	r.own, r.us = fmt.Sprintf("<sip:robot@out.example>;tag=%s", r.callID), "<sip:bob@out.example>"
	r.mu.Unlock()
	r.offering.Store(true)
	r.request("sdp", "INVITE")
}

// request sends the next request of its call.
func (r *robot) request(body, method string) {
	r.mu.Lock()
	r.number++
	number := r.number
	r.mu.Unlock()
	r.say(body, method, number, fmt.Sprint(r.count.Add(1)))
}

// cancel cancels its INVITE, the last request that it made.
func (r *robot) cancel() {
	r.say("", "CANCEL", 1, fmt.Sprint(r.count.Load()))
}

func (r *robot) say(body, method string, number int, branch string) {
	r.mu.Lock()
	lines := []string{
		method + " sip:bob@out.example SIP/2.0",
		"Via: SIP/2.0/TCP " + r.p.remote.String() + ";branch=" + sip.RFC3261BranchMagicCookie + branch,
		"Max-Forwards: 70", "From: " + r.own, "To: " + r.us, "Call-ID: " + r.callID,
		fmt.Sprint("CSeq: ", number, " ", method), "Contact: <sip:robot@" + r.p.remote.String() + ">",
	}
	r.mu.Unlock()
	r.p.say(body, lines...)
}

// mustBe awaits the final response to the robot's request.
func (r *robot) mustBe(t *testing.T, allowed ...string) {
	t.Helper()
	final := within(t, r.finals, "final response")
	if !slices.Contains(allowed, final) {
		t.Errorf("got %s, want one of %q", final, allowed)
	}
}
