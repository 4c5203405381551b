package rtmp_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/handshake"
	"sipbridge/signaling/rtmp/rtmptest"
)

func info(t *testing.T, answer rtmptest.Command) amf.Object {
	t.Helper()
	if len(answer.Args) != 1 {
		t.Fatalf("the answer is %+v", answer)
	}
	object, ok := answer.Args[0].(amf.Object)
	if !ok {
		t.Fatalf("the answer is %+v", answer)
	}
	return object
}

func TestConnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, app := range []string{
		"sip/alice@test", "sip/alice@TEST", "sip/alice@test:5060", "sip/alice@test/72812", "sip/sip:alice@test",
		"sip/alice@127.0.0.1", "sip/alice@127.0.0.1:5060", "sip/alice@test?arg=x", "sip/alice%40test",
	} {
		for _, options := range []rtmptest.Options{
			{}, {Handshake: handshake.DigestFirst}, {Handshake: handshake.KeyFirst, AMF3: true},
		} {
			client := rtmptest.Dial(t, w.address, options)
			answer := client.Connect(app, "alice", "secret", "Alice", "wideband")
			if code := info(t, answer).Text("code"); answer.Name != "_result" || code != "NetConnection.Connect.Success" {
				t.Errorf("%s: %+v", app, answer)
			}
			encoding, wantType := info(t, answer).Get("objectEncoding"), chunk.Command0
			if options.AMF3 {
				wantType = chunk.Command3
			}
			if options.AMF3 != (encoding == 3.0) || answer.Type != wantType {
				t.Errorf("the encoding is %v, of type %d", encoding, answer.Type)
			}
			if size, err := client.AwaitControl(chunk.WindowAckSize).Number(); err != nil || size == 0 {
				t.Errorf("the window is %d, %v", size, err)
			}
			client.Close()
		}
	}
	bridgetest.Eventually(t, "all are gone", func() bool { return w.server.Stats().Open == 0 })
}

func TestRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.MaxPerAddress = 100 })
	for _, test := range []struct {
		app  string
		args []any
		want string
	}{
		{"sip/alice@test", []any{"alice", "wrong"}, "403 Forbidden"},
		{"sip/nobody@test", []any{"nobody", "secret"}, "403 Forbidden"},
		{"sip/alice@elsewhere", []any{"alice", "secret"}, "403 Forbidden"},
		{"sip/bob@test", []any{"alice", "secret"}, "403 Forbidden"},
		{"sip/alice@test", []any{"alice", ""}, "401 Unauthorized"},
		{"sip/alice@test", nil, "401 Unauthorized"},
		{"sip/alice@test", []any{"alice", "secret", "Alice", "wideband", "more"}, "Exception on onConnect"},
		{"sip", []any{"alice", "secret"}, "Missing app path"},
		{"live/alice@test", []any{"alice", "secret"}, "Application not found: live"},
		{"sip/alice\r\nX: y@test", []any{"alice", "secret"}, "Invalid URI"},
		{"sip/alice%0d%0aX: y@test", []any{"alice", "secret"}, "Invalid URI"},
	} {
		client := rtmptest.Dial(t, w.address, rtmptest.Options{})
		answer := client.Connect(test.app, test.args...)
		object := info(t, answer)
		if answer.Name != "_error" || object.Text("description") != test.want ||
			object.Text("code") != "NetConnection.Connect.Rejected" {
			t.Errorf("%s %v: %+v", test.app, test.args, answer)
		}
		// After that nothing is done for the client, and the connection ends.
		client.Call("invite", "phone", "pcmu")
		client.AwaitEnd()
		if said := len(client.Commands()); said != 1 {
			t.Errorf("%s: it hears %+v", test.app, client.Commands())
		}
	}
	if w.phone.Dials() > 0 || w.server.Stats().Rejected == 0 {
		t.Error("a rejected client calls")
	}
}

// TestGuessing: a password that is tried too often is not believed any more, also when it is right; who is at the same
// address is not kept out by that.
func TestGuessing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.MaxPerAddress = 100 })
	for range 10 {
		client := rtmptest.Dial(t, w.address, rtmptest.Options{})
		client.Connect("sip/alice@test", "alice", "wrong")
	}
	client := rtmptest.Dial(t, w.address, rtmptest.Options{})
	if answer := client.Connect("sip/alice@test", "alice", "secret"); answer.Name != "_error" {
		t.Errorf("it hears %+v", answer)
	}
	rtmptest.Login(t, w.address, "bob@test", "secret")
}

// raw opens a connection without a handshake.
func raw(t *testing.T, w *world) net.Conn {
	t.Helper()
	var dialer net.Dialer
	socket, err := dialer.DialContext(t.Context(), "tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if err := socket.SetDeadline(time.Now().Add(rtmptest.Patience)); err != nil {
		t.Fatal(err)
	}
	return socket
}

