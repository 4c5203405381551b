package rtmp

import (
	"strings"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/live"
	"sipbridge/transcode"
)

// liveApplication is the application of encoders, which publish and know nothing of calls.
const liveApplication = "live"

// publisher is a client that publishes a stream to whoever listens, or plays one: ffmpeg, OBS. Its methods belong to
// the goroutine that reads the connection, but for over.
type publisher struct {
	conn *conn
	app  string
	// name and stream are what is being published; stream is nil before and after. number is its message stream.
	name   string
	stream *live.Stream
	number uint32
	// to is whom to call when something is said; empty for nobody, and once he was called.
	to      string
	packets packetizer
	// said is the codec of sound that was announced, as the upper half of its tag; shows are the formats of pictures.
	said  byte
	shows []transcode.Format
	// dismissed tells that it was let go; guarded by conn.mu.
	dismissed bool
	// looked tells that there was a picture, and first the time of that message.
	looked bool
	first  uint32
	// warned tells that it was logged what browsers will not see.
	warned bool
}

// soundPatience is how long pictures go, in milliseconds, until it is clear that no sound comes with them.
const soundPatience = 1000

// isLive tells whether an application is that of encoders.
func isLive(app string) bool {
	app, _, _ = strings.Cut(app, "?")
	return strings.TrimSuffix(app, "/") == liveApplication
}

// connectPublisher lets an encoder in. Whether it may publish is asked when it says what.
func (c *conn) connectPublisher(asked command, app string) {
	c.publisher = &publisher{conn: c, app: app, packets: newPacketizer()}
	c.send(chunk.Number(chunk.WindowAckSize, windowSize))
	c.send(chunk.Bandwidth(windowSize))
	c.send(chunk.Number(chunk.SetChunkSize, outgoingChunk))
	c.mu.Lock()
	defer c.mu.Unlock()
	info := statusInfo("status", "NetConnection.Connect.Success", "Connection succeeded.")
	c.tell(0, "_result", asked.transaction, nil, info)
}

// command does what an encoder asks for; what it need not know of is answered, and that is all.
func (p *publisher) command(asked command) {
	if asked.name == "play" {
		p.play(asked)
		return
	}
	c := p.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch asked.name {
	case "createStream":
		c.createStream(asked)
	case "publish":
		p.publish(asked)
	case "closeStream":
		p.stop(asked.stream)
		p.stopView(asked.stream)
	case "deleteStream":
		if number, ok := asked.number(0); ok {
			p.stop(number)
			p.stopView(number)
		}
		c.deleteStream(asked)
	default:
		c.result(asked)
	}
}

// number gives an argument if it is one that a message stream may have.
func (c command) number(place int) (uint32, bool) {
	if place >= len(c.args) {
		return 0, false
	}
	number, ok := c.args[place].(float64)
	return uint32(number), ok && number >= 0 && number <= 1<<31
}

// publish begins the stream. The caller holds conn.mu.
func (p *publisher) publish(asked command) {
	c := p.conn
	if !c.streams[asked.stream] {
		return
	}
	wanted, ok := parsePublication(p.app, asked.text(0))
	if !ok {
		p.refuse(asked, "Not a name for a stream")
		return
	}
	if p.stream != nil {
		p.refuse(asked, "One stream for each connection")
		return
	}
	to, ok := p.target(wanted)
	if !ok {
		p.refuse(asked, "invalid dest URI")
		return
	}
	stream, reason := p.open(wanted)
	if reason != "" {
		c.server.counts.rejected.Add(1)
		p.refuse(asked, reason)
		return
	}
	p.name, p.stream, p.number, p.to = wanted.name, stream, asked.stream, to
	p.said, p.shows, p.looked = 0, nil, false
	p.warned, c.camera.lookedAhead = false, false
	c.status(asked, "status", "NetStream.Publish.Start", wanted.name)
	c.server.options.Logger.Info("stream published", "name", wanted.name, "remote", c.remote)
}

// open begins the stream. Who tries keys is soon not listened to any more, as who tries passwords.
func (p *publisher) open(wanted publication) (stream *live.Stream, reason string) {
	live := p.conn.server.live
	if wanted.key == "" {
		return live.open(wanted, p)
	}
	reason = streamForbidden // also while keys may not be tried
	p.conn.keyOf(wanted.name).right(func() bool {
		stream, reason = live.open(wanted, p)
		return reason != streamForbidden
	})
	return stream, reason
}

