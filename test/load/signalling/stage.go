package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"sipbridge/test/load/exchange"
	"sipbridge/test/load/measure"
	"sipbridge/test/load/message"
	"sipbridge/test/load/service"
)

const (
	domain   = "localhost"
	itsp     = "itsp.example"
	password = "only on loopback"
	// accounts that phones register with.
	accounts = 1000
	// patience is how long a request may take before it counts as failed.
	patience = 10 * time.Second
)

// stage is a running service, a trunk that calls and a phone that answers.
type stage struct {
	options options
	service *service.Service
	trunk   *exchange.Socket
	phone   *exchange.Socket
	placed  atomic.Int64 // calls so far, which numbers them
}

func newStage(ctx context.Context, o options) (*stage, error) {
	s := &stage{options: o}
	var err error
	if s.trunk, err = exchange.Listen(s.bye); err != nil {
		return nil, err
	}
	if s.phone, err = exchange.Listen(s.answer); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.service, err = service.Start(ctx, o.binary, s.configuration); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) configuration(at service.Addresses) map[string]any {
	users := make([]map[string]string, accounts)
	for i := range users {
		users[i] = map[string]string{"name": account(i), "password": password}
	}
	return map[string]any{
		"domains": []map[string]string{
			{"name": domain}, {"name": itsp, "next_hop": "sip:" + s.trunk.Addr().String()},
		},
		"listen":   map[string]string{"http": at.Web, "sip_udp": at.SIP, "sip_tcp": at.SIP},
		"media":    map[string]string{"rtp_ports": "10000-28999", "webrtc_ports": strconv.Itoa(at.WebRTC)},
		"security": s.security(),
		"log":      map[string]string{"level": "warn"},
		"users":    users,
		"dialing":  map[string]any{"rules": []map[string]any{{"users": []string{"trunk:" + itsp}}}},
		"routes": []map[string]string{{
			"from": "trunk:" + itsp, "match": `^sip:(\d+)@`, "to": "sip:$1@" + s.phone.Addr().String(),
		}},
	}
}

// security lets this program send as fast as it can, unless it is a flood that is to be held back.
func (s *stage) security() map[string]int {
	if s.options.flood > 0 {
		return map[string]int{}
	}
	return map[string]int{"rate": 1_000_000}
}

func account(number int) string { return "user" + strconv.Itoa(number) }

// close stops all that runs, and says if the service did not end well.
func (s *stage) close() error {
	var err error
	if s.service != nil {
		err = s.service.Stop()
	}
	for _, socket := range []*exchange.Socket{s.trunk, s.phone} {
		if socket != nil {
			socket.Close()
		}
	}
	return err
}

// bye answers what the service asks of the trunk: an OPTIONS, or a BYE when a call has failed.
func (s *stage) bye(request *message.Message) []*message.Message {
	if request.Method() == "ACK" {
		return nil
	}
	return []*message.Message{request.Reply(200, "OK", "trunk")}
}

// answer is the phone: it rings and answers at once.
func (s *stage) answer(request *message.Message) []*message.Message {
	switch request.Method() {
	case "ACK":
		return nil
	case "INVITE":
		contact := "<sip:phone@" + s.phone.Addr().String() + ">"
		ok := request.Reply(200, "OK", "phone").Add("Contact", contact).Add("Content-Type", "application/sdp")
		ok.Body = sdp(s.phone.Addr().Port())
		return []*message.Message{request.Reply(180, "Ringing", "phone").Add("Contact", contact), ok}
	default:
		return []*message.Message{request.Reply(200, "OK", "phone")}
	}
}

// sdp names the SIP port for RTP, too: none is sent.
func sdp(port uint16) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n", port)
}

// spent is what the service and this program had used at a moment.
type spent struct {
	at                 time.Time
	service, generator time.Duration
	rss                int64
}

func (s *stage) spent() (spent, error) {
	now := spent{at: time.Now()}
	var faults [3]error
	now.service, faults[0] = s.service.CPU()
	now.rss, faults[1] = s.service.RSS()
	now.generator, faults[2] = measure.ProcessOf(os.Getpid()).CPU()
	return now, errors.Join(faults[:]...)
}
