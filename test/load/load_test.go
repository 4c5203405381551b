package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sipbridge/configs"
	"sipbridge/test/load/callee"
	"sipbridge/test/load/caller"
	"sipbridge/test/load/measure"
	"sipbridge/test/load/service"
	"sipbridge/test/load/stream"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	standard := options{
		calls: 50, rate: 10, window: 15 * time.Second, modes: []mode{relay, transcode}, binary: "bin/sipbridge", rounds: 2,
	}
	other := options{calls: 3, rate: 0.5, window: time.Second, modes: []mode{relay}, json: true, binary: "x", rounds: 2}
	tests := []struct {
		args []string
		want options
		err  error
	}{
		{nil, standard, nil},
		{[]string{"-calls=3", "-rate=.5", "-window=1s", "-mode=relay", "--json", "-binary=x"}, other, nil},
		{[]string{"-calls=0"}, options{}, errUsage},
		{[]string{"-calls=1000000"}, options{}, errUsage},
		{[]string{"-rate=0"}, options{}, errUsage},
		{[]string{"-rate=NaN"}, options{}, errUsage},
		{[]string{"-window=1h"}, options{}, errUsage},
		{[]string{"-mode=x"}, options{}, errUsage},
		{[]string{"-setups=-1"}, options{}, errUsage},
		{[]string{"-what"}, options{}, errUsage},
		{[]string{"more"}, options{}, errUsage},
		{[]string{"-h"}, options{}, flag.ErrHelp},
	}
	for _, test := range tests {
		got, err := parseOptions(test.args, io.Discard)
		if !errors.Is(err, test.err) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: got %+v, %v", test.args, got, err)
		}
	}
}

func TestTheServiceTakesItsConfiguration(t *testing.T) {
	t.Parallel()
	o := options{calls: 3}
	phone, err := callee.Listen(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	b := &bench{options: o, phone: phone}
	text, err := json.Marshal(b.configuration(service.Addresses{
		Web: "127.0.0.1:8000", SIP: "127.0.0.1:5070", WebRTC: 8443,
	}))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sipbridge.yaml")
	if err = os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := configs.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err = config.Validate(); err != nil {
		t.Error(err)
	}
	if len(config.Users) != o.calls {
		t.Errorf("%d users", len(config.Users))
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	times := make([]time.Duration, 101)
	for i := range times {
		times[len(times)-1-i] = time.Duration(i) * time.Millisecond
	}
	want := Spread{Count: 101, Median: 50, P95: 95, Most: 100}
	if got := spread(times); got != want {
		t.Errorf("got %+v", got)
	}
	if got := spread(nil); got != (Spread{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

// TestResult computes with two good calls and a bad one: 10 s of window, 20 s before it.
func TestResult(t *testing.T) {
	t.Parallel()
	start := time.Unix(0, 0)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	good := func() *call {
		return &call{
			connected: at(15), invited: caller.Invited{Wrote: at(14), Answered: at(14.5)},
			toPhone:   stream.Counts{Received: 99, Missing: 1, Delays: []time.Duration{time.Millisecond}},
			toBrowser: stream.Counts{Received: 100},
			flowing:   flowing{phone: at(14.53), browser: at(14.56)},
		}
	}
	b := &bench{
		mode: relay, calls: []*call{good(), good(), {fault: errors.New("busy")}},
		idle:   snapshot{rss: 10 << 20},
		began:  snapshot{at: at(0), cpu: time.Second},
		opened: snapshot{at: at(20), cpu: 2 * time.Second, busy: 0},
		closed: snapshot{at: at(30), cpu: 3 * time.Second, rss: 13 << 20, generator: 2 * time.Second},
		setups: setups{after: snapshot{cpu: time.Second}, talked: 4 * time.Second, good: 2}, // media take 0.05 a second
	}
	for _, c := range b.calls[:2] {
		c.line = &callee.Line{Invited: at(14.25)}
	}
	r := b.result()
	numbers := map[string][2]float64{
		"good":          {float64(r.Good), 2},
		"cores":         {r.Cores, 0.1},
		"call-minute":   {r.CPUPerCallMinute, 3},
		"set-up, media": {r.SetupCPUWithMedia, 500},
		"set-up":        {r.SetupCPU, 250}, // each call talked 5 s before the window, at 50 ms a second
		"RSS":           {r.RSSPerCall, 1024},
		"generator":     {r.GeneratorCores, 0.2},
		"forwarded":     {r.Forwarded.Median, 250},
		"answered":      {r.Answered.Median, 500},
		"connected":     {r.Connected.P95, 1000},
		"phone hears":   {r.PhoneHears.Median, 30},
		"browser hears": {r.BrowserHears.P95, 60},
		"short calls":   {r.ShortCallCPU, 400},
		"loss":          {r.ToPhone.Loss, 1},
		"no loss":       {r.ToBrowser.Loss, 0},
		"delay":         {r.ToPhone.Delay.Median, 1},
	}
	for name, number := range numbers {
		if difference := number[0] - number[1]; difference > 1e-9 || difference < -1e-9 {
			t.Errorf("%s: got %v, want %v", name, number[0], number[1])
		}
	}
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "busy") {
		t.Errorf("failures %q", r.Failures)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	report := &Report{
		Machine: measure.Machine{CPU: "Some CPU", Cores: 2}, Rate: 10, Window: "15s",
		Results: []Result{
			{Mode: "relay", Calls: 2, Good: 2, CPUPerCallMinute: 0.125, SetupCPU: 7},
			{Mode: "transcode", Calls: 2, Good: 1, ToPhone: Direction{Received: 99, Missing: 1, Loss: 1}},
		},
	}
	var table, text bytes.Buffer
	if err := report.writeTable(&table); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/table.golden"
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if table.String() != string(want) {
		t.Errorf("got\n%swant\n%s", &table, want)
	}
	if err := report.writeJSON(&text); err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(text.Bytes(), &again); err != nil || !reflect.DeepEqual(&again, report) {
		t.Errorf("got %+v, %v", again, err)
	}
}