// target gives the URI to call; empty if nobody is to be called.
func (p *publisher) target(wanted publication) (uri string, ok bool) {
	if wanted.to == "" {
		return "", true
	}
	to, ok := parseAddress(wanted.to, p.conn.server.live.options.Domain)
	return to.uri(), ok
}

// refuse says why a stream is not published. Encoders read an error as the end. The caller holds conn.mu.
func (p *publisher) refuse(asked command, reason string) {
	p.conn.status(asked, "error", "NetStream.Publish.BadName", reason)
}

// stop ends publishing on a message stream. The caller may hold conn.mu.
func (p *publisher) stop(number uint32) {
	if p.stream == nil || p.number != number {
		return
	}
	stream := p.stream
	p.stream = nil
	p.conn.server.live.shut(p.name, stream)
}

// hear says an audio message to all who listen, and to who is to be called.
func (p *publisher) hear(message chunk.Message, said sound) {
	if p.stream == nil || message.StreamID != p.number {
		p.conn.server.counts.audioDropped.Add(1)
		return
	}
	if p.said != said.tag>>4 {
		p.said = said.tag >> 4
		p.stream.Announce(transcode.Audio, said.Format)
	}
	p.call()
	p.packets.put(said.Format, message.Payload[1:], message.Timestamp, func(packet *rtp.Packet) {
		p.stream.Send(transcode.Audio, packet)
	})
}

// see shows the picture of a message that the camera has, if it has one, to all who look.
func (p *publisher) see(message chunk.Message, picture bool) {
	if p.stream == nil || message.StreamID != p.number || !p.conn.camera.ready() {
		p.conn.server.counts.videoDropped.Add(1)
		return
	}
	if !picture || len(p.shows) == 0 { // there may be a new configuration
		p.shows = avc()
		for i, format := range p.shows {
			p.shows[i] = telling(format, spropSets(p.conn.camera.configuration))
		}
		p.stream.Announce(transcode.Video, p.shows...)
	}
	if picture {
		p.callWithoutSound(message.Timestamp)
		p.warn()
	}
	for _, format := range p.shows {
		if !picture || !p.stream.Wanted(transcode.Video, format.PayloadType) {
			continue
		}
		if !p.conn.camera.send(format, func(packet *rtp.Packet) { p.stream.Send(transcode.Video, packet) }) {
			p.conn.server.counts.videoDropped.Add(1)
		}
	}
}

// callWithoutSound places the call of a stream of pictures alone, at the time of a picture. Else sound decides when.
func (p *publisher) callWithoutSound(timestamp uint32) {
	if !p.looked {
		p.looked, p.first = true, timestamp
	}
	if p.said == 0 && int32(timestamp-p.first) >= soundPatience {
		p.call()
	}
}

// warn logs, once, that the stream has pictures which browsers cannot decode: encoders cannot be told.
func (p *publisher) warn() {
	if p.warned || !p.conn.camera.lookedAhead {
		return
	}
	p.warned = true
	p.conn.server.options.Logger.Warn("stream has B pictures, which browsers cannot decode: set the encoder to none",
		"name", p.name, "remote", p.conn.remote)
}

// call places the call of the stream: now that it is known what is said.
func (p *publisher) call() {
	if p.to == "" {
		return
	}
	to := p.to
	p.to = ""
	if p.stream.Origin() == bridge.OriginUnknown {
		if err := p.conn.server.options.AdmitStranger(p.conn.remote, to); err != nil {
			p.over(bridge.CauseOf(err))
			return
		}
	}
	p.conn.server.options.Accept(p.stream.Call(to, p.over))
}

// over tells the encoder that its call is over, or why there is none, and lets it go. It may be called by any
// goroutine; the first reason counts.
func (p *publisher) over(cause bridge.Cause) {
	c := p.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.dismissed {
		return
	}
	p.dismissed = true
	info := statusInfo("error", "NetStream.Publish.Failed", reasonText(cause))
	last := c.written(p.number, "onStatus", 0.0, nil, info)
	last.last = true
	c.put(last)
}

// leave ends what a publisher that is gone leaves behind.
func (p *publisher) leave() { p.stop(p.number) }
