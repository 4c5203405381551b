package replay

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// server stands in for the server: the upstream of the exchange's domain, over UDP.
type server struct {
	script *script
	socket *net.UDPConn
	rename *strings.Replacer
	reader sync.WaitGroup

	mu      sync.Mutex
	arrived *sync.Cond
	// All below is guarded by mu.
	bridge  net.Addr
	contact string // the address by which the bridge stands for the browser
	dialog  dialog // the newest
	answers map[string][]Message
	held    map[string]heldInvite // INVITEs that a CANCEL will end, by branch
	number  int
	asked   []Message
}

// dialog is one with the bridge, as the server needs it to ask in it.
type dialog struct {
	target, local, remote, callID string
	sequence                      int
	via                           string // of the INVITE that it came from, if that was ours
}

type heldInvite struct {
	request Message
	known   *exchange
}

func newServer() (*server, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := &server{socket: socket, answers: make(map[string][]Message), held: make(map[string]heldInvite)}
	s.arrived = sync.NewCond(&s.mu)
	return s, nil
}

// play starts to answer as in the capture.
func (s *server) play(sc *script) {
	s.script = sc
	s.reader.Go(s.read)
}

func (s *server) address() string { return s.socket.LocalAddr().String() }

func (s *server) close() {
	_ = s.socket.Close()
	s.reader.Wait()
}

func (s *server) read() {
	buffer := make([]byte, 65536)
	for {
		length, from, err := s.socket.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		message, ok := parseMessage(string(buffer[:max(length, 0)]))
		if err != nil || !ok {
			continue
		}
		s.mu.Lock()
		s.bridge = from
		if message.request() {
			s.request(message)
		} else {
			s.answers[message.transaction()] = append(s.answers[message.transaction()], message)
		}
		s.arrived.Broadcast()
		s.mu.Unlock()
	}
}

// request answers the bridge; it needs mu.
func (s *server) request(request Message) {
	s.asked = append(s.asked, request)
	branch, _, _ := strings.Cut(request.transaction(), " ")
	switch method := request.method(); {
	case method == "ACK":
	case method == "CANCEL":
		s.send(s.response(request, "200 OK", ""))
		if held, ok := s.held[branch]; ok {
			delete(s.held, branch)
			s.answerAs(held.request, held.known, true)
		}
	case request.inDialog():
		s.answerInDialog(request)
	default:
		known := take(s.script.browser, method, false)
		if known == nil {
			s.send(s.response(request, statusOfUnknown(method), "other"))
			return
		}
		s.answerAs(request, known, false)
	}
}

// statusOfUnknown answers what the capture does not have: an INVITE to where a call was redirected, or what the bridge
// asks of its own accord, such as OPTIONS.
func statusOfUnknown(method string) string {
	if method == "INVITE" {
		return "486 Busy Here"
	}
	return "200 OK"
}

// answerInDialog answers what the bridge asks in a call: the capture may have had nothing like it.
func (s *server) answerInDialog(request Message) {
	status := "200 OK"
	if request.method() == "REFER" {
		status = "202 Accepted"
	}
	response := s.response(request, status, "")
	if request.Body != "" && (request.method() == "INVITE" || request.method() == "UPDATE") {
		response = s.withSDP(response, "sendrecv")
	}
	s.send(response)
}

// answerAs gives the captured answers; those after a CANCEL only when it came.
func (s *server) answerAs(request Message, known *exchange, cancelled bool) {
	if request.method() == "REGISTER" {
		s.contact = address(request.Get("Contact"))
	}
	for _, answer := range known.answers {
		if known.cancelled && !cancelled && answer.status() >= 200 {
			branch, _, _ := strings.Cut(request.transaction(), " ")
			s.held[branch] = heldInvite{request, known}
			return
		}
		if cancelled && answer.status() < 200 {
			continue
		}
		s.send(s.like(request, answer))
	}
}

