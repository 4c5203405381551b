package admission

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
)

// TestMayAsk: a guest places calls, and nothing else, and no longer than his token is good.
func TestMayAsk(t *testing.T) {
	t.Parallel()
	const guest = "guest@local.example"
	c := New(Options{CallsOnly: func(user string) bool { return user == guest || user == "" }})
	at := from("192.0.2.9:5070")
	methods := map[sip.RequestMethod]int{
		sip.INVITE: 0, sip.OPTIONS: 0, sip.BYE: 0, sip.UPDATE: 0, sip.INFO: 0, sip.PRACK: 0,
		sip.REGISTER: 403, sip.MESSAGE: 403, sip.SUBSCRIBE: 403, sip.PUBLISH: 403, sip.NOTIFY: 403, sip.REFER: 403,
		"UNHEARD-OF": 403,
	}
	for method, status := range methods {
		request := sip.NewRequest(method, sip.Uri{})
		refused(t, string(method), c.MayAsk(opened{at, guest, time.Hour}, request), status)
		refused(t, string(method)+" too late", c.MayAsk(opened{at, guest, -time.Hour}, request), 403)
		refused(t, string(method)+" of a user", c.MayAsk(opened{at, "alice@local.example", time.Hour}, request), 0)
		refused(t, string(method)+" without a token", c.MayAsk(at, request), 0)
	}
	if counted := c.Stats(); counted.CallsOnly != 13+7 || counted.Strangers != 0 {
		t.Errorf("counted %+v", counted)
	}
	if New(Options{}).CallsOnly(guest) || !c.CallsOnly(guest) || c.CallsOnly("") {
		t.Error("who is a guest?")
	}
}

// TestMayCall: strangers alone are bounded, and each refusal is counted and told.
func TestMayCall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		protection Protection
		busy       answering
		statuses   [2]int // of a stranger's first and second call
	}{
		"open":                  {Protection{StrangerCalls: 100}, maxStrangers - 1, [2]int{0, 0}},
		"as it is by default":   {Protection{}, 0, [2]int{0, 0}},
		"few":                   {Protection{StrangerCalls: 1e-6}, 0, [2]int{0, 503}},
		"no strangers":          {Protection{NoStrangers: true}, 0, [2]int{403, 403}},
		"too much is going on":  {Protection{StrangerCalls: 100}, maxStrangers, [2]int{503, 503}},
		"no strangers and busy": {Protection{NoStrangers: true}, maxStrangers, [2]int{403, 403}},
	} {
		told, want := 0, 0
		c := New(Options{
			Protection: test.protection, Transactions: test.busy, Complain: func(string, ...any) { told++ },
		})
		for i, status := range test.statuses {
			err := c.MayCall(from("192.0.2.9:5070"), identity.Identity{}, "bob")
			refused(t, name, err, status)
			if status == 503 {
				want++
				if headers := bridge.CauseOf(err).Headers; len(headers) != 1 || headers[0].Name != "Retry-After" {
					t.Errorf("%s: nothing is said about when to try again", name)
				}
			}
			for _, origin := range []bridge.Origin{bridge.OriginUser, bridge.OriginUpstream} {
				err = c.MayCall(from("192.0.2.9:5070"), identity.Identity{Origin: origin}, "bob")
				refused(t, name+", one we know", err, 0)
			}
			if c.Stats().Strangers != uint64(want) || told != want {
				t.Errorf("%s, call %d: counted %+v, told %d", name, i, c.Stats(), told)
			}
		}
	}
}
