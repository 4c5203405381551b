package notifier

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// connection is a flow of which only its identity counts.
type connection struct{ remote string }

func (*connection) Send([]byte) error            { return nil }
func (*connection) Close()                       {}
func (*connection) Done() <-chan struct{}        { return nil }
func (*connection) Transport() string            { return "WS" }
func (*connection) LocalAddr() netip.AddrPort    { return netip.MustParseAddrPort("192.0.2.1:80") }
func (c *connection) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort(c.remote) }

var _ transport.Flow = (*connection)(nil)

func request(method sip.RequestMethod, callID string, headers ...string) *sip.Request {
	made := sip.NewRequest(method, sip.Uri{Scheme: "sip", User: "alice", Host: "local.example"})
	id := sip.CallIDHeader(callID)
	made.AppendHeader(&id)
	for i := 0; i+1 < len(headers); i += 2 {
		made.AppendHeader(sip.NewHeader(headers[i], headers[i+1]))
	}
	return made
}

// TestEventOfNotifications: it has the id of the SUBSCRIBE, and no other parameter.
func TestEventOfNotifications(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"presence": "presence", " Dialog ;sla": "dialog", "presence;ID=7": "presence;id=7",
		"message-summary; x=y ; id=a": "message-summary;id=a", "presence;id=": "presence", "": "",
	} {
		if got := eventOf(request(sip.SUBSCRIBE, "c", "Event", said)); got != want {
			t.Errorf("of %q the event is %q, want %q", said, got, want)
		}
	}
}

// TestRemovalsAreKnownAgain on the same connection, until something is published anew or the connection has gone.
func TestRemovalsAreKnownAgain(t *testing.T) {
	t.Parallel()
	here, there := &connection{remote: "192.0.2.9:1"}, &connection{remote: "192.0.2.9:2"}
	removal, fresh := request(sip.PUBLISH, "c", "Expires", "0"), request(sip.PUBLISH, "c", "Expires", "600")
	removals := NewRemovals()
	is := func(flow transport.Flow, request *sip.Request, want bool) {
		t.Helper()
		if got := removals.IsRepeated(flow, request); got != want {
			t.Errorf("it is repeated: %v, want %v", got, want)
		}
	}
	is(here, removal, false)
	removals.Note(here, removal)
	is(here, removal, true)
	is(here, fresh, false)
	is(there, removal, false)
	is(here, request(sip.PUBLISH, "d", "Expires", "0"), false)
	removals.Note(here, fresh)
	is(here, removal, false)
	removals.Note(here, removal)
	removals.FlowClosed(there)
	is(here, removal, true)
	removals.FlowClosed(here)
	is(here, removal, false)
}

// TestSubscriptionsAreFoundByDialogAndFlow, and leave nothing.
func TestSubscriptionsAreFoundByDialogAndFlow(t *testing.T) {
	t.Parallel()
	all, flow := newSubscriptions(), &connection{remote: "192.0.2.9:1"}
	var held []*subscription
	for _, tag := range []string{"one", "two"} {
		s := &subscription{flow: flow, ends: message.Ends{
			ID: bridge.DialogID{CallID: "c", LocalTag: tag, RemoteTag: "w"},
		}}
		all.add(s)
		held = append(held, s)
	}
	again := request(sip.SUBSCRIBE, "c")
	from := &sip.FromHeader{Params: sip.NewParams()}
	from.Params.Add("tag", "w")
	to := &sip.ToHeader{Params: sip.NewParams()}
	to.Params.Add("tag", "two")
	again.AppendHeader(from)
	again.AppendHeader(to)
	if got := all.find(again); got != held[1] {
		t.Errorf("found %v", got)
	}
	if on := all.on(flow); len(on) != 2 || all.size() != 2 {
		t.Errorf("%d are on the flow, %d in all", len(on), all.size())
	}
	all.remove(held[1])
	if got := all.find(again); got != nil || len(all.on(flow)) != 1 {
		t.Error("it is found after its end")
	}
	all.remove(held[0])
	if all.size() != 0 || len(all.byFlow) != 0 {
		t.Error("something is left")
	}
}
