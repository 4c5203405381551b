package quality

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/quality"
)

// reports are those of a plain phone, on the port of its sound (RFC 5761), each second. The goroutine that reads uses
// them.
type reports struct {
	reception quality.Reception
	last      time.Time
}

// isReport tells RTCP from RTP (RFC 5761 section 4).
func isReport(datagram []byte) bool {
	return len(datagram) > 1 && datagram[1] >= 192 && datagram[1] <= 223
}

// learn takes what the service reports of our stream: how much of it is lost.
func (p *party) learn(packets []rtcp.Packet) {
	for _, packet := range packets {
		var blocks []rtcp.ReceptionReport
		switch report := packet.(type) {
		case *rtcp.SenderReport:
			blocks = report.Reports
		case *rtcp.ReceiverReport:
			blocks = report.Reports
		}
		for _, block := range blocks {
			p.loss.Store(int32(block.FractionLost) * 100 / 256)
			p.mostLoss.Store(max(p.mostLoss.Load(), p.loss.Load()))
		}
	}
}

// report counts a packet, and tells the service now and then what was lost.
func (p *phone) report(packet *rtp.Packet) error {
	now := time.Now()
	p.reports.reception.Packet(packet, p.format.ClockRate, now)
	if now.Sub(p.reports.last) < time.Second {
		return nil
	}
	p.reports.last = now
	text, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 1, Reports: p.reports.reception.Reports(now)},
		rtcp.NewCNAMESourceDescription(1, p.name),
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	remote := p.remote
	p.mu.Unlock()
	_, err = p.socket.WriteToUDPAddrPort(text, remote)
	return err
}
