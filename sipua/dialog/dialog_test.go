package dialog

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
)

// The party's INVITE says all at once; its proxies stay in the order in which we reach them (RFC 3261 section 12.1.1).
func TestAnswering(t *testing.T) {
	t.Parallel()
	invite := fromAlice(t, "INVITE", "3", "Contact: <sip:alice@192.0.2.20>",
		"Record-Route: <sip:near.example;lr>, <sip:far.example;lr>")
	d := Answering(invite, uriOf(t, "sips:bob@192.0.2.1"))
	id := d.ID()
	if id.CallID != "call" || id.RemoteTag != "alicetag" || len(id.LocalTag) < 20 {
		t.Errorf("it is %+v", id)
	}
	if local := d.Local(); local.DisplayName != "Bob" || local.Address.User != "bob" {
		t.Errorf("we are %s", local.Value())
	}
	bye := d.Request(sip.BYE)
	leads(t, bye, "sip:alice@192.0.2.20", "<sip:near.example;lr>", "<sip:far.example;lr>")
	if tagsOf(bye) != id || bye.CSeq().Value() != "1 BYE" || bye.From().DisplayName != "Bob" {
		t.Errorf("BYE: %s", bye)
	}
	if d.Accept(fromAlice(t, "INFO", "2")) {
		t.Error("a number before that of the INVITE is taken")
	}
}

// Our INVITE goes where it was told to; the response says where the rest goes (RFC 3261 section 12.1.2).
func TestCalling(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9", "sip:out.example;lr")
	if d.IsBare() || !dialled(t, "sip:bob@192.0.2.9").IsBare() {
		t.Error("it is bare with a route only")
	}
	invite := d.First(sip.INVITE)
	leads(t, invite, "sip:bob@192.0.2.9", "<sip:out.example;lr>")
	if id := tagsOf(invite); id != d.ID() || id.RemoteTag != "" || id.LocalTag == "" || id.LocalTag == id.CallID {
		t.Errorf("the INVITE begins %+v", id)
	}
	d.Establish(answerTo(t, invite, "200", "bobtag", "Contact: <sip:bob@192.0.2.20>",
		"Record-Route: <sip:far.example;lr>, <sip:near.example;lr>"))
	if d.ID().RemoteTag != "bobtag" || d.IsBare() {
		t.Errorf("it is %+v", d.ID())
	}
	leads(t, d.ACK(1), "sip:bob@192.0.2.20", "<sip:near.example;lr>", "<sip:far.example;lr>")
	d.Establish(answerTo(t, invite, "200", "bobtag"))
	leads(t, d.Request(sip.BYE), "sip:bob@192.0.2.20")
}

// Each To tag that answers an INVITE has a target, an order and a next hop of its own.
func TestFork(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9")
	invite := d.First(sip.INVITE)
	one := d.Fork(invite, answerTo(t, invite, "180", "one", "Contact: <sip:one@one.example>"))
	name, _ := one.NextName()
	if !one.Hop().Seek(name) || !one.Accept(fromAlice(t, "UPDATE", "7")) {
		t.Fatal("nothing can be done in the first one")
	}
	two := one.Fork(invite, answerTo(t, invite, "180", "two"))
	leads(t, one.Request(sip.PRACK), "sip:one@one.example")
	leads(t, two.Request(sip.PRACK), "sip:bob@192.0.2.9")
	if two.Hop().IsOpen() || !two.Accept(fromAlice(t, "UPDATE", "1")) {
		t.Error("the second one goes on with what the first one knew")
	}
	if one.ID().RemoteTag != "one" || two.ID().RemoteTag != "two" || d.ID().RemoteTag != "" ||
		one.ID().LocalTag != two.ID().LocalTag || one.ID().CallID != two.ID().CallID {
		t.Errorf("they are %+v, %+v and %+v", d.ID(), one.ID(), two.ID())
	}
}