// awaitClosed wants the server to close a connection without a word.
func awaitClosed(t *testing.T, name string, socket net.Conn) {
	t.Helper()
	said, err := io.ReadAll(socket)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() || len(said) > 0 {
		t.Errorf("%s: it says %q, %v", name, said, err)
	}
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.HandshakeTimeout = 200 * time.Millisecond })
	for _, hello := range []string{"", "\x03", "\x03half", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01"} {
		socket := raw(t, w)
		if _, err := io.WriteString(socket, hello); err != nil {
			t.Fatal(err)
		}
		awaitClosed(t, hello, socket)
	}
	bridgetest.Eventually(t, "all are gone", func() bool { return w.server.Stats().Open == 0 })
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.ConnectTimeout = 100 * time.Millisecond })
	rtmptest.Dial(t, w.address, rtmptest.Options{}).AwaitEnd()
}

// TestIdleTimeout pings a client, keeps one that answers and drops one that does not even do that.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.IdleTimeout = 1500 * time.Millisecond })
	answering, silent := login(t, w), login(t, w)
	for count := range 5 { // three come before the time is over
		bridgetest.Eventually(t, "it is pinged", func() bool { return len(pings(t, answering)) > count })
		answering.Send(chunk.ControlStream, chunk.Event(chunk.PingResponse, pings(t, answering)[count]))
	}
	silent.AwaitEnd()
	if len(pings(t, silent)) == 0 {
		t.Error("who is dropped was not pinged")
	}
	answering.Ask("nothing")
}

// pings gives the numbers of all pings so far.
func pings(t *testing.T, client *rtmptest.Client) (numbers []uint32) {
	t.Helper()
	for _, message := range client.Control(chunk.UserControl) {
		event, number, err := message.Event()
		if err != nil {
			t.Error(err)
		}
		if event == chunk.PingRequest {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func TestPing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := rtmptest.Dial(t, w.address, rtmptest.Options{})
	client.Send(chunk.ControlStream, chunk.Event(chunk.PingRequest, 77))
	event, number, err := client.AwaitControl(chunk.UserControl).Event()
	if err != nil || event != chunk.PingResponse || number != 77 {
		t.Errorf("the answer is %d %d, %v", event, number, err)
	}
}

func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := rtmptest.Login(t, w.address, "alice@test", "secret")
	client.Send(chunk.ControlStream, chunk.Number(chunk.WindowAckSize, 1))
	client.Send(4, chunk.Message{Type: chunk.Data0, Payload: make([]byte, 8000)})
	if number, err := client.AwaitControl(chunk.Acknowledgement).Number(); err != nil || number < 2048 {
		t.Errorf("acknowledged are %d, %v", number, err)
	}
}

func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.MaxPerAddress = 2 })
	for range 4 { // who has logged in does not count
		rtmptest.Login(t, w.address, "alice@test", "secret")
	}
	first := rtmptest.Dial(t, w.address, rtmptest.Options{})
	rtmptest.Dial(t, w.address, rtmptest.Options{})
	awaitClosed(t, "the third", raw(t, w))
	if refused := w.server.Stats().Refused; refused != 1 {
		t.Errorf("%d were refused", refused)
	}
	first.Close()
	bridgetest.Eventually(t, "there is room again", func() bool { return w.server.Stats().Open == 5 })
	rtmptest.Login(t, w.address, "alice@test", "secret")
}

// TestConnectionsOfANetwork: an IPv6 network of 64 bits has no more connections than an address.
func TestConnectionsOfANetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) {
		o.MaxPerAddress = 2
		o.Listeners[0] = &elsewhere{Listener: o.Listeners[0], from: []string{
			"[2001:db8::1]:1", "[2001:db8::2:0:0:2]:1", "[2001:db8::3]:1", "[2001:db8:0:1::1]:1",
		}}
	})
	first := rtmptest.Dial(t, w.address, rtmptest.Options{})
	rtmptest.Dial(t, w.address, rtmptest.Options{})
	awaitClosed(t, "the third of a network", raw(t, w))
	rtmptest.Login(t, w.address, "alice@test", "secret") // from the next network
	first.Close()
	bridgetest.Eventually(t, "there is room again", func() bool { return w.server.Stats().Open == 2 })
}

// elsewhere takes connections that seem to come from these addresses, one after the other.
type elsewhere struct {
	net.Listener
	from []string
}

func (l *elsewhere) Accept() (net.Conn, error) {
	socket, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from := netip.MustParseAddrPort(l.from[0])
	l.from = l.from[1:]
	return distant{socket, net.TCPAddrFromAddrPort(from)}, nil
}

// distant is a connection that seems to come from an address.
type distant struct {
	net.Conn
	from net.Addr
}

