package registrar

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sipbridge/bridge"
)

func TestExpiry(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string // of expires in the 200
	}{
		{"contact parameter", []string{"Contact: <sip:a@b>;expires=120", "Expires: 240"}, "120"},
		{"header", []string{"Contact: <sip:a@b>", "Expires: 240"}, "240"},
		{"default", []string{"Contact: <sip:a@b>"}, "600"},
		{"too long", []string{"Contact: <sip:a@b>;expires=86400"}, "3600"},
		{"longest there is", []string{"Contact: <sip:a@b>;expires=4294967295"}, "3600"},
		{"more than there is", []string{"Contact: <sip:a@b>;expires=99999999999999999999"}, "3600"},
		{"malformed is an hour", []string{"Contact: <sip:a@b>;expires=soon"}, "3600"},
		{"shortest", []string{"Contact: <sip:a@b>;expires=30"}, "30"},
	}
	for _, test := range tests {
		b := newBench(t, Options{})
		got := b.mustRegister(register(t, "c", 1, test.lines...), connection("TCP"))
		if want := []string{"<sip:a@b>;expires=" + test.want}; !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", test.name, got, want)
		}
	}
}

func TestIntervalTooBrief(t *testing.T) {
	b := newBench(t, Options{MinExpires: 90 * time.Second})
	request := register(t, "c", 1, "Contact: <sip:a@b>;expires=600, <sip:c@d>;expires=89")
	_, refusal := b.register(request, connection("TCP"))
	if refusal == nil || refusal.Status != 423 ||
		!slices.Equal(refusal.Headers, []bridge.Header{{Name: "Min-Expires", Value: "90"}}) {
		t.Fatalf("refusal %+v", refusal)
	}
	if got := b.Lookup("alice", "example.test"); len(got) != 0 {
		t.Errorf("bound all the same: %v", got)
	}
}

func TestBindingsExpire(t *testing.T) {
	b := newBench(t, Options{})
	flow := connection("WS")
	b.mustRegister(register(t, "c", 1, "Contact: <sip:a@b>;expires=60"), flow)
	b.pass(20 * time.Second)
	got := b.mustRegister(register(t, "d", 1), flow)
	if !slices.Equal(got, []string{"<sip:a@b>;expires=40"}) {
		t.Errorf("query gives %v", got)
	}
	b.pass(40 * time.Second)
	if got := b.Lookup("alice", "example.test"); len(got) != 0 {
		t.Errorf("still %v", got)
	}
	b.sweep()
	if got := b.Stats(); got.Bindings != 0 || got.Users != 0 || got.Expired != 1 || len(b.bindings.flows) != 0 {
		t.Errorf("stats %+v", got)
	}
	if !slices.Equal(b.story, []string{"+alice@example.test", "-alice@example.test expired"}) {
		t.Errorf("story %v", b.story)
	}
}

