package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/configs"
	"sipbridge/test/load/exchange"
	"sipbridge/test/load/message"
	"sipbridge/test/load/service"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []string
		want options
		err  error
	}{
		{nil, options{rates: []float64{100, 200, 400, 600}, window: 10 * time.Second, binary: "bin/sipbridge"}, nil},
		{
			[]string{"-rates", "1, 2.5", "-window", "1s", "-soak", "9", "-json", "-binary", "x"},
			options{rates: []float64{1, 2.5}, window: time.Second, soak: 9, json: true, binary: "x"},
			nil,
		},
		{[]string{"-rates", "0"}, options{}, errUsage},
		{[]string{"-rates", "NaN"}, options{}, errUsage},
		{[]string{"-rates", ""}, options{}, errUsage},
		{[]string{"-window", "1ms"}, options{}, errUsage},
		{[]string{"-soak", "-1"}, options{}, errUsage},
		{[]string{"-soak", "4"}, options{}, errUsage}, // not one in each round
		{[]string{"-flood", "-1"}, options{}, errUsage},
		{[]string{"-flood", "1", "-soak", "5"}, options{}, errUsage},
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

// TestSoakRate: a round has 35 s, however few calls there are, and no more a second than was asked.
func TestSoakRate(t *testing.T) {
	t.Parallel()
	for calls, want := range map[int]float64{5: 1. / 35, 174: 34. / 35, 1750: 10, 105_000: 600, 200_000: 600} {
		o := options{rates: []float64{600}, soak: calls}
		if got := o.soakRate(); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d calls come at %v a second, want %v", calls, got, want)
		}
	}
}

// sockets is a stage without a service.
func sockets(t *testing.T) *stage {
	t.Helper()
	s := &stage{}
	for _, socket := range []**exchange.Socket{&s.trunk, &s.phone} {
		opened, err := exchange.Listen(nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(opened.Close)
		*socket = opened
	}
	return s
}

func TestTheServiceTakesItsConfiguration(t *testing.T) {
	t.Parallel()
	at := service.Addresses{Web: "127.0.0.1:8000", SIP: "127.0.0.1:5070", WebRTC: 8443}
	text, err := json.Marshal(sockets(t).configuration(at))
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
	if err = config.Validate(); err != nil || len(config.Users) != accounts {
		t.Errorf("%d users, %v", len(config.Users), err)
	}
}

func TestRequestsOfACall(t *testing.T) {
	t.Parallel()
	s := sockets(t)
	ok, err := message.Parse(s.answer(s.invite("7"))[1].Bytes())
	if err != nil || ok.Status() != 200 {
		t.Fatalf("got %v, %v", ok, err)
	}
	if bye := s.inDialog("BYE", "2", "b7", "7", ok); bye.URI() != "sip:phone@"+s.phone.Addr().String() {
		t.Errorf("BYE goes to %s", bye.URI())
	}
	busy := s.invite("7").Reply(486, "Busy Here", "x")
	ack := s.inDialog("ACK", "1", "7", "7", busy)
	if ack.URI() != s.invite("7").URI() || ack.Branch() != s.invite("7").Branch() {
		t.Errorf("the ACK to a failure is\n%s", ack.Bytes())
	}
}

func TestReportTellsFailures(t *testing.T) {
	t.Parallel()
	now := time.Now()
	result := newResult("calls", 3, spent{at: now}, spent{at: now.Add(time.Second), service: time.Second, rss: 2 << 20})
	for _, one := range []outcome{{setUp: 3 * time.Millisecond}, {fault: errors.New("busy")}, {setUp: time.Millisecond}} {
		result.add(one)
	}
	result.sort()
	if result.Rate != 2 || result.Median != 3 || result.Failed != 1 || result.CPU != 500 || result.RSS != 2048 {
		t.Errorf("got %+v", result)
	}
	var table, text bytes.Buffer
	report := &Report{Results: []Result{result}}
	if err := errors.Join(report.writeTable(&table), report.writeJSON(&text)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), "1 of 3") || !strings.Contains(table.String(), "busy") ||
		!strings.Contains(text.String(), `"good_per_second": 2`) {
		t.Errorf("got\n%s\n%s", &table, &text)
	}
}