func (d distant) RemoteAddr() net.Addr { return d.from }

// TestTooManyStreams refuses one more message stream than a client may have, until one is deleted.
func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := rtmptest.Login(t, w.address, "alice@test", "secret")
	var last uint32
	for range 16 {
		last = client.Stream()
	}
	answer := client.Ask("createStream")
	if answer.Name != "_error" || info(t, answer).Text("description") != "Too many streams" {
		t.Errorf("one more is answered %+v", answer)
	}
	client.Ask("deleteStream", float64(last))
	client.Stream()
}

// TestTooManyDevices ends the oldest client of a user.
func TestTooManyDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.MaxDevices = 2 })
	first := rtmptest.Login(t, w.address, "alice@test", "secret")
	second := rtmptest.Login(t, w.address, "alice@test", "secret")
	rtmptest.Login(t, w.address, "alice@test", "secret")
	first.AwaitEnd()
	bridgetest.Eventually(t, "two are left", func() bool { return w.server.Stats().Users == 2 })
	w.callAlice()
	second.Await("invited")
}

// TestChanged tells of users who come and go.
func TestChanged(t *testing.T) {
	t.Parallel()
	told := make(chan string, 8)
	w := newWorld(t, func(o *rtmp.Options) { o.Changed = func(user string) { told <- user } })
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	bob := rtmptest.Login(t, w.address, "bob@test", "secret")
	alice.Close()
	for _, want := range []string{"alice@test", "bob@test", "alice@test"} {
		if user := <-told; user != want {
			t.Errorf("told of %s, not of %s", user, want)
		}
	}
	bob.Ask("nothing")
}

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]chunk.Message{
		"a command before connect": {Type: chunk.Command0, Payload: encode(t, "invite", 1.0, nil, "phone")},
		"publish before connect":   {Type: chunk.Command0, Payload: encode(t, "publish", 1.0, nil, "local")},
		"no AMF":                   {Type: chunk.Command0, Payload: []byte{0xff}},
		"a depth bomb":             {Type: chunk.Command0, Payload: []byte(strings.Repeat("\x0a\x00\x00\x00\x01", 10_000))},
		"no name":                  {Type: chunk.Command0, Payload: encode(t, 1.0, 1.0, nil)},
		"no transaction":           {Type: chunk.Command0, Payload: encode(t, "connect")},
		"AMF3 that is none":        {Type: chunk.Command3, Payload: []byte{1}},
		"an empty command":         {Type: chunk.Command3},
		"an event without number":  {Type: chunk.UserControl, Payload: []byte{0, 6}},
		"a broken aggregate":       {Type: chunk.Aggregate, Payload: []byte{8}},
		"a window of nothing":      {Type: chunk.WindowAckSize},
		"a huge message":           {Type: chunk.Data0, Payload: make([]byte, 200_000)},
	} {
		w := newWorld(t)
		client := rtmptest.Dial(t, w.address, rtmptest.Options{})
		client.Send(3, message)
		client.AwaitEnd()
		if w.phone.Dials() > 0 || len(client.Commands()) > 0 {
			t.Errorf("%s is answered with %+v", name, client.Commands())
		}
		bridgetest.Eventually(t, name+" is counted", func() bool { return w.server.Stats().Malformed == 1 })
	}
}

func encode(t *testing.T, values ...any) []byte {
	t.Helper()
	body, err := amf.Encode0(values...)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestFlood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := rtmptest.Login(t, w.address, "alice@test", "secret")
	for range 200 {
		client.Call("sendDTMF", "1")
	}
	client.AwaitEnd()
}

// TestSlowClient plays and does not read.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.WriteTimeout = 300 * time.Millisecond })
	socket := raw(t, w)
	if err := handshake.Client(socket, handshake.Simple); err != nil {
		t.Fatal(err)
	}
	writer := chunk.NewWriter(socket)
	object := amf.Object{Properties: []amf.Property{{Name: "app", Value: "sip/alice@test"}}}
	for _, message := range []chunk.Message{
		{Type: chunk.Command0, Payload: encode(t, "connect", 1.0, object, "alice", "secret")},
		{Type: chunk.Command0, Payload: encode(t, "createStream", 2.0, nil)},
		{Type: chunk.Command0, StreamID: 1, Payload: encode(t, "play", 3.0, nil, "remote")},
		{Type: chunk.Command0, Payload: encode(t, "invite", 4.0, nil, "phone", "pcmu")},
	} {
		if err := writer.WriteMessage(3, message); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	number := uint16(0)
	bridgetest.Eventually(t, "it is dropped", func() bool {
		deliver(t, phone.FakeMedia(), number, 200)
		number += 200
		return w.server.Stats().Slow > 0
	})
	bridgetest.Await[bridgetest.Hangup](t, phone.Leg)
}