func TestRunSweeps(t *testing.T) {
	b := newBench(t, Options{SweepInterval: time.Millisecond})
	b.mustRegister(register(t, "c", 1, "Contact: <sip:a@b>;expires=60"), connection("WS"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	b.pass(time.Hour)
	for deadline := time.Now().Add(20 * time.Second); b.Stats().Bindings > 0; {
		if time.Now().After(deadline) {
			t.Fatal("not swept")
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRefreshAndRemove(t *testing.T) {
	b := newBench(t, Options{})
	flow := connection("TCP")
	b.mustRegister(register(t, "c", 1, "Contact: <sip:a@b;line=1>;expires=60, <sip:a@b;line=2>;expires=60"), flow)
	b.pass(30 * time.Second)
	got := b.mustRegister(register(t, "c", 2, "Contact: <sip:a@b;line=2>;expires=60"), flow)
	want := []string{"<sip:a@b;line=1>;expires=30", "<sip:a@b;line=2>;expires=60"}
	if !slices.Equal(got, want) {
		t.Errorf("after the refresh %v", got)
	}
	got = b.mustRegister(register(t, "c", 3, "Contact: <sip:a@b;line=1>", "Expires: 0"), flow)
	if !slices.Equal(got, want[1:]) {
		t.Errorf("after the removal %v", got)
	}
	if got := b.Stats(); got.Registered != 2 || got.Refreshed != 1 || got.Removed != 1 || got.Bindings != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestRemovingWhatIsNotThere(t *testing.T) {
	b := newBench(t, Options{MaxBindings: 1})
	got := b.mustRegister(register(t, "c", 1, "Contact: <sip:a@b>;expires=0"), connection("WS"))
	if len(got) != 0 || len(b.story) != 0 {
		t.Errorf("got %v, story %v", got, b.story)
	}
}

func TestStar(t *testing.T) {
	b := newBench(t, Options{})
	one, two := connection("WS"), connection("UDP")
	b.mustRegister(register(t, "c", 7, "Contact: <sip:a@b>"), one)
	b.mustRegister(register(t, "d", 9, "Contact: <sip:c@d>"), two)
	for name, lines := range map[string][]string{
		"without Expires": {"Contact: *"},
		"Expires not 0":   {"Contact: *", "Expires: 60"},
		"with others":     {"Contact: *", "Contact: <sip:a@b>", "Expires: 0"},
		"twice":           {"Contact: *", "Contact: *", "Expires: 0"},
	} {
		if status := b.refused(register(t, "c", 10, lines...), one); status != 400 {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if status := b.refused(register(t, "d", 9, "Contact: *", "Expires: 0"), one); status != 500 {
		t.Errorf("out of order: status %d", status)
	}
	if got := b.mustRegister(register(t, "c", 11, "Contact: *", "Expires: 0"), one); len(got) != 0 {
		t.Errorf("left %v", got)
	}
	if got := b.Stats(); got.Bindings != 0 || got.Removed != 2 || got.Refused != 5 {
		t.Errorf("stats %+v", got)
	}
}

func TestOrder(t *testing.T) {
	tests := []struct {
		name   string
		callID string
		cseq   int
		want   int
	}{
		{"later", "c", 6, 0},
		{"repeated", "c", 5, 500},
		{"overtaken", "c", 4, 500},
		{"restarted client", "d", 1, 0},
	}
	for _, test := range tests {
		b := newBench(t, Options{})
		flow := connection("TCP")
		b.mustRegister(register(t, "c", 5, "Contact: <sip:a@b>;expires=60"), flow)
		request := register(t, test.callID, test.cseq, "Contact: <sip:x@y>", "Contact: <sip:a@b>;expires=120")
		if test.want != 0 {
			if status := b.refused(request, flow); status != test.want {
				t.Errorf("%s: status %d", test.name, status)
			}
			continue
		}
		if got := b.mustRegister(request, flow); len(got) != 2 || !strings.HasSuffix(got[0], ";expires=600") {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	closed := connection("WS")
	closed.Close()
	tests := []struct {
		name  string
		user  string
		raw   string
		flow  *fakeFlow
		want  int
		extra string // a header of the answer
	}{
		{"someone else", "bob", "", nil, 403, ""},
		{"himself", "alice", "", nil, 0, ""},
		{"unknown user", "", "To: <sip:carol@example.test>", nil, 404, ""},
		{"unknown domain", "", "To: <sip:alice@example.net>", nil, 404, ""},
		{"domain in capitals, escaped user", "alice", "To: <sip:%61lice@EXAMPLE.test.:5060;x=y>", nil, 0, ""},
		{"user in capitals", "", "To: <sip:Alice@example.test>", nil, 404, ""},
		{"required extension", "", "Require: outbound, gruu, path", nil, 420, "gruu"},
		{"known extension", "", "Require: outbound, path", nil, 0, ""},
		{"bad contact", "", "Contact: <tel:+123>", nil, 400, ""},
		{"too many", "", "Contact: " + strings.Repeat("<sip:a@b>,", 40) + "<sip:a@b>", nil, 400, ""},
		{"connection lost meanwhile", "", "", closed, 430, ""},
	}
	for _, test := range tests {
		b := newBench(t, Options{})
		raw := register(t, "c", 1, "Contact: <sip:a@b>").String()
		if name, _, ok := strings.Cut(test.raw, ":"); ok {
			raw = replaceLine(raw, name, test.raw)
		}
		flow := test.flow
		if flow == nil {
			flow = connection("WS")
		}
		_, err := b.Register(Sender{User: test.user}, parse(t, raw), flow)
		var cause bridge.Cause
		errors.As(err, &cause)
		if (err != nil) != (test.want != 0) || cause.Status != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.extra != "" && (len(cause.Headers) != 1 || cause.Headers[0].Value != test.extra) {
			t.Errorf("%s: headers %v", test.name, cause.Headers)
		}
	}
}

// TestQuotedParameters: what a quoted parameter holds divides nothing, and comes back as it was sent.
func TestQuotedParameters(t *testing.T) {
	const first, second = `<sip:a@b>;extensions="a, b;c";methods="INVITE, \"ACK\""`, `<sip:c@d>;x="<e>, f"`
	b := newBench(t, Options{})
	got := b.mustRegister(register(t, "c", 1, "Contact: "+first+", "+second), connection("TCP"))
	slices.Sort(got)
	if want := []string{first + ";expires=600", second + ";expires=600"}; !slices.Equal(got, want) {
		t.Errorf("bound are %q, want %q", got, want)
	}
}

// replaceLine replaces a header line of a message, or adds it.
func replaceLine(raw, name, line string) string {
	lines := strings.Split(raw, "\r\n")
	for i, old := range lines {
		if strings.HasPrefix(old, name+":") {
			lines[i] = line
			return strings.Join(lines, "\r\n")
		}
	}
	return strings.Join(slices.Insert(lines, 1, line), "\r\n")
}

func TestMissingHeaders(t *testing.T) {
	for _, name := range []string{"To", "Call-ID", "CSeq"} {
		b := newBench(t, Options{})
		request := register(t, "c", 1, "Contact: <sip:a@b>")
		request.RemoveHeader(name)
		if status := b.refused(request, connection("WS")); status != 400 {
			t.Errorf("without %s: status %d", name, status)
		}
	}
}

func TestMaxBindings(t *testing.T) {
	b := newBench(t, Options{MaxBindings: 3})
	flow := connection("TCP")
	for i := range 3 {
		b.mustRegister(register(t, "c", i+1, "Contact: <sip:a@b;line="+strconv.Itoa(i)+">"), flow)
	}
	if status := b.refused(register(t, "c", 9, "Contact: <sip:a@b;line=3>"), flow); status != 403 {
		t.Errorf("status %d", status)
	}
	if got := b.mustRegister(register(t, "c", 10, "Contact: <sip:a@b;line=2>"), flow); len(got) != 3 {
		t.Errorf("a refresh at the limit gives %v", got)
	}
	request := register(t, "c", 11, "Contact: <sip:a@b;line=2>;expires=0, <sip:a@b;line=3>")
	if got := b.mustRegister(request, flow); len(got) != 3 {
		t.Errorf("one for another at the limit gives %v", got)
	}
}

func TestLookup(t *testing.T) {
	b := newBench(t, Options{Domain: func(host string) string {
		return strings.Replace(host, "192.0.2.1", "example.test", 1)
	}})
	ws, udp := connection("WS"), &fakeFlow{transport: "UDP"}
	b.mustRegister(register(t, "c", 1, "Contact: <sip:low@b>;q=0.2"), ws)
	raw := replaceLine(register(t, "d", 1, "Contact: <sip:high@b?x=y>;q=0.7", "User-Agent: Phone 1").String(),
		"To", "To: <sip:alice@192.0.2.1>")
	b.mustRegister(parse(t, raw), udp)
	for _, domain := range []string{"example.test", "EXAMPLE.TEST", "192.0.2.1"} {
		got := b.Lookup("alice", domain)
		if len(got) != 2 || got[0].URI != "sip:high@b" || got[1].URI != "sip:low@b" ||
			got[0].Flow != udp || got[1].Flow != ws || got[0].UserAgent != "Phone 1" {
			t.Errorf("%s: %+v", domain, got)
		}
		if !b.Known("bob", domain) || b.Known("carol", domain) {
			t.Errorf("%s: wrong users known", domain)
		}
	}
	if got := b.Lookup("Alice", "example.test"); len(got) != 0 {
		t.Errorf("user names aren't case-sensitive: %v", got)
	}
}

func TestFlowClosed(t *testing.T) {
	b := newBench(t, Options{})
	one, two := connection("WS"), connection("WS")
	b.mustRegister(register(t, "c", 1, "Contact: <sip:a@b>", "Contact: <sip:c@d>"), one)
	b.mustRegister(register(t, "d", 1, "Contact: <sip:a@b>"), two)
	one.Close()
	if got := b.Lookup("alice", "example.test"); len(got) != 1 || got[0].Flow != two {
		t.Errorf("before FlowClosed: %v", got)
	}
	b.FlowClosed(one)
	b.FlowClosed(one)
	if got := b.Stats(); got.Bindings != 1 || got.FlowsClosed != 2 || len(b.bindings.flows) != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	b := newBench(t, Options{MaxBindings: 100})
	var wg sync.WaitGroup
	for client := range 8 {
		wg.Go(func() {
			for i := range 50 {
				flow := connection("WS")
				contact := "Contact: <sip:u" + strconv.Itoa(client) + "@x.invalid;transport=ws>"
				if _, err := b.Register(Sender{User: "alice"}, register(t, strconv.Itoa(client), i+1, contact), flow); err != nil {
					t.Error(err)
				}
				b.Lookup("alice", "example.test")
				b.sweep()
				b.Stats()
				flow.Close()
				b.FlowClosed(flow)
			}
		})
	}
	wg.Wait()
	if got := b.Stats(); got.Bindings != 0 || got.Users != 0 || len(b.bindings.flows) != 0 {
		t.Errorf("stats %+v, flows %d", got, len(b.bindings.flows))
	}
}
