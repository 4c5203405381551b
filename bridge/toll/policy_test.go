package toll_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
	"sipbridge/bridge/toll"
)

func newPolicy(t *testing.T, options toll.Options) *toll.Policy {
	t.Helper()
	policy, err := toll.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func by(user, number string) toll.Call {
	return toll.Call{User: user, Trunk: "carrier", Number: number}
}

func statusOf(err error) int {
	if err == nil {
		return 0
	}
	return bridge.CauseOf(err).Status
}

func german(t *testing.T) number.Rewriting {
	t.Helper()
	rules, err := number.ParseRewriting([]string{`^00(\d+)$ -> +$1`, `^0(\d+)$ -> +49$1`})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t, toll.Options{
		Normalise: german(t),
		Rules: []toll.Rule{
			{Numbers: []string{"+49900", `^\+49137\d`}, Deny: true},
			{Users: []string{"boss"}, Numbers: []string{"+"}},
			{Users: []string{"sales-*", "carol@Other.test"}, Numbers: []string{"+49", "+43"}, Trunks: []string{"Carrier"}},
			{Users: []string{"trunk:PBX"}, Numbers: []string{"+4930"}},
			{Numbers: []string{"110", "112"}},
			{Users: []string{"desk"}},
		},
	})
	for _, test := range []struct {
		name string
		call toll.Call
		want int
	}{
		{"allowed", by("boss@home.test", "+15551234"), 0},
		{"denied before allowed", by("boss@home.test", "+49900123"), 403},
		{"denied in another spelling", by("boss@home.test", "0900-123"), 403},
		{"denied in escapes", by("boss@home.test", "%2B49(900)123"), 403},
		{"denied by expression", by("boss@home.test", "00491371"), 403},
		{"denied with a parameter", by("boss@home.test", "+49900123;isub=1"), 403},
		{"pattern", by("sales-2@home.test", "030123"), 0},
		{"pattern, other country", by("sales-2@home.test", "+1555"), 403},
		{"with domain", by("carol@other.test", "+4366"), 0},
		{"other domain", by("carol@home.test", "+4366"), 403},
		{"other trunk", toll.Call{User: "sales-1@home.test", Trunk: "spare", Number: "+4930"}, 403},
		{"all users", by("bob@home.test", "112"), 0},
		{"no rule", by("bob@home.test", "+4930"), 403},
		{"a trunk", toll.Call{From: "pbx", Trunk: "carrier", Number: "+4930"}, 0},
		{"a trunk is no user", toll.Call{From: "pbx", Trunk: "carrier", Number: "112"}, 403},
		{"another trunk", toll.Call{From: "pbx2", Trunk: "carrier", Number: "+4930"}, 403},
		{"a user who is called like a trunk", by("trunk:pbx@home.test", "+4930"), 403},
		{"nobody", toll.Call{Trunk: "carrier", Number: "112"}, 403},
		{"a name", by("desk@home.test", "conference"), 0},
		{"another case of a name", by("Boss@home.test", "+15551234"), 403},
		{"another case of a domain", by("carol@OTHER.test", "+4366"), 0},
		{"another case of a trunk", toll.Call{From: "Pbx", Trunk: "carrier", Number: "+4930"}, 0},
		{"no number", by("desk@home.test", "+49a900"), 403},
		{"nothing", by("desk@home.test", ""), 403},
	} {
		release, err := policy.Admit(test.call)
		if got := statusOf(err); got != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
		if err == nil {
			release()
		}
	}
	if stats := policy.Stats(); stats.Active != 0 || stats.Admitted != 8 || stats.Forbidden != 16 {
		t.Errorf("it counted %+v", stats)
	}
}

