package rtmp

import (
	"net"
	"net/netip"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
)

// everybody lets everybody in.
type everybody struct{}

func (everybody) Verify(string, string, string) bool               { return true }
func (everybody) VerifySalted(string, string, string, string) bool { return true }

func (everybody) Locked(string, netip.Addr) bool { return false }
func (everybody) Fail(string, netip.Addr)        {}
func (everybody) Succeed(string, netip.Addr)     {}

// fuzzedNames are the commands of a script, by number.
func fuzzedNames() []string {
	return []string{
		"invite", "accept", "reject", "bye", "sendDTMF", "hold", "sendMessage", "sendPagingMessage", "connect",
		"createStream", "publish", "play", "seek", "closeStream", "deleteStream", "login", "logout", "register",
		"unregister", "makeCall", "answer", "hangup", "attach", "transfer", "join", "receiveAudio", "receiveVideo",
		"FCSubscribe", "bogus", "three_way", "sendevent",
	}
}

// FuzzCommands gives commands with any arguments to all three applications, in calls that are answered at once and
// while one rings. Nothing but connect may end the connection, and nothing is left when it ends.
func FuzzCommands(f *testing.F) {
	options := amf.Object{Properties: []amf.Property{{Name: "wantVideo", Value: "true"}}}
	call, err := amf.Encode0("x", true, 1.0, nil, options)
	if err != nil {
		f.Fatal(err)
	}
	for name := range fuzzedNames() {
		f.Add(byte(name), append([]byte{byte(name), byte(len(call))}, call...))
	}
	f.Fuzz(func(t *testing.T, app byte, script []byte) {
		var placed []bridge.Incoming
		server := NewServer(Options{
			Accept: func(leg bridge.Incoming) {
				leg.Answer(bridgetest.Audio(bridgetest.PCMU()))
				placed = append(placed, leg)
			},
			Guard: everybody{}, Accounts: everybody{}, Domain: func(string) (string, bool) { return "test", true },
			Live:          LiveOptions{Strangers: true, Domain: "test"},
			AdmitStranger: func(netip.Addr, string) error { return nil },
		})
		ours, theirs := net.Pipe()
		defer func() { _ = theirs.Close() }()
		c := newConn(server, ours)
		defer c.close()
		apps := []string{"sip/alice@test", "phone", "live", "sip"}
		object := amf.Object{Properties: []amf.Property{{Name: "app", Value: apps[int(app)%len(apps)]}}}
		password := "secret"
		if object.Text("app") == "sip" {
			password = "" // a guest
		}
		give(t, c, "connect", mustEncode(t, object, "alice", password))
		offer := bridgetest.Audio(bridgetest.PCMU())
		called := endpoint{c}.Dial(bridge.Request{To: "sip:alice@test", Offer: &offer})
		for len(script) > 1 {
			size := min(int(script[1]), len(script)-2)
			names := fuzzedNames()
			give(t, c, names[int(script[0])%len(names)], append([]byte{5}, script[2:2+size]...))
			script = script[2+size:]
			for len(c.out) > 0 { // the client reads
				<-c.out
			}
		}
		c.leave()
		for _, leg := range append(placed, incoming{called}) {
			mustEnd(t, leg)
		}
	})
}

// incoming makes one kind of all legs.
type incoming struct{ bridge.Leg }

func (incoming) Request() bridge.Request   { return bridge.Request{} }
func (incoming) Ring(*bridge.Description)  {}
func (incoming) Mention([]bridge.Header)   {}
func (incoming) Answer(bridge.Description) {}

// give has a command done whose name and number are good and whose arguments may be anything.
func give(t *testing.T, c *conn, name string, args []byte) {
	t.Helper()
	payload := append(mustEncode(t, name, 1.0), args...)
	_ = c.command(chunk.Message{Type: chunk.Command0, StreamID: 1, Payload: payload}) // bad arguments are refused
}

func mustEncode(t *testing.T, values ...any) []byte {
	t.Helper()
	body, err := amf.Encode0(values...)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// mustEnd wants the last event of a leg to be that it has ended.
func mustEnd(t *testing.T, leg bridge.Leg) {
	t.Helper()
	var last bridge.Event
	for event := range leg.Events() {
		last = event
	}
	if _, ok := last.(bridge.Ended); !ok {
		t.Errorf("the last event is %T", last)
	}
}
