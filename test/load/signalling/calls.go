package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"sipbridge/test/load/message"
)

// talk is how long a call lasts once it is answered.
const talk = 200 * time.Millisecond

// outcome is how a call went.
type outcome struct {
	setUp time.Duration // from the INVITE to its 200
	fault error
}

// measureCalls places so many calls at the rate, and waits until all are over.
func (s *stage) measureCalls(ctx context.Context, rate float64, count int) (Result, error) {
	before, err := s.spent()
	if err != nil {
		return Result{}, err
	}
	repeated := s.trunk.Repeated.Load()
	outcomes := make([]outcome, count)
	var calls sync.WaitGroup
	for i := range outcomes {
		due := before.at.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		if ctx.Err() != nil {
			break
		}
		calls.Go(func() { outcomes[i] = s.call(ctx) })
	}
	calls.Wait()
	after, err := s.spent()
	if err != nil {
		return Result{}, err
	}
	result := newResult("calls", count, before, after)
	result.Asked, result.Repeated = rate, s.trunk.Repeated.Load()-repeated
	for _, one := range outcomes {
		result.add(one)
	}
	result.sort()
	return result, ctx.Err()
}

// call is one call, from INVITE to the 200 of its BYE.
func (s *stage) call(ctx context.Context) outcome {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	to, err := netip.ParseAddrPort(s.service.SIP)
	if err != nil {
		return outcome{fault: fmt.Errorf("address of the service: %w", err)}
	}
	number := strconv.FormatInt(s.placed.Add(1), 10)
	began := time.Now()
	ok, err := s.trunk.Ask(ctx, to, s.invite(number))
	if err != nil {
		return outcome{fault: err}
	}
	took := time.Since(began)
	if ok.Status() != 200 {
		_ = s.trunk.Send(to, s.inDialog("ACK", "1", number, number, ok)) // its INVITE's failure is what is told
		return outcome{fault: fmt.Errorf("INVITE: %s", ok.Start)}
	}
	if err = s.trunk.Send(to, s.inDialog("ACK", "1", "a"+number, number, ok)); err != nil {
		return outcome{fault: err}
	}
	select {
	case <-time.After(talk):
	case <-ctx.Done():
	}
	bye, err := s.trunk.Ask(ctx, to, s.inDialog("BYE", "2", "b"+number, number, ok))
	if err == nil && bye.Status() != 200 {
		err = fmt.Errorf("BYE: %s", bye.Start)
	}
	return outcome{setUp: took, fault: err}
}

func (s *stage) invite(number string) *message.Message {
	m := &message.Message{Start: "INVITE sip:" + number + "@" + domain + " SIP/2.0", Body: sdp(s.trunk.Addr().Port())}
	return m.Add("Via", s.trunk.Via(number)).Add("From", "<sip:caller@"+itsp+">;tag=t"+number).
		Add("To", "<sip:"+number+"@"+domain+">").Add("Call-ID", "call-"+number).Add("CSeq", "1 INVITE").
		Add("Contact", "<sip:caller@"+s.trunk.Addr().String()+">").Add("Max-Forwards", "70").
		Add("Content-Type", "application/sdp")
}

// inDialog is a request in the dialog of a call that was answered so.
func (s *stage) inDialog(method, sequence, branch, number string, ok *message.Message) *message.Message {
	target := message.Address(ok.Get("Contact"))
	if target == "" || (method == "ACK" && ok.Status() >= 300) {
		target = "sip:" + number + "@" + domain
	}
	m := &message.Message{Start: strings.Join([]string{method, target, "SIP/2.0"}, " ")}
	return m.Add("Via", s.trunk.Via(branch)).Add("From", "<sip:caller@"+itsp+">;tag=t"+number).Add("To", ok.Get("To")).
		Add("Call-ID", "call-"+number).Add("CSeq", sequence+" "+method).Add("Max-Forwards", "70")
}
