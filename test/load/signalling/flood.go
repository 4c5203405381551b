package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"sipbridge/test/load/flood"
)

// What the service has to keep to while it is flooded.
const (
	mostMemory  = 512 << 20 // bytes of RSS, at any time
	slowestCall = time.Second
	// mostLogged is how many bytes it may write into its log, a minute.
	mostLogged = 1 << 20
	// leastFlood is the share of the flood that has to be sent, or nothing is shown.
	leastFlood = 0.8
)

// manySources is how many addresses a flood comes from that no limit of one address can hold back.
const manySources = 5000

// errFlooded says that a flood did harm.
var errFlooded = errors.New("the flood did harm")

// underFlood places calls while strangers flood the service, from one address and from many.
func (s *stage) underFlood(ctx context.Context, report *Report, progress io.Writer) error {
	for _, sources := range []int{1, manySources} {
		_, _ = fmt.Fprintf(progress, "flood: %d a second from %d addresses, %v\n", s.options.flood, sources, s.options.window)
		result, err := s.floodFrom(ctx, sources)
		if err != nil {
			return err
		}
		report.Results = append(report.Results, result)
		if result.Failed > 0 {
			return fmt.Errorf("%w: %d calls failed: %v", errFlooded, result.Failed, result.Failures)
		}
		if slowest := float64(slowestCall / time.Millisecond); result.P99 > slowest {
			return fmt.Errorf("%w: a call takes %.0f ms to set up", errFlooded, result.P99)
		}
	}
	return nil
}

func (s *stage) floodFrom(ctx context.Context, sources int) (Result, error) {
	to, err := netip.ParseAddrPort(s.service.SIP)
	if err != nil {
		return Result{}, fmt.Errorf("address of the service: %w", err)
	}
	opened, err := flood.Open(flood.Options{
		To: to, Domain: domain, User: account(0), Rate: s.options.flood, Sources: sources,
	})
	if err != nil {
		return Result{}, fmt.Errorf("flood: %w", err)
	}
	defer opened.Close()
	flooding, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	var sent int
	var faults [2]error
	running.Go(func() { sent, faults[0] = opened.Send(flooding) })
	running.Go(func() { faults[1] = s.watchMemory(flooding) })
	began, logged := time.Now(), s.service.Logged()
	rate := s.options.rates[0]
	result, err := s.measureCalls(ctx, rate, int(rate*s.options.window.Seconds()))
	stop()
	running.Wait()
	took := time.Since(began)
	result.What, result.Flood = fmt.Sprintf("calls, flood from %d", sources), float64(sent)/took.Seconds()
	return result, errors.Join(err, faults[0], faults[1], s.floodWas(result.Flood, s.service.Logged()-logged, took))
}

// floodWas says what was wrong with a flood, or with what the service wrote about it.
func (s *stage) floodWas(rate float64, logged int64, took time.Duration) error {
	if rate < leastFlood*float64(s.options.flood) {
		return fmt.Errorf("%w: only %.0f requests a second could be sent", errFlooded, rate)
	}
	if most := mostLogged * max(took.Minutes(), 1); float64(logged) > most {
		return fmt.Errorf("%w: %d bytes were logged in %v", errFlooded, logged, took)
	}
	return nil
}

// watchMemory says when the service takes too much.
func (s *stage) watchMemory(ctx context.Context) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		rss, err := s.service.RSS()
		if err != nil {
			return fmt.Errorf("memory: %w", err)
		}
		if rss > mostMemory {
			return fmt.Errorf("%w: the service has %d MiB", errFlooded, rss>>20)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