// like is a captured answer, as this request gets it.
func (s *server) like(request, answer Message) Message {
	tag := tagOf(answer.Get("To"))
	response := s.response(request, strings.TrimPrefix(answer.Start, "SIP/2.0 "), tag)
	for _, header := range answer.Headers {
		switch strings.ToLower(header.Name) {
		case "www-authenticate", "proxy-authenticate", "expires", "min-expires", "retry-after", "unsupported",
			"service-route", "p-associated-uri", "sip-etag", "allow", "warning", "reason":
			response.Headers = append(response.Headers, Header{header.Name, s.rename.Replace(header.Value)})
		}
	}
	switch {
	case request.method() == "REGISTER" && answer.status() < 300:
		response = response.with("Contact", "<"+address(request.Get("Contact"))+">"+expiresOf(answer))
	case answer.status() >= 300 && answer.status() < 400:
		response = response.with("Contact", s.rename.Replace(answer.Get("Contact")))
	}
	if request.method() == "INVITE" && answer.Body != "" {
		response = s.withSDP(response, "sendrecv")
	}
	opens := request.method() == "INVITE" || request.method() == "SUBSCRIBE"
	if opens && answer.status() < 300 && tag != "" {
		s.dialog = dialog{
			target: address(request.Get("Contact")), remote: request.Get("From"), local: response.Get("To"),
			callID: request.Get("Call-ID"), sequence: 1,
		}
	}
	return response
}

// expiresOf is the lifetime that a captured 200 gave the browser.
func expiresOf(answer Message) string {
	if seconds := parameter(answer.Get("Contact"), "expires"); seconds != "" {
		return ";expires=" + seconds
	}
	return ""
}

func (s *server) response(request Message, status, tag string) Message {
	response := Message{Start: "SIP/2.0 " + status}
	to := request.Get("To")
	if tag != "" {
		to += ";tag=" + tag
	}
	for _, name := range []string{"Via", "From", "Call-ID", "CSeq", "Record-Route"} {
		response = response.with(name, request.all(name)...)
	}
	return response.with("To", to).with("Contact", "<sip:server@"+s.address()+">")
}

func (s *server) withSDP(message Message, direction string) Message {
	s.number++
	_, port, _ := strings.Cut(s.address(), ":") // what is sent there does not matter
	message.Body = "v=0\r\no=server 1 " + strconv.Itoa(s.number) + " IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n" +
		"t=0 0\r\nm=audio " + port + " RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=" + direction + "\r\n"
	return message.with("Content-Type", "application/sdp")
}

// send needs mu.
func (s *server) send(message Message) {
	if s.bridge != nil {
		_, _ = s.socket.WriteTo([]byte(message.String()), s.bridge) // what is lost shows as an answer missing
	}
}

// ask sends a captured request to the bridge, and gives the final answer if it is to wait for it: some browsers never
// gave one. An INVITE's is acknowledged. False says that none came.
func (s *server) ask(captured *exchange, wait bool) (Message, bool) {
	s.mu.Lock()
	request := s.current(captured.request)
	s.send(request)
	s.mu.Unlock()
	if captured.cancelled || !wait {
		return Message{}, true // if one comes, it is with the CANCEL's
	}
	return s.conclude(request)
}

