package main

import (
	"fmt"
	"slices"
	"time"

	"sipbridge/test/load/measure"
	"sipbridge/test/load/stream"
)

// Result is what one mode measured. Times are in milliseconds, CPU times in seconds, memory in KiB.
type Result struct {
	Mode string `json:"mode"`
	// Peer is what was measured: sipbridge, or another beside it.
	Peer string `json:"peer"`
	// Calls were placed, and Good came up, were heard both ways and lasted.
	Calls int `json:"calls"`
	Good  int `json:"good"`
	// Failures are the first reasons of the calls that did not.
	Failures []string `json:"failures,omitempty"`

	// CPUPerCallMinute is the service's CPU time in the window for each minute of a call; Cores is the same as a
	// share of the time.
	CPUPerCallMinute float64 `json:"cpu_seconds_per_call_minute"`
	Cores            float64 `json:"service_cores"`
	// SetupCPU is the service's CPU time for a call to come up: that of the ramp, less what the media of the calls that
	// were already up took. SetupCPUWithMedia is without that subtraction.
	SetupCPU          float64 `json:"setup_cpu_ms_per_call"`
	SetupCPUWithMedia float64 `json:"setup_cpu_with_media_ms_per_call"`

	// ShortCalls were placed after the window, of a second each; ShortCallCPU is the service's CPU time for one of them
	// from its INVITE to its end, less what its media took.
	ShortCalls   int     `json:"short_calls"`
	ShortCallCPU float64 `json:"short_call_cpu_ms"`

	// RSSPerCall is the service's memory at the end of the window over that of the idle service, for each call. It
	// includes the call's WebSocket.
	RSSPerCall    float64 `json:"rss_kib_per_call"`
	RSSIdle       float64 `json:"rss_idle_kib"`
	RSSRegistered float64 `json:"rss_registered_kib"`
	RSSSteady     float64 `json:"rss_steady_kib"`

	// Forwarded is from the writing of the INVITE on the WebSocket to its arrival at the phone; Answered to the 200 on the
	// WebSocket; Connected to DTLS being up.
	Forwarded Spread `json:"invite_forwarded_ms"`
	Answered  Spread `json:"answered_ms"`
	Connected Spread `json:"connected_ms"`
	// PhoneHears and BrowserHears are from the 200 on the WebSocket to the first packet at the party. Each party begins to
	// play at a random moment of the 20 ms after it can.
	PhoneHears   Spread `json:"phone_hears_ms"`
	BrowserHears Spread `json:"browser_hears_ms"`

	ToPhone   Direction `json:"to_phone"`
	ToBrowser Direction `json:"to_browser"`

	// GeneratorCores is the load generator's own CPU time in the window, as a share of the time; BusyShare is that of
	// all cores that were busy with anything.
	GeneratorCores float64 `json:"generator_cores"`
	BusyShare      float64 `json:"machine_busy_share"`
	LoadAverage    string  `json:"load_average"`
}

// Direction is the media of one direction, over all good calls, in the window.
type Direction struct {
	Received int     `json:"packets_received"`
	Missing  int     `json:"packets_missing"`
	Loss     float64 `json:"loss_percent"`
	// Delay is from the sender's write to the receiver's read.
	Delay Spread `json:"delay_ms"`
}

// Spread tells how measured times lie, in milliseconds.
type Spread struct {
	Count  int     `json:"count"`
	Median float64 `json:"p50"`
	P95    float64 `json:"p95"`
	Most   float64 `json:"max"`
}

// spread sorts the times.
func spread(times []time.Duration) Spread {
	if len(times) == 0 {
		return Spread{}
	}
	slices.Sort(times)
	rank := func(share float64) float64 {
		return milliseconds(times[int(share*float64(len(times)-1)+0.5)])
	}
	return Spread{Count: len(times), Median: rank(0.5), P95: rank(0.95), Most: rank(1)}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const mostFailures = 5

// result computes what the snapshots and the calls tell.
func (b *bench) result() Result {
	window := b.closed.at.Sub(b.opened.at)
	spent := b.closed.cpu - b.opened.cpu
	r := Result{
		Mode: string(b.mode), Peer: b.peer, Calls: len(b.calls), Cores: spent.Seconds() / window.Seconds(),
		RSSIdle: kib(b.idle.rss), RSSRegistered: kib(b.registered.rss), RSSSteady: kib(b.closed.rss),
		GeneratorCores: (b.closed.generator - b.opened.generator).Seconds() / window.Seconds(),
		BusyShare: (b.closed.busy - b.opened.busy).Seconds() / window.Seconds() /
			float64(measure.ThisMachine().Cores),
		LoadAverage: loadAverage(),
	}
	r.RSSPerCall = (r.RSSSteady - r.RSSIdle) / float64(r.Calls)
	b.countCalls(&r)
	if r.Good == 0 {
		return r
	}
	perSecond := r.Cores / float64(r.Good)
	r.CPUPerCallMinute = perSecond * time.Minute.Seconds()
	b.setup(&r, perSecond)
	r.ShortCalls, r.ShortCallCPU = b.setups.good, b.setups.perCall(perSecond)
	if b.setups.fault != nil {
		r.Failures = append(r.Failures, fmt.Sprintf("short call: %v", b.setups.fault))
	}
	return r
}

// setup tells apart what the ramp spent on calls coming up and on those that were up.
func (b *bench) setup(r *Result, mediaPerSecond float64) {
	talked := time.Duration(0)
	for _, c := range b.calls {
		if c.fault == nil {
			talked += b.opened.at.Sub(c.connected)
		}
	}
	all := (b.opened.cpu - b.began.cpu).Seconds()
	const perSecond = 1000
	r.SetupCPUWithMedia = all / float64(r.Good) * perSecond
	r.SetupCPU = (all - talked.Seconds()*mediaPerSecond) / float64(r.Good) * perSecond
}

func (b *bench) countCalls(r *Result) {
	var forwarded, answered, connected, phone, browser []time.Duration
	var toPhone, toBrowser stream.Counts
	for i, c := range b.calls {
		if c.fault != nil {
			if len(r.Failures) < mostFailures {
				r.Failures = append(r.Failures, fmt.Sprintf("call %d: %v", i, c.fault))
			}
			continue
		}
		r.Good++
		forwarded = append(forwarded, c.line.Invited.Sub(c.invited.Wrote))
		answered = append(answered, c.invited.Answered.Sub(c.invited.Wrote))
		connected = append(connected, c.connected.Sub(c.invited.Wrote))
		phone = append(phone, c.flowing.phone.Sub(c.invited.Answered))
		browser = append(browser, c.flowing.browser.Sub(c.invited.Answered))
		add(&toPhone, c.toPhone)
		add(&toBrowser, c.toBrowser)
	}
	r.Forwarded, r.Answered, r.Connected = spread(forwarded), spread(answered), spread(connected)
	r.PhoneHears, r.BrowserHears = spread(phone), spread(browser)
	r.ToPhone, r.ToBrowser = direction(toPhone), direction(toBrowser)
}

func add(sum *stream.Counts, one stream.Counts) {
	sum.Received += one.Received
	sum.Missing += one.Missing
	sum.Delays = append(sum.Delays, one.Delays...)
}

func direction(counts stream.Counts) Direction {
	d := Direction{Received: counts.Received, Missing: counts.Missing, Delay: spread(counts.Delays)}
	if all := counts.Received + counts.Missing; all > 0 {
		d.Loss = 100 * float64(counts.Missing) / float64(all)
	}
	return d
}

func kib(bytes int64) float64 { return float64(bytes) / 1024 }
