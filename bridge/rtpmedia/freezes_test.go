package rtpmedia

import (
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// camera is a phone that shows VP8 over a path on which packets get lost both ways.
type camera struct {
	*viewer

	full  atomic.Bool // the next picture is to be a full one
	asked atomic.Int64

	mu     sync.Mutex // guards what follows
	random *rand.Rand
	loss   int // in percent
	sent   map[uint16][]byte
}

// lost decides on the next packet.
func (c *camera) lost() bool { return c.random.IntN(100) < c.loss }

// show sends pictures for a time, 50 a second, of two packets, and of six those that are full.
func (c *camera) show(length time.Duration) (pictures int) {
	number, ticker := uint16(0), time.NewTicker(20*time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(length); time.Now().Before(end); <-ticker.C {
		count, predicted := 2, byte(1)
		if pictures == 0 || c.full.Swap(false) {
			count, predicted = 6, 0
		}
		for i := range count {
			begins := byte(0)
			if i == 0 {
				begins = 0x10
			}
			number++
			c.send(&rtp.Packet{
				Header: rtp.Header{
					Version: 2, PayloadType: 97, SequenceNumber: number, Timestamp: uint32(pictures * 1800), SSRC: 2,
					Marker: i == count-1,
				},
				Payload: []byte{begins, predicted, 1, 2, 3},
			})
		}
		pictures++
	}
	return pictures
}

// send sends a packet, and keeps it.
func (c *camera) send(packet *rtp.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[packet.SequenceNumber] = must[[]byte](c.t)(packet.Marshal())
	if !c.lost() {
		c.sendTo(c.video.rtp, c.to.address(), c.sent[packet.SequenceNumber])
	}
}

// listen does what the other side asks for, as far as that gets through, until the socket times out.
func (c *camera) listen() {
	receive(c.video.rtcp, func(datagram []byte) {
		packets, _ := rtcp.Unmarshal(datagram)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.lost() {
			return
		}
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.PictureLossIndication:
				c.full.Store(true)
				c.asked.Add(1)
			case *rtcp.TransportLayerNack:
				for _, pair := range packet.Nacks {
					for _, number := range pair.PacketList() {
						if !c.lost() {
							c.sendTo(c.video.rtp, c.to.address(), c.sent[number])
						}
					}
				}
			}
		}
	})
}

// receive reads a socket until its deadline.
func receive(from *net.UDPConn, take func(datagram []byte)) {
	buffer := make([]byte, maxDatagram)
	for {
		size, err := from.Read(buffer)
		if err != nil {
			return
		}
		take(buffer[:size])
	}
}

// arrival is a packet as it came.
type arrival struct {
	packet rtp.Packet
	at     time.Time
}

// shown counts the pictures that can be decoded of what came, and gives how long one stood at most, until the end.
func shown(came []arrival, began, end time.Time) (count int, longest time.Duration) {
	slices.SortStableFunc(came, func(a, b arrival) int {
		return int(int16(a.packet.SequenceNumber - b.packet.SequenceNumber))
	})
	last, at, decodes, whole := began, began, false, false
	for i, arrival := range came {
		if at.Before(arrival.at) {
			at = arrival.at
		}
		if i > 0 && arrival.packet.SequenceNumber-came[i-1].packet.SequenceNumber > 1 {
			decodes, whole = false, false
		}
		if arrival.packet.Payload[0] == 0x10 {
			whole = true
			decodes = decodes || arrival.packet.Payload[1] == 0
		}
		if arrival.packet.Marker && whole && decodes {
			count++
			longest = max(longest, at.Sub(last))
			last = at
		}
	}
	return count, max(longest, end.Sub(last))
}

// TestFreezesAreBounded has a phone see another one over a path on which packets get lost: what is missing is asked
// for, and where that does not help, or cannot be, a full picture.
func TestFreezesAreBounded(t *testing.T) {
	t.Parallel()
	const length = 2500 * time.Millisecond
	for name, test := range map[string]struct {
		loss     int
		feedback []string
		longest  time.Duration
		share    int // of the pictures that are seen, in percent
	}{
		"5 %, sent again": {5, []string{"a=rtcp-fb:97 nack", "a=rtcp-fb:97 nack pli"}, time.Second, 70},
		"2 %, full ones":  {2, []string{"a=rtcp-fb:97 nack pli"}, 2 * time.Second, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := newSession(t, nil), newSession(t, nil)
			from, _ := newViewer(t, near, "97", test.feedback...)
			to, _ := newViewer(t, far, "97")
			source := &camera{
				viewer: from, random: rand.New(rand.NewPCG(3, 4)), loss: test.loss, sent: map[uint16][]byte{},
			}
			format := vp8()
			format.PayloadType = 97
			pipe := must[*transcode.Pipe](t)(transcode.Connect([]transcode.Format{format}, format,
				far.Sender(transcode.Video), transcode.ConnectOptions{
					Pictures: transcode.PictureOptions{AskKeyframe: func() { near.AskKeyframe() }},
				}))
			defer pipe.Close()
			near.Receive(transcode.Video, pipe)
			began := time.Now()
			for _, socket := range []*net.UDPConn{from.video.rtcp, to.video.rtp} {
				must[struct{}](t)(struct{}{}, socket.SetReadDeadline(began.Add(length+300*time.Millisecond)))
			}
			var running sync.WaitGroup
			running.Go(source.listen)
			var came []arrival
			running.Go(func() {
				receive(to.video.rtp, func(datagram []byte) {
					next := arrival{at: time.Now()}
					if next.packet.Unmarshal(slices.Clone(datagram)) == nil {
						came = append(came, next)
					}
				})
			})
			pictures := source.show(length)
			end := time.Now()
			running.Wait()
			count, longest := shown(came, began, end)
			t.Logf("%d pictures of %d are seen, one of them for %v; %d full ones were asked for; %+v",
				count, pictures, longest, source.asked.Load(), pipe.Stats())
			if longest > test.longest || count*100 < pictures*test.share {
				t.Errorf("%d pictures of %d are seen, one of them for %v", count, pictures, longest)
			}
		})
	}
}

// TestLossIsAReasonForAFullPicture asks for one when a phone that has no words for that reports a loss.
func TestLossIsAReasonForAFullPicture(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int64{"a=sendrecv": 1, "a=rtcp-fb:97 nack pli": 0, "a=rtcp-fb:97 nack": 0} {
		var asked atomic.Int64
		session := newSession(t, func(o *Options) {
			o.Events = bridge.MediaEvents{KeyframeAsked: func() { asked.Add(1) }}
		})
		w, _ := newViewer(t, session, "97", line)
		for i := range uint32(3) {
			block := rtcp.ReceptionReport{SSRC: w.to.sender.Stats().SSRC, FractionLost: uint8(min(i, 1)), LastSequenceNumber: i}
			w.to.takeBlock(block, 0, time.Now())
		}
		if asked.Load() != want {
			t.Errorf("%s: asked %d times, want %d", line, asked.Load(), want)
		}
	}
}
