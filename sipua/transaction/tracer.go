package transaction

import (
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// Tracer sees every SIP message that comes or goes, with credentials taken out. A nil Tracer sees none.
type Tracer func(direction string, flow transport.Flow, message []byte)

func (t Tracer) sent(flow transport.Flow, raw []byte) { t.see("sent", flow, raw) }

// Received shows a message that came; Table shows those that go.
func (t Tracer) Received(flow transport.Flow, raw []byte) { t.see("received", flow, raw) }

func (t Tracer) see(direction string, flow transport.Flow, raw []byte) {
	if t != nil {
		t(direction, flow, wire.Redact(raw))
	}
}
