package callee

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"

	"sipbridge/test/load/sound"
	"sipbridge/test/load/stream"
)

// Line is one call of a phone.
type Line struct {
	// Invited is when the INVITE came.
	Invited time.Time
	// Meter measures what the phone hears.
	Meter *stream.Meter
	// Sender sends what the phone plays.
	Sender *stream.Sender

	rtp, rtcp *net.UDPConn
	done      chan struct{} // closed by close
	running   sync.WaitGroup
	ended     sync.Once
}

// openLine opens ports and sends and receives until close.
func openLine(remote netip.AddrPort, plays, hears sound.Way, invited time.Time) (*Line, error) {
	rtpSocket, rtcpSocket, err := pairOfPorts()
	if err != nil {
		return nil, err
	}
	l := &Line{
		Invited: invited, Meter: &stream.Meter{Way: hears},
		rtp: rtpSocket, rtcp: rtcpSocket, done: make(chan struct{}),
	}
	var buffer []byte
	l.Sender = &stream.Sender{Codec: sound.PCMU, Way: plays, Write: func(packet *rtp.Packet) error {
		buffer = append(buffer[:0], make([]byte, packet.MarshalSize())...)
		if _, err := packet.MarshalTo(buffer); err != nil {
			return err
		}
		_, err := rtpSocket.WriteToUDPAddrPort(buffer, remote)
		return err
	}}
	l.running.Go(func() { l.Sender.Run(l.done) })
	l.running.Go(l.receive)
	l.running.Go(l.ignoreReports)
	return l, nil
}

func (l *Line) receive() {
	buffer := make([]byte, largestDatagram)
	packet := &rtp.Packet{}
	for {
		n, _, err := l.rtp.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		at := time.Now()
		if packet.Unmarshal(buffer[:n]) == nil {
			l.Meter.Arrived(packet, at)
		}
	}
}

// ignoreReports reads the RTCP, so that the kernel refuses none.
func (l *Line) ignoreReports() {
	buffer := make([]byte, largestDatagram)
	for {
		if _, _, err := l.rtcp.ReadFromUDPAddrPort(buffer); err != nil {
			return
		}
	}
}

// close ends the call and waits for its goroutines.
func (l *Line) close() {
	l.ended.Do(func() {
		close(l.done)
		_ = errors.Join(l.rtp.Close(), l.rtcp.Close()) // nothing was to be kept
		l.running.Wait()
	})
}

var errNoPorts = errors.New("no pair of free ports")

// pairOfPorts opens an even port and the next (RFC 3550 section 11).
func pairOfPorts() (even, odd *net.UDPConn, err error) {
	const attempts = 100
	for range attempts {
		even, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, nil, fmt.Errorf("port for RTP: %w", err)
		}
		next := localAddr(even).Port() + 1
		if next%2 == 1 {
			odd, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(next)})
			if err == nil {
				return even, odd, nil
			}
		}
		_ = even.Close() // it was never used
	}
	return nil, nil, errNoPorts
}
