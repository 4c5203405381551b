package sipua

import (
	"math/rand/v2"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// rounds is how often each race is run: none may leave a dialog behind.
const rounds = 1000

// over waits until a leg has ended, whatever else it tells.
func over(t *testing.T, leg bridge.Leg) (why bridge.Ended) {
	t.Helper()
	for {
		switch told := within(t, leg.Events(), "end of the leg").(type) {
		case bridge.Ended:
			return told
		case bridge.Offered:
			leg.Accept(told.Offer)
		}
	}
}

// until waits for an event of a leg, over all others.
func until[E bridge.Event](t *testing.T, leg bridge.Leg) {
	t.Helper()
	for {
		switch told := within(t, leg.Events(), "event of the leg").(type) {
		case E:
			return
		case bridge.Ended:
			t.Fatalf("ended: %v", told.Cause)
		}
	}
}

// together does all at once, in any order, and returns when all is done.
func together(work ...func()) {
	rand.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
	done := make(chan struct{}, len(work))
	for _, one := range work {
		go func() {
			one()
			done <- struct{}{}
		}()
	}
	for range work {
		<-done
	}
}

// up is a call to a robot that has answered.
func (s *setup) up(r *robot) bridge.Leg {
	s.t.Helper()
	r.invited = func(invite *sip.Request) { r.accept(invite, "bobtag") }
	leg := s.dial(r.p)
	until[bridge.Answered](s.t, leg)
	return leg
}

// Both sides make an offer at once. Whoever is refused may have to hear 491, and the call goes on.
func TestRaceOfReinvites(t *testing.T) {
	s := newSetup(t)
	r := s.newRobot("192.0.2.20:5060")
	for range rounds {
		leg := s.up(r)
		together(
			func() { leg.SetDirection(bridge.SendOnly) },
			func() {
				r.offering.Store(true)
				r.request("sdp", "INVITE")
			},
		)
		r.mustBe(t, "200 INVITE", "491 INVITE")
		leg.Hangup(bridge.Normal())
		over(t, leg)
	}
	s.settled()
}

// One side hangs up while the other makes an offer, or both hang up.
func TestRaceOfByeAndReinvite(t *testing.T) {
	t.Run("their BYE", func(t *testing.T) {
		s := newSetup(t)
		r := s.newRobot("192.0.2.20:5060")
		r.reinvited = func(invite *sip.Request) { r.refuse(invite, []int{481, 487, 491}[rand.IntN(3)]) }
		for range rounds {
			leg := s.up(r)
			together(func() { leg.SetDirection(bridge.SendOnly) }, func() { r.request("", "BYE") })
			over(t, leg)
			r.mustBe(t, "200 BYE", "481 BYE")
		}
		s.settled()
	})
	t.Run("our BYE", func(t *testing.T) {
		s := newSetup(t)
		r := s.newRobot("192.0.2.20:5060")
		for range rounds {
			leg := s.up(r)
			together(func() { leg.Hangup(bridge.Normal()) }, func() { r.request("sdp opus", "INVITE") })
			over(t, leg)
			r.mustBe(t, "200 INVITE", "481 INVITE", "487 INVITE")
		}
		s.settled()
	})
	t.Run("both", func(t *testing.T) {
		s := newSetup(t)
		r := s.newRobot("192.0.2.20:5060")
		for range rounds {
			leg := s.up(r)
			together(func() { leg.Hangup(bridge.Normal()) }, func() { r.request("", "BYE") })
			over(t, leg)
			r.mustBe(t, "200 BYE", "481 BYE")
		}
		s.settled()
	})
}

// The caller offers anew before it has an answer, while the callee answers.
func TestRaceOfOfferAndAnswer(t *testing.T) {
	for _, method := range []string{"INVITE", "UPDATE"} {
		t.Run(method, func(t *testing.T) {
			s := newSetup(t)
			r := s.newRobot("192.0.2.9:5070")
			for range rounds {
				r.call()
				leg := within(t, s.incoming, "call")
				ring := pcmu()
				leg.Ring(&ring)
				r.learn(t, leg)
				together(func() { leg.Answer(pcmu()) }, func() { r.request("sdp sendonly", method) })
				for range 2 {
					r.mustBe(t, "200 INVITE", "500 "+method, "491 "+method, "200 "+method)
				}
				r.request("", "BYE")
				over(t, leg)
				r.mustBe(t, "200 BYE")
			}
			s.settled()
		})
	}
}

// learn takes the tag that a leg has given to a robot that calls.
func (r *robot) learn(t *testing.T, leg bridge.Leg) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.us = "<sip:bob@out.example>;tag=" + leg.Info().Dialog.LocalTag
}

