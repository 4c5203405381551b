package quality

import (
	"slices"
	"sync"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/signaling/rtmp/rtmptest"
)

// flash is a Flash phone: RTMP over TCP.
type flash struct {
	*party

	client *rtmptest.Client
	user   string
	// words ask for the codec (siprtmp), tag is the first byte of its messages of sound.
	words  []any
	tag    byte
	stream uint32
	taken  int // of the messages that came
	// first is the timestamp of the first packet: Flash counts from 0.
	first *uint32

	answering sync.WaitGroup
	up        chan struct{}
}

// newFlash logs a user in, with one codec.
func newFlash(t *testing.T, with codec, address, user, password string) *flash {
	t.Helper()
	f := &flash{party: newParty(with), user: user, words: []any{"wideband"}, tag: 0xb2, up: make(chan struct{})}
	switch with.name {
	case "PCMU":
		f.words, f.tag = []any{"pcmu"}, 0x82
	case "PCMA":
		f.words, f.tag = []any{"pcma"}, 0x72
	}
	t.Cleanup(f.answering.Wait)
	f.client = rtmptest.Login(t, address, user+"@localhost", password)
	f.client.Play("remote")
	f.stream = f.client.Publish("local")
	f.send, f.collect = f.speak, f.gather
	return f
}

// speak sends a packet of sound.
func (f *flash) speak(packet *rtp.Packet) error {
	if f.first == nil {
		first := packet.Timestamp
		f.first = &first
	}
	milliseconds := (packet.Timestamp - *f.first) / (f.format.ClockRate / 1000)
	f.client.Speak(f.stream, milliseconds, slices.Concat([]byte{f.tag}, packet.Payload))
	return nil
}

// gather takes the messages of sound that came. TCP loses none; which are missing only the sound can tell.
func (f *flash) gather() {
	for _, message := range f.client.AwaitHeard(0)[f.taken:] {
		f.taken++
		if len(message.Payload) > 1 && message.Payload[0] == f.tag {
			f.take(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(f.taken)}, Payload: message.Payload[1:]})
		}
	}
}

// expect gives the URI at which the phone is called, and answers.
func (f *flash) expect(*testing.T) string {
	f.answering.Go(func() {
		defer close(f.up) // also if it is waited for in vain, which fails the test
		f.client.Await("invited")
		f.client.Call("accept", f.words...)
		f.client.Await("accepted")
	})
	return "sip:" + f.user + "@localhost"
}

// call calls somebody.
func (f *flash) call(t *testing.T, uri string) {
	t.Helper()
	defer close(f.up)
	f.client.Call("invite", append([]any{uri}, f.words...)...)
	f.client.Await("accepted")
}

// await waits until media can flow.
func (f *flash) await(*testing.T) { <-f.up }

func (f *flash) hangup(*testing.T) { f.client.Call("bye") }
