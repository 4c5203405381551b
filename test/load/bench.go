package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"sipbridge/test/load/callee"
	"sipbridge/test/load/measure"
	"sipbridge/test/load/rtpengine"
	"sipbridge/test/load/service"
	"sipbridge/test/load/sound"
)

// bench is the measurement of one mode.
type bench struct {
	options options
	mode    mode
	peer    string // what is measured: sipbridge or rtpengine
	phone   *callee.Phone
	service subject
	browser *sound.Library // what browsers play
	calls   []*call
	// ways by the user that is called; complete before the first call.
	ways map[string]ways

	idle, registered snapshot // before the ramp
	began            snapshot // when the ramp began
	opened, closed   snapshot // of the window
	setups           setups
}

// subject is what is measured, as a process of its own.
type subject interface {
	// Address is where browsers connect, as host:port.
	Address() string
	// CPU is the time that it has spent, RSS the memory that it holds, in bytes.
	CPU() (time.Duration, error)
	RSS() (int64, error)
	// Stop ends it.
	Stop() error
}

// snapshot is what had been spent at a moment.
type snapshot struct {
	at        time.Time
	cpu       time.Duration // by the service
	rss       int64         // of the service, in bytes
	generator time.Duration // CPU time of this process
	busy      time.Duration // CPU time of the machine
}

// measureMode starts everything, measures, and stops everything.
func measureMode(ctx context.Context, o options, m mode, peer string) (Result, error) {
	b := &bench{options: o, mode: m, peer: peer, browser: sound.NewLibrary(m.browserCodec()), ways: map[string]ways{}}
	err := b.prepare(ctx)
	if err == nil {
		err = b.measure(ctx)
	}
	err = errors.Join(err, b.end(ctx))
	if err != nil {
		return Result{}, err
	}
	return b.result(), nil
}

// prepare starts the phone and the service, and registers all browsers.
func (b *bench) prepare(ctx context.Context) error {
	phone, err := sound.PCMU.Loop(sound.FullBand())
	if err != nil {
		return err
	}
	for i := range b.options.calls + b.options.setups {
		if b.ways[called(i)], err = newWays(b.mode, phone); err != nil {
			return err
		}
	}
	if b.phone, err = callee.Listen(b.waysOf); err != nil {
		return err
	}
	if err = b.start(ctx); err != nil {
		return err
	}
	if b.idle, err = b.take(); err != nil {
		return err
	}
	for i := range b.options.calls {
		next, fault := newCall(ctx, b.mode, i, b.service.Address(), b.ways[called(i)])
		if fault != nil {
			return fmt.Errorf("browser %d: %w", i, fault)
		}
		b.calls = append(b.calls, next)
	}
	b.registered, err = b.take()
	return err
}

// start starts what is measured.
func (b *bench) start(ctx context.Context) error {
	if b.peer == rtpengineName {
		gateway, err := rtpengine.Start(ctx, rtpengine.Options{
			Binary: b.options.rtpengine, Phone: b.phone.Addr(), Transcode: b.mode == transcode,
			RTPPorts: service.RTPPorts(2 * (b.options.calls + b.options.setups)),
		})
		if err != nil {
			return err
		}
		b.service = gateway
		return nil
	}
	bridge, err := service.Start(ctx, b.options.binary, b.configuration)
	if err != nil {
		return err
	}
	b.service = bridge
	return nil
}

// The accounts of the browsers, load0 and so on.
const (
	domain       = "localhost"
	userPrefix   = "load"
	calledPrefix = "call"
	password     = "only on loopback"
)

// configuration routes every call to the phone.
func (b *bench) configuration(at service.Addresses) map[string]any {
	users := make([]map[string]string, b.options.calls)
	for i := range users {
		users[i] = map[string]string{"name": userPrefix + strconv.Itoa(i), "password": password}
	}
	return map[string]any{
		"domains": []map[string]string{{"name": domain}},
		"listen":  map[string]string{"http": at.Web, "sip_udp": at.SIP, "sip_tcp": at.SIP},
		"media": map[string]any{
			"rtp_ports":    service.RTPPorts(b.options.calls + b.options.setups), // one that was used rests
			"opus_adapts":  false,                                                // each run is to do the same work
			"webrtc_ports": strconv.Itoa(at.WebRTC),
		},
		"users": users,
		"routes": []map[string]string{{
			"from": "users", "match": `^sip:(` + calledPrefix + `\d+)@` + domain,
			"to": "sip:$1@" + b.phone.Addr().String() + ";transport=udp",
		}},
	}
}

func called(number int) string { return calledPrefix + strconv.Itoa(number) }

func (b *bench) waysOf(user string) (plays, hears sound.Way, err error) {
	w, ok := b.ways[user]
	if !ok {
		return nil, nil, fmt.Errorf("nobody is called %q", user)
	}
	return w.toBrowser, w.toPhone, nil
}

// measure places the calls, lets them settle, and watches them for the window.
func (b *bench) measure(ctx context.Context) error {
	var err error
	if b.began, err = b.take(); err != nil {
		return err
	}
	if err = b.ramp(ctx); err != nil {
		return err
	}
	if err = sleep(ctx, settle); err != nil {
		return err
	}
	for _, c := range b.calls {
		c.openMeters()
	}
	if b.opened, err = b.take(); err != nil {
		return err
	}
	if err = sleep(ctx, b.options.window); err != nil {
		return err
	}
	if b.closed, err = b.take(); err != nil {
		return err
	}
	for _, c := range b.calls {
		c.closeMeters()
		c.check()
	}
	if b.options.setups > 0 {
		return b.measureSetups(ctx)
	}
	return nil
}

// ramp places the calls at their rate and waits until each is up or has failed.
func (b *bench) ramp(ctx context.Context) error {
	var placing sync.WaitGroup
	defer placing.Wait()
	for i, c := range b.calls {
		due := b.began.at.Add(time.Duration(float64(i) / b.options.rate * float64(time.Second)))
		if err := sleep(ctx, time.Until(due)); err != nil {
			return err
		}
		placing.Go(func() { c.place(ctx, called(i), b.phone, b.browser) })
	}
	return nil
}

// end hangs up and stops all that runs. It says if the service did not end well.
func (b *bench) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var ending sync.WaitGroup
	faults := make([]error, len(b.calls))
	for i, c := range b.calls {
		ending.Go(func() {
			c.hangup(ctx)
			faults[i] = c.close()
		})
	}
	ending.Wait()
	if b.service != nil {
		faults = append(faults, b.service.Stop())
	}
	if b.phone != nil {
		b.phone.Close()
	}
	return errors.Join(faults...)
}

// take reads what was spent until now.
func (b *bench) take() (snapshot, error) {
	s := snapshot{at: time.Now()}
	var faults [4]error
	s.cpu, faults[0] = b.service.CPU()
	s.rss, faults[1] = b.service.RSS()
	s.generator, faults[2] = measure.ProcessOf(os.Getpid()).CPU()
	s.busy, faults[3] = measure.BusyTime()
	return s, errors.Join(faults[:]...)
}

// loadAverage is that of the last minute, or "" where there is none.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
