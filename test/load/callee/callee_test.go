package callee

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/test/load/message"
	"sipbridge/test/load/sound"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is the peer of a phone: plain sockets.
type server struct {
	t        *testing.T
	sip, rtp *net.UDPConn
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t}
	for _, socket := range []**net.UDPConn{&s.sip, &s.rtp} {
		opened, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = opened.Close() })
		_ = opened.SetDeadline(time.Now().Add(patience))
		*socket = opened
	}
	return s
}

func (s *server) send(phone *Phone, start, cseq, body string) {
	s.t.Helper()
	request := &message.Message{Start: start, Body: body}
	request.Add("Via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK"+cseq).Add("From", "<sip:a@b>;tag=1").
		Add("To", "<sip:call7@b>").Add("Call-ID", "x@y").Add("CSeq", cseq)
	if _, err := s.sip.WriteToUDPAddrPort(request.Bytes(), phone.Addr()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) expect(status int) *message.Message {
	s.t.Helper()
	buffer := make([]byte, largestDatagram)
	n, err := s.sip.Read(buffer)
	if err != nil {
		s.t.Fatal(err)
	}
	reply, err := message.Parse(buffer[:n])
	if err != nil || reply.Status() != status {
		s.t.Fatalf("got %s, %v; want %d", buffer[:n], err, status)
	}
	return reply
}

func (s *server) offer(payloadTypes string) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP %s\r\n", localAddr(s.rtp).Port(), payloadTypes)
}

func stamped(string) (plays, hears sound.Way, err error) {
	packets := [][]byte{make([]byte, 160)}
	return sound.NewStamped(packets), sound.NewStamped(packets), nil
}

func TestPhoneAnswersAndTalks(t *testing.T) {
	s := newServer(t)
	phone, err := Listen(stamped)
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	s.send(phone, "INVITE sip:call7@phone SIP/2.0", "1 INVITE", s.offer("8 0"))
	s.expect(180)
	answer := s.expect(200)
	remote, err := media(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	s.send(phone, "INVITE sip:call7@phone SIP/2.0", "1 INVITE", s.offer("8 0"))
	if again := s.expect(200); again.Body != answer.Body {
		t.Errorf("the repeated INVITE got\n%s\nbefore\n%s", again.Body, answer.Body)
	}
	line := phone.Line("call7")
	if line == nil || phone.Line("call8") != nil || line.Invited.IsZero() {
		t.Fatalf("line %+v", line)
	}
	heard := make([]byte, largestDatagram)
	n, err := s.rtp.Read(heard)
	if err != nil {
		t.Fatal(err)
	}
	var packet rtp.Packet
	if err := packet.Unmarshal(heard[:n]); err != nil || packet.PayloadType != 0 || len(packet.Payload) != 160 {
		t.Errorf("packet %v, %v", &packet, err)
	}
	for line.Meter.Total() == 0 {
		if _, err := s.rtp.WriteToUDPAddrPort(heard[:n], remote); err != nil {
			t.Fatal(err)
		}
		if _, err := s.rtp.Read(heard); err != nil { // the phone's pace is ours
			t.Fatal(err)
		}
	}
	s.send(phone, "BYE sip:phone SIP/2.0", "2 BYE", "")
	s.expect(200)
}

func TestPhoneRefuses(t *testing.T) {
	tests := []struct {
		name, start, cseq, payloadTypes string
		ways                            Ways
		status                          int
	}{
		{"no µ-law", "INVITE sip:call7@phone SIP/2.0", "1 INVITE", "8", stamped, 488},
		{"an unknown user", "INVITE sip:call7@phone SIP/2.0", "1 INVITE", "0", unknown, 404},
		{"an unknown call", "BYE sip:phone SIP/2.0", "1 BYE", "0", stamped, 481},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t)
			phone, err := Listen(test.ways)
			if err != nil {
				t.Fatal(err)
			}
			defer phone.Close()
			s.send(phone, test.start, test.cseq, s.offer(test.payloadTypes))
			s.expect(test.status)
		})
	}
}

func unknown(string) (plays, hears sound.Way, err error) { return nil, nil, errors.New("unknown") }

func FuzzMedia(f *testing.F) {
	f.Add("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n")
	f.Add("c=IN IP6 ::1\nm=audio 4000 RTP/AVP 8 0")
	f.Add("m=audio")
	f.Fuzz(func(t *testing.T, sdp string) {
		remote, err := media(sdp)
		if err == nil && (!remote.IsValid() || remote.Port() == 0 || !strings.Contains(sdp, "m=audio")) {
			t.Errorf("%q gave %v", sdp, remote)
		}
	})
}