// conclude waits for the final answer to a request.
func (s *server) conclude(request Message) (Message, bool) {
	final, found := s.awaitFinal(request)
	if !found {
		return Message{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if request.method() == "INVITE" {
		s.acknowledge(request, final)
	}
	return final, true
}

// cancel ends the newest INVITE of ours.
func (s *server) cancel() (Message, bool) {
	s.mu.Lock()
	invite := s.invite()
	cancel := Message{Start: "CANCEL " + invite.target() + " SIP/2.0"}
	for _, name := range []string{"Via", "From", "To", "Call-ID"} {
		cancel = cancel.with(name, invite.Get(name))
	}
	number, _, _ := strings.Cut(invite.Get("CSeq"), " ")
	s.send(cancel.with("CSeq", number+" CANCEL").with("Max-Forwards", "70"))
	s.mu.Unlock()
	return s.conclude(invite)
}

// invite rebuilds the newest INVITE of ours from its dialog; only what a CANCEL and an ACK need.
func (s *server) invite() Message {
	return Message{Start: "INVITE " + s.dialog.target + " SIP/2.0", Headers: []Header{
		{"Via", s.dialog.via},
		{"From", s.dialog.local},
		{"To", s.dialog.remote},
		{"Call-ID", s.dialog.callID},
		{"CSeq", strconv.Itoa(s.dialog.sequence) + " INVITE"},
	}}
}

func (s *server) acknowledge(request, final Message) {
	ack := Message{Start: "ACK " + request.target() + " SIP/2.0"}
	via := request.Get("Via")
	if final.status() < 300 {
		s.dialog.target, s.dialog.remote = address(final.Get("Contact")), final.Get("To")
		ack.Start, via = "ACK "+s.dialog.target+" SIP/2.0", s.via()
	}
	number, _, _ := strings.Cut(request.Get("CSeq"), " ")
	ack.Headers = []Header{
		{"Via", via},
		{"From", request.Get("From")},
		{"To", final.Get("To")},
		{"Call-ID", request.Get("Call-ID")},
		{"CSeq", number + " ACK"},
		{"Max-Forwards", "70"},
	}
	if request.Body == "" && final.Body != "" {
		ack = s.withSDP(ack, "sendrecv") // its INVITE had no offer
	}
	s.send(ack)
}

// current is a captured request of the server, for the bridge.
func (s *server) current(captured Message) Message {
	method := captured.method()
	if captured.inDialog() {
		s.dialog.sequence++
	} else {
		s.number++
		s.dialog = dialog{
			target: s.contact, local: s.rename.Replace(captured.Get("From")), remote: s.rename.Replace(captured.Get("To")),
			callID: captured.Get("Call-ID"), sequence: 1, via: s.via(),
		}
	}
	request := Message{Start: method + " " + s.dialog.target + " SIP/2.0", Headers: []Header{
		{"Via", s.via()},
		{"From", s.dialog.local},
		{"To", s.dialog.remote},
		{"Call-ID", s.dialog.callID},
		{"CSeq", strconv.Itoa(s.dialog.sequence) + " " + method},
		{"Max-Forwards", "70"},
		{"Contact", "<sip:server@" + s.address() + ">"},
	}}
	if s.dialog.via != "" && !captured.inDialog() {
		request = request.with("Via", s.dialog.via)
	}
	for _, header := range captured.Headers {
		switch strings.ToLower(header.Name) {
		case "content-type", "event", "subscription-state", "refer-to", "expires", "info-package":
			request.Headers = append(request.Headers, Header{header.Name, s.rename.Replace(header.Value)})
		}
	}
	if captured.Body != "" && (method == "INVITE" || method == "UPDATE") {
		return s.withSDP(request, directionOf(captured.Body))
	}
	request.Body = captured.Body
	return request
}

func directionOf(sdp string) string {
	for _, direction := range []string{"sendonly", "recvonly", "inactive"} {
		if strings.Contains(sdp, "a="+direction+"\r\n") {
			return direction
		}
	}
	return "sendrecv"
}

func (s *server) via() string {
	s.number++
	return fmt.Sprintf("SIP/2.0/UDP %s;branch=z9hG4bKserver%d", s.address(), s.number)
}

func (s *server) awaitFinal(request Message) (Message, bool) {
	timer := time.AfterFunc(patience, s.arrived.Broadcast)
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); s.arrived.Wait() {
		for _, answer := range s.answers[request.transaction()] {
			if answer.status() >= 200 {
				return answer, true
			}
		}
	}
	return Message{}, false
}
