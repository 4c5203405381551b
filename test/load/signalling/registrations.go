package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/icholy/digest"

	"sipbridge/test/load/exchange"
	"sipbridge/test/load/message"
)

// phones register side by side, each one account after the other.
const phones = 32

// measureRegistrations lets phones refresh their bindings as fast as they are answered. The first registration of an
// account, with its challenge, is before the window.
func (s *stage) measureRegistrations(ctx context.Context) (Result, error) {
	to, err := netip.ParseAddrPort(s.service.SIP)
	if err != nil {
		return Result{}, fmt.Errorf("address of the service: %w", err)
	}
	devices := make([]*device, phones)
	for i := range devices {
		socket, fault := exchange.Listen(nil)
		if fault != nil {
			return Result{}, fault
		}
		defer socket.Close()
		devices[i] = &device{socket: socket, service: to}
		for number := i; number < accounts; number += phones {
			if err = devices[i].enrol(ctx, number); err != nil {
				return Result{}, err
			}
		}
	}
	before, err := s.spent()
	if err != nil {
		return Result{}, err
	}
	var all sync.WaitGroup
	until := time.Now().Add(s.options.window)
	for _, one := range devices {
		all.Go(func() { one.refreshUntil(ctx, until) })
	}
	all.Wait()
	after, err := s.spent()
	if err != nil {
		return Result{}, err
	}
	result := newResult("registrations", 0, before, after)
	for _, one := range devices {
		result.Count += len(one.outcomes)
		result.Repeated += one.socket.Repeated.Load()
		for _, outcome := range one.outcomes {
			result.add(outcome)
		}
	}
	result.sort()
	return result, ctx.Err()
}

// device is a phone with several accounts.
type device struct {
	socket   *exchange.Socket
	service  netip.AddrPort
	accounts []*enrolled
	outcomes []outcome
}

// enrolled is an account with the challenge that it was given, which holds for many requests (RFC 7616 section 3.4).
type enrolled struct {
	name      string
	challenge *digest.Challenge
	sequence  int
}

// enrol registers an account for the first time.
func (d *device) enrol(ctx context.Context, number int) error {
	e := &enrolled{name: account(number)}
	refused, err := d.register(ctx, e)
	if err != nil {
		return err
	}
	for _, header := range refused.All("WWW-Authenticate") {
		challenge, fault := digest.ParseChallenge(header)
		if fault == nil && digest.CanDigest(challenge) {
			e.challenge = challenge
			break
		}
	}
	if e.challenge == nil {
		return fmt.Errorf("%s: no challenge in %s", e.name, refused.Start)
	}
	d.accounts = append(d.accounts, e)
	ok, err := d.register(ctx, e)
	if err == nil && ok.Status() != 200 {
		err = fmt.Errorf("%s: %s", e.name, ok.Start)
	}
	return err
}

func (d *device) refreshUntil(ctx context.Context, until time.Time) {
	for i := 0; time.Now().Before(until) && ctx.Err() == nil; i++ {
		began := time.Now()
		ok, err := d.register(ctx, d.accounts[i%len(d.accounts)])
		if err == nil && ok.Status() != 200 {
			err = fmt.Errorf("REGISTER: %s", ok.Start)
		}
		d.outcomes = append(d.outcomes, outcome{setUp: time.Since(began), fault: err})
	}
}

// register sends one REGISTER, with credentials once there is a challenge.
func (d *device) register(ctx context.Context, e *enrolled) (*message.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e.sequence++
	uri, address := "sip:"+domain, "<sip:"+e.name+"@"+domain+">"
	m := &message.Message{Start: "REGISTER " + uri + " SIP/2.0"}
	m.Add("Via", d.socket.Via(e.name+"x"+strconv.Itoa(e.sequence))).Add("From", address+";tag="+e.name).Add("To", address).
		Add("Call-ID", "register-"+e.name).Add("CSeq", strconv.Itoa(e.sequence)+" REGISTER").Add("Max-Forwards", "70").
		Add("Contact", "<sip:"+e.name+"@"+d.socket.Addr().String()+">").Add("Expires", "600")
	if e.challenge != nil {
		credentials, err := digest.Digest(e.challenge, digest.Options{
			Method: "REGISTER", URI: uri, Username: e.name, Password: password, Count: e.sequence - 1,
		})
		if err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
		m.Add("Authorization", credentials.String())
	}
	return d.socket.Ask(ctx, d.service, m)
}
