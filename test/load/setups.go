package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// setupRate is how many of the short calls begin a second, and shortCall how long each is up: so that the calls that
	// are up at a time cost little beside those that come up.
	setupRate = 25
	shortCall = time.Second
)

// setups is what many short calls cost, one after another by the browsers that are registered.
type setups struct {
	before, after snapshot
	// talked is the time for which they were up, taken together.
	talked time.Duration
	good   int
	fault  error // of the first one that failed
}

// measureSetups ends the calls that are up, and places short ones.
func (b *bench) measureSetups(ctx context.Context) error {
	free := make(chan *call, len(b.calls))
	for _, c := range b.calls {
		if c.fault == nil {
			c.hangup(ctx)
			free <- c
		}
	}
	if len(free) == 0 {
		return fmt.Errorf("no browser is left for short calls: %w", errCalls)
	}
	var err error
	if b.setups.before, err = b.take(); err != nil {
		return err
	}
	var mu sync.Mutex // guards b.setups
	var placing sync.WaitGroup
	defer placing.Wait()
	for i := range b.options.setups {
		due := b.setups.before.at.Add(time.Duration(i) * time.Second / setupRate)
		if err = sleep(ctx, time.Until(due)); err != nil {
			return err
		}
		browser := <-free
		placing.Go(func() {
			talked, fault := b.placeShort(ctx, browser, called(b.options.calls+i))
			free <- browser
			mu.Lock()
			defer mu.Unlock()
			if fault != nil && b.setups.fault == nil {
				b.setups.fault = fault
			}
			if fault == nil {
				b.setups.good++
				b.setups.talked += talked
			}
		})
	}
	placing.Wait()
	b.setups.after, err = b.take()
	return err
}

// placeShort places one short call by a browser's connection, and gives for how long it was up.
func (b *bench) placeShort(ctx context.Context, browser *call, user string) (time.Duration, error) {
	c, err := browser.again(b.mode, b.ways[user])
	if err != nil {
		return 0, err
	}
	c.place(ctx, user, b.phone, b.browser)
	if c.fault == nil {
		_ = sleep(ctx, shortCall) // if it is cut short, hanging up tells why
		c.hangup(ctx)
	}
	talked := time.Since(c.connected)
	if err := c.peer.Close(); err != nil && c.fault == nil {
		c.fault = err
	}
	return talked, c.fault
}

// perCall is the CPU time of one short call from its first request to its last, in milliseconds, without that of its
// media.
func (s *setups) perCall(mediaPerSecond float64) float64 {
	if s.good == 0 {
		return 0
	}
	spent := (s.after.cpu - s.before.cpu).Seconds() - s.talked.Seconds()*mediaPerSecond
	const perSecond = 1000
	return spent / float64(s.good) * perSecond
}
