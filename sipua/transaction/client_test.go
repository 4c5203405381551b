package transaction

import (
	"bytes"
	"log/slog"
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"sipbridge/sipua/message"
)

// datagrams is a UDP flow that keeps what is sent on it.
type datagrams struct{ sent chan []byte }

func newDatagrams() *datagrams { return &datagrams{sent: make(chan []byte, 64)} }

func (w *datagrams) Send(raw []byte) error { w.sent <- bytes.Clone(raw); return nil }

func (*datagrams) Close()                     {}
func (*datagrams) Done() <-chan struct{}      { return nil }
func (*datagrams) Transport() string          { return "UDP" }
func (*datagrams) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (*datagrams) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.2:5060") }

// request is a complete one of ours.
func request(method sip.RequestMethod, flow *datagrams) *sip.Request {
	made := sip.NewRequest(method, sip.Uri{Scheme: "sip", User: "b", Host: "192.0.2.2"})
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: "a", Host: "192.0.2.1"}, Params: sip.NewParams()}
	from.Params.Add("tag", message.NewTag())
	callID := sip.CallIDHeader(message.NewTag())
	for _, header := range []sip.Header{
		from, &sip.ToHeader{Address: made.Recipient, Params: sip.NewParams()}, &callID,
		&sip.CSeqHeader{SeqNo: 1, MethodName: method},
	} {
		made.AppendHeader(header)
	}
	message.Complete(flow, made)
	return made
}

// newTable makes a table that is closed, and leaves nothing, when the test ends.
func newTable(t *testing.T) *Table {
	t.Helper()
	before := goleak.IgnoreCurrent()
	table := NewTable(Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		table.Close()
		goleak.VerifyNone(t, before)
	})
	return table
}

// TestMutedInviteIsNotRepeated: the INVITE of a server left behind is kept back, its CANCEL is not.
func TestMutedInviteIsNotRepeated(t *testing.T) {
	table, flow := newTable(t), newDatagrams()
	invite := request(sip.INVITE, flow)
	client, err := table.Send(flow, invite, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-flow.sent
	client.Mute()
	repeating := &connection{flow: flow, keeps: client.keeps}
	for _, made := range []sip.Message{invite, message.Cancel(invite)} {
		if err := repeating.WriteMsg(made); err != nil {
			t.Fatal(err)
		}
	}
	if raw := <-flow.sent; !bytes.HasPrefix(raw, []byte("CANCEL ")) {
		t.Errorf("sent\n%s", raw)
	}
}

// TestHandlerHearsOneEnd: a final response, or one error, and nothing after it.
func TestHandlerHearsOneEnd(t *testing.T) {
	tests := map[string]func(*Table, *Client, *sip.Request){
		"response": func(table *Table, _ *Client, sent *sip.Request) {
			for range 2 {
				if !table.Receive(message.NewResponse(sent, 200, "")) {
					t.Error("the response matches nothing")
				}
			}
		},
		"failed":    func(_ *Table, client *Client, _ *sip.Request) { client.Fail(sip.ErrTransactionTimeout) },
		"abandoned": func(_ *Table, client *Client, _ *sip.Request) { client.Abandon() },
		"closed":    func(table *Table, _ *Client, _ *sip.Request) { table.Close() },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			table, flow := NewTable(Options{Log: slog.New(slog.DiscardHandler)}), newDatagrams()
			sent, heard := request(sip.OPTIONS, flow), make(chan error, 8)
			client, err := table.Send(flow, sent, func(_ *sip.Response, err error) { heard <- err })
			if err != nil {
				t.Fatal(err)
			}
			end(table, client, sent)
			if err := <-heard; (err == nil) != (name == "response") {
				t.Errorf("heard %v", err)
			}
			if name != "closed" {
				table.Close()
			}
			if len(heard) > 0 {
				t.Errorf("heard also %v", <-heard)
			}
			if _, err := table.Send(flow, request(sip.OPTIONS, flow), nil); err == nil {
				t.Error("a closed table sends")
			}
			goleak.VerifyNone(t, before)
		})
	}
}
