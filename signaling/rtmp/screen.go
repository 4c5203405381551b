package rtmp

import (
	"bytes"
	"slices"
	"time"

	"github.com/pion/rtp"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/signaling/rtmp/xflv"
	"sipbridge/transcode/h264/payload"
	"sipbridge/transcode/jitter"
)

const (
	// videoClock is the RTP clock of pictures, in Hz.
	videoClock = 90000
	// askAgain is how long a party is given to send a full picture before it is asked again.
	askAgain = time.Second
)

// screen makes video messages of the packets toward a client. Decoding begins with parameter sets and a full
// picture: until there are both nothing is shown, and the other party is asked. It belongs to the leg's Sender, which
// sends one packet at a time.
type screen struct {
	media        *media
	buffer       *jitter.Buffer
	depacketizer payload.Depacketizer
	player       player
	reordering   reordering
	// joiner and players are of messages that come whole: each kind has its own time.
	joiner  xflv.Joiner
	players map[uint8]*player
	// newest has the parameter sets that came last; told is the tag in which the client was told of them.
	newest flv.Configuration
	told   []byte
	// stream is the message stream that has had a full picture; 0 if the next one has to be full.
	stream uint32
	// unshown is how many the connection had left out when the last one came.
	unshown uint32
	asked   time.Time
}

// push takes a packet as it comes.
func (s *screen) push(packet *rtp.Packet) {
	if s.buffer == nil {
		s.buffer = jitter.NewBuffer(s, jitter.Options{ClockRate: videoClock, Most: -1})
	}
	s.buffer.Push(packet, time.Since(s.media.conn.began))
}

// Restart does nothing: the Sender's stream goes on.
func (s *screen) Restart() {}

// Lose asks for a full picture: those that follow lean on what is lost.
func (s *screen) Lose(int, *rtp.Packet) { s.ask() }

// Play takes the next packet.
func (s *screen) Play(packet *rtp.Packet) {
	if s.media.carries() {
		s.pass(packet)
		return
	}
	broken := s.depacketizer.Stats().Broken
	s.depacketizer.Put(packet, s.show)
	if s.depacketizer.Stats().Broken > broken {
		s.media.conn.server.counts.videoDropped.Add(1)
		s.ask()
	}
}

// ask asks the other party for a full picture, not too often.
func (s *screen) ask() {
	if now := time.Now(); now.Sub(s.asked) >= askAgain && s.media.wantKeyframe() {
		s.asked = now
	}
}

// show makes the messages of a picture.
func (s *screen) show(picture payload.Picture) {
	c := s.media.conn
	if sets := s.media.sets.Load(); sets != nil && !s.newest.Complete() {
		s.learn(*sets)
	}
	units := s.learn(picture.Units)
	if len(units) == 0 {
		return // parameter sets alone
	}
	stream, key := c.playing.Load(), payload.Has(units, payload.InstantRefresh)
	if unshown := c.unshown.Load(); unshown != s.unshown {
		s.unshown, s.stream = unshown, 0 // this one leans on it
	}
	unseen := stream == 0 || s.media.unheard.Load() || c.late()
	if unseen || s.stream != stream {
		s.stream = 0
		if unseen || !key || !s.newest.Complete() {
			c.server.counts.videoDropped.Add(1)
			s.ask()
			return
		}
		s.stream, s.told = stream, nil
	}
	shown, ok := s.player.at(picture.Timestamp, videoClock, c.clock())
	if !ok {
		shown, ok = s.player.before(picture.Timestamp, videoClock)
	}
	if !ok {
		c.server.counts.videoDropped.Add(1)
		return
	}
	timestamp, later := s.reordering.place(shown)
	if key {
		s.configure(timestamp)
	}
	s.say(timestamp, flv.AppendPicture(nil, key, later, units))
}

// learn keeps the parameter sets of a picture, and gives its other units.
func (s *screen) learn(units [][]byte) [][]byte {
	var sequence, picture, others [][]byte
	for _, unit := range units {
		switch payload.TypeOf(unit) {
		case payload.SequenceSet:
			sequence = append(sequence, slices.Clone(unit))
		case payload.PictureSet:
			picture = append(picture, slices.Clone(unit))
		case payload.AccessDelimiter: // says nothing that a message does not
		default:
			others = append(others, unit)
		}
	}
	if len(sequence) > 0 {
		s.newest.Sequence = sequence
	}
	if len(picture) > 0 {
		s.newest.Picture = picture
	}
	return others
}

// configure tells the client the parameter sets, if they are others than it knows.
func (s *screen) configure(timestamp uint32) {
	if tag := flv.AppendConfiguration(nil, s.newest); !bytes.Equal(tag, s.told) {
		s.told = tag
		s.say(timestamp, tag)
	}
}

func (s *screen) say(timestamp uint32, tag []byte) {
	c := s.media.conn
	c.server.counts.videoOut.Add(1)
	c.put(outgoing{chunkStream: commandStream + s.stream, message: chunk.Message{
		Type: chunk.Video, StreamID: s.stream, Timestamp: timestamp, Payload: tag,
	}})
}

// late tells that the client reads, or acknowledges, so slowly that pictures are left out.
func (c *conn) late() bool { return len(c.out) > queueSize/2 || c.sending.full() }
