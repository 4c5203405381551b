package transaction

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
)

// TestUndeliveredBesideItsSender: whoever sent a request may make the next one of it once it is answered, while news
// come that it was not delivered. The race detector tells.
func TestUndeliveredBesideItsSender(t *testing.T) {
	table, flow := newTable(t), newDatagrams()
	sent, heard := request(sip.INFO, flow), make(chan error, 1)
	if _, err := table.Send(flow, sent, func(_ *sip.Response, err error) { heard <- err }); err != nil {
		t.Fatal(err)
	}
	raw := <-flow.sent
	table.Receive(message.NewResponse(sent, 401, ""))
	if err := <-heard; err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		table.Undelivered(flow, raw)
	}()
	sent.RemoveHeader("To")
	sent.AppendHeader(&sip.ToHeader{Address: sent.Recipient, Params: sip.NewParams()})
	<-told
}

func FuzzQuotedKey(f *testing.F) {
	f.Add([]byte("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport\r\nMax-"))
	f.Add([]byte("ACK\r\nVia:;branch=\r\n"))
	f.Fuzz(func(t *testing.T, quoted []byte) {
		if key, ok := quotedKey(quoted); ok && len(key) > len(quoted)+2 {
			t.Errorf("%q", key)
		}
	})
}