// A Contact moves the remote target; none, or one for all, leaves it (RFC 3261 section 12.2).
func TestRefresh(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9", "sip:out.example;lr")
	for _, test := range []struct{ contact, want string }{
		{"Contact: <sip:bob@192.0.2.20>", "sip:bob@192.0.2.20"},
		{"X-None: x", "sip:bob@192.0.2.20"},
		{"Contact: <sip:bob@192.0.2.30>, <sip:bob@192.0.2.40>", "sip:bob@192.0.2.30"},
	} {
		d.Refresh(fromAlice(t, "INVITE", "1", test.contact))
		leads(t, d.Request(sip.INFO), test.want, "<sip:out.example;lr>")
	}
	all := sip.NewRequest(sip.INVITE, sip.Uri{}) // which no parser takes from an INVITE
	all.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Wildcard: true}})
	d.Refresh(all)
	leads(t, d.Request(sip.INFO), "sip:bob@192.0.2.30", "<sip:out.example;lr>")
}

// An equal number is no disorder, and what was refused does not count (RFC 3261 section 12.2.2).
func TestAccept(t *testing.T) {
	t.Parallel()
	d := Answering(fromAlice(t, "INVITE", "3"), sip.Uri{})
	for _, test := range []struct {
		number int
		want   bool
	}{{3, true}, {2, false}, {3, true}, {7, true}, {6, false}, {7, true}, {8, true}} {
		if got := d.Accept(fromAlice(t, "INFO", fmt.Sprint(test.number))); got != test.want {
			t.Errorf("%d is taken: %v", test.number, got)
		}
	}
}

// Who reaches us by another connection is told another Contact. A sips one is kept as long as it is true.
func TestMoveTo(t *testing.T) {
	t.Parallel()
	const local = "192.0.2.1:5061"
	for name, test := range map[string]struct {
		before string
		to     flow
		want   string
	}{
		"UDP":         {"", flow{word: "UDP", local: local}, "<sip:alice@192.0.2.1:5061>"},
		"TLS":         {"sip:x@y", flow{word: "TLS", local: local}, "<sip:alice@192.0.2.1:5061;transport=tls>"},
		"sips to TLS": {"sips:x@y", flow{word: "TLS", local: local}, "<sips:alice@192.0.2.1:5061;transport=tls>"},
		"sips to TCP": {"sips:x@y", flow{word: "TCP", local: local}, "<sip:alice@192.0.2.1:5061;transport=tcp>"},
	} {
		d := dialled(t, "sip:bob@192.0.2.9")
		if test.before != "" {
			d.contact = uriOf(t, test.before)
		}
		d.MoveTo(test.to)
		if got := d.Contact().Value(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9")
	before := d.ID()
	d.Rename("Carol", uriOf(t, "sip:carol@bridge.example"))
	update := d.Request(sip.UPDATE)
	if from := update.From(); from.DisplayName != "Carol" || from.Address.User != "carol" || tagsOf(update) != before {
		t.Errorf("From: %s", from.Value())
	}
}

// Hosts are those addresses that are written as such.
func TestHosts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ target, routes, want string }{
		{"sip:bob@192.0.2.9", "", "[192.0.2.9]"},
		{"sip:bob@[2001:db8::1]:5070", "sip:192.0.2.7;lr", "[2001:db8::1 192.0.2.7]"},
		{"sip:bob@b.example", "sip:[::ffff:192.0.2.7];lr", "[192.0.2.7]"},
		{"sip:bob@b.example", "sip:near.example;lr", "[]"},
	} {
		var routes []string
		if test.routes != "" {
			routes = []string{test.routes, "sip:192.0.2.99;lr"}
		}
		if got := fmt.Sprint(dialled(t, test.target, routes...).Hosts()); got != test.want {
			t.Errorf("%s by %s: %s, want %s", test.target, test.routes, got, test.want)
		}
	}
}

// Only what makes or changes a dialog has a Contact (RFC 3261 section 12.2.1.1).
func TestWhichRequestsHaveAContact(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9")
	for method, want := range map[sip.RequestMethod]bool{
		sip.INVITE: true, sip.UPDATE: true, sip.REFER: true, sip.NOTIFY: true,
		sip.BYE: false, sip.INFO: false, sip.PRACK: false, sip.MESSAGE: false,
	} {
		if has := message.Contact(d.Request(method)) != nil; has != want {
			t.Errorf("%s has a Contact: %v", method, has)
		}
	}
}