func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	_, err := toll.New(toll.Options{Rules: []toll.Rule{
		{Numbers: []string{"^("}},
		{Users: []string{"[a"}},
		{MaxCalls: -1},
		{Numbers: []string{""}},
		{Users: []string{""}},
		{},
	}})
	if !errors.Is(err, toll.ErrRule) || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("five bad rules give %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := newPolicy(t, toll.Options{
			Rules:  []toll.Rule{{Numbers: []string{"+1"}, MaxCalls: 2}, {Numbers: []string{"+2"}, CallsPerMinute: 3}, {}},
			Trunks: map[string]toll.Limit{"carrier": {MaxCalls: 5, CallsPerSecond: 4}},
		})
		admit := func(user, number string, want error) (release func()) {
			t.Helper()
			release, err := policy.Admit(by(user, number))
			if !errors.Is(err, want) {
				t.Fatalf("%s to %s gives %v, not %v", user, number, err, want)
			}
			if err != nil && bridge.CauseOf(err).Status == 503 && bridge.CauseOf(err).Headers[0].Name != "Retry-After" {
				t.Errorf("it does not say when to try again: %+v", err)
			}
			return release
		}
		first, second := admit("a@x", "+1", nil), admit("a@x", "+1", nil)
		admit("a@x", "+1", toll.ErrUserLimit)
		admit("a@X", "+1", toll.ErrUserLimit) // domains have no case
		third := admit("b@x", "+1", nil)      // another user has a limit of his own
		first()
		first()
		fourth := admit("a@x", "+1", nil)
		admit("a@x", "+1", toll.ErrUserLimit)
		admit("c@x", "+3", toll.ErrTrunkLimit) // a fifth within a second
		time.Sleep(time.Second)
		for _, release := range []func(){second, third, fourth} {
			release()
		}
		for range 3 {
			admit("a@x", "+2", nil)()
		}
		admit("a@x", "+2", toll.ErrUserLimit)
		time.Sleep(time.Minute)
		held := []func(){admit("a@x", "+2", nil)}
		time.Sleep(time.Second)
		for range 4 {
			held = append(held, admit("d@x", "+3", nil))
		}
		time.Sleep(time.Second)
		admit("d@x", "+3", toll.ErrTrunkLimit) // five at once
		if _, err := policy.AdmitFrom("Carrier"); !errors.Is(err, toll.ErrTrunkLimit) {
			t.Errorf("a call from the full trunk gives %v", err)
		}
		if got := policy.TrunkCalls("carrier"); got != 5 {
			t.Errorf("the trunk has %d calls", got)
		}
		for _, release := range held {
			release()
		}
		if stats := policy.Stats(); stats.Active != 0 || stats.OverUser != 4 || stats.OverTrunk != 3 {
			t.Errorf("it counted %+v", stats)
		}
	})
}

// TestCountIsExact lets many calls of one user begin and end at once: never more than allowed, and none left.
func TestCountIsExact(t *testing.T) {
	t.Parallel()
	const most = 3
	policy := newPolicy(t, toll.Options{Rules: []toll.Rule{{MaxCalls: most}}})
	var now, admitted atomic.Int32
	var users sync.WaitGroup
	for range 16 {
		users.Go(func() {
			for range 500 {
				release, err := policy.Admit(by("a@x", "1"))
				if err != nil {
					continue
				}
				admitted.Add(1)
				if count := now.Add(1); count > most {
					t.Errorf("%d calls at once", count)
				}
				now.Add(-1)
				release()
				release()
			}
		})
	}
	users.Wait()
	stats := policy.Stats()
	if stats.Active != 0 || stats.Admitted != uint64(admitted.Load()) || stats.Admitted+stats.OverUser != 16*500 {
		t.Errorf("%d were admitted, it counted %+v", admitted.Load(), stats)
	}
}

func TestRefusalIsLogged(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	policy := newPolicy(t, toll.Options{Logger: slog.New(slog.NewTextHandler(&text, nil)), Normalise: german(t)})
	for range 100 {
		if _, err := policy.Admit(by("alice@home.test", "0900 1")); err == nil {
			t.Fatal("it was admitted")
		}
	}
	line, _, _ := strings.Cut(text.String(), "\n")
	for _, want := range []string{"user=alice@home.test", "number=+499001", "status=403", "trunk=carrier"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %s", line, want)
		}
	}
	if lines := strings.Count(text.String(), "\n"); lines < 20 || lines > 30 {
		t.Errorf("100 refusals make %d lines", lines)
	}
	if policy.Stats().Forbidden != 100 {
		t.Errorf("it counted %+v", policy.Stats())
	}
}

func TestCallOf(t *testing.T) {
	t.Parallel()
	user := toll.CallOf(bridge.Request{Origin: bridge.OriginUser, User: "a@x"}, "t", "1")
	trunk := toll.CallOf(bridge.Request{Origin: bridge.OriginUpstream, Trunk: "pbx"}, "t", "1")
	if want := (toll.Call{User: "a@x", Trunk: "t", Number: "1"}); user != want {
		t.Errorf("a user's call is %+v", user)
	}
	if want := (toll.Call{From: "pbx", Trunk: "t", Number: "1"}); trunk != want {
		t.Errorf("a trunk's call is %+v", trunk)
	}
}