// Several gateways answer one INVITE, while it may be given up.
func TestRaceOfForksThatAnswer(t *testing.T) {
	tests := map[string]func(leg bridge.Leg){
		"taken":    func(bridge.Leg) {},
		"given up": func(leg bridge.Leg) { leg.Hangup(bridge.Cause{Status: 487}) },
	}
	for name, meanwhile := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			r := s.newRobot("192.0.2.20:5060")
			invites := make(chan *sip.Request, 1)
			r.invited = func(invite *sip.Request) {
				r.p.respond(invite, 180, "a", "")
				r.decide(invite) // by all of them
				invites <- invite
			}
			for range rounds {
				leg := s.dial(r.p)
				invite := within(t, invites, "INVITE")
				answer := func(tag string) func() { return func() { r.p.respond(invite, 200, tag, "sdp") } }
				together(answer("a"), answer("bb"), answer("ccc"), answer("a"), func() { meanwhile(leg) })
				leg.Hangup(bridge.Normal())
				over(t, leg)
			}
			s.settled()
		})
	}
}

// What is provisional comes late, twice, and mixed with the answer.
func TestRaceOfLateProvisionals(t *testing.T) {
	s := newSetup(t)
	r := s.newRobot("192.0.2.20:5060")
	invites := make(chan *sip.Request, 1)
	r.invited = func(invite *sip.Request) { invites <- invite }
	for range rounds {
		leg := s.dial(r.p)
		invite := within(t, invites, "INVITE")
		together(
			func() { r.p.respond(invite, 180, "bobtag", "") },
			func() { r.p.respond(invite, 183, "bobtag", "sdp") },
			func() { r.p.respond(invite, 183, "bobtag", "sdp opus", reliably(1)...) },
			func() { r.p.respond(invite, 180, "other", "", reliably(7)...) },
			func() { r.accept(invite, "bobtag") },
		)
		until[bridge.Answered](t, leg)
		leg.Hangup(bridge.Normal())
		if why := over(t, leg); why.Cause.Status != 200 {
			t.Errorf("ended with %+v", why.Cause)
		}
	}
	s.settled()
}

// A call is given up just when it is answered.
func TestRaceOfCancelAndAnswer(t *testing.T) {
	t.Run("of ours", func(t *testing.T) {
		s := newSetup(t)
		r := s.newRobot("192.0.2.20:5060")
		invites := make(chan *sip.Request, 1)
		r.invited = func(invite *sip.Request) {
			r.p.respond(invite, 180, "bobtag", "")
			invites <- invite
		}
		for range rounds {
			leg := s.dial(r.p)
			invite := within(t, invites, "INVITE")
			together(func() { r.accept(invite, "bobtag") }, func() { leg.Hangup(bridge.Cause{Status: 487}) })
			over(t, leg)
		}
		s.settled()
	})
	t.Run("of theirs", func(t *testing.T) {
		s := newSetup(t)
		r := s.newRobot("192.0.2.9:5070")
		for range rounds {
			r.call()
			leg := within(t, s.incoming, "call")
			together(func() { leg.Answer(pcmu()) }, r.cancel)
			answers := []string{within(t, r.finals, "answer"), within(t, r.finals, "answer")}
			if answers[0] == "200 INVITE" || answers[1] == "200 INVITE" {
				r.request("", "BYE")
				r.mustBe(t, "200 BYE")
			}
			over(t, leg)
		}
		s.settled()
	})
}
