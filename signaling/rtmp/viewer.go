package rtmp

import (
	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
)

// viewer is the vocabulary of a player, such as ffmpeg or rtmpdump, that plays what an encoder publishes. It knows
// nothing of calls, but has one: to the stream.
type viewer struct {
	conn *conn
	// asked is the play that waits for the answer, and name the stream.
	asked command
	name  string
}

// play plays a stream that is published here, on the message stream of the command. With the key of a configured stream
// the viewer has the rights of its user, without it those of a stranger, if strangers may call at all.
func (p *publisher) play(asked command) {
	placed, reason := p.view(asked)
	if reason != "" {
		p.conn.mu.Lock()
		defer p.conn.mu.Unlock()
		p.conn.status(asked, "error", "NetStream.Play.StreamNotFound", reason)
		return
	}
	p.conn.server.options.Accept(*placed) // without mu: it may hang up at once
}

// view makes the leg of a viewer, or says why there is none.
func (p *publisher) view(asked command) (placed *callerLeg, reason string) {
	c := p.conn
	wanted, ok := parsePublication(p.app, asked.text(0))
	if !ok {
		return nil, "Not a name for a stream"
	}
	request, ok := p.mayView(wanted)
	if !ok {
		return nil, streamForbidden
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.streams[asked.stream]:
		return nil, "No such message stream"
	case c.active != nil:
		return nil, "One stream for each connection"
	}
	c.words = &viewer{conn: c, asked: asked, name: wanted.name}
	c.playing.Store(asked.stream)
	placed = c.newCallOf(request, parseWish([]string{"wideband", "pcmu", "pcma", "h264"}))
	c.active = placed.leg
	return placed, ""
}

// mayView gives the request for a stream, or reports false for a wrong key. Who tries keys is soon not listened to.
func (p *publisher) mayView(wanted publication) (bridge.Request, bool) {
	live := p.conn.server.live
	request := bridge.Request{
		From: bridge.Party{URI: "sip:anonymous@anonymous.invalid"},
		To:   "sip:" + LivePrefix + wanted.name + "@" + live.options.Domain,
	}
	if wanted.key == "" {
		return request, live.options.Strangers
	}
	user, ok := live.owner(wanted)
	if !p.conn.keyOf(wanted.name).right(func() bool { return ok }) {
		return bridge.Request{}, false
	}
	request.From.URI, request.Origin, request.User = "sip:"+user, bridge.OriginUser, user
	return request, true
}

// stopView ends the call of a viewer that plays on a message stream. The caller holds conn.mu.
func (p *publisher) stopView(number uint32) {
	c := p.conn
	if c.active != nil && c.playing.Load() == number {
		c.active.end(c.active.goodbye())
	}
	c.stop(number)
}

// command is not asked: publisher.command does what a viewer says.
func (v *viewer) command(asked command) { v.conn.answer(asked) }

func (v *viewer) plays(command, string) {}

func (v *viewer) admits() bool { return false }

func (v *viewer) called(*leg) {}

func (v *viewer) rings(*leg, bool) {}

// answered says what players wait for before they take sound.
func (v *viewer) answered(*leg, bridge.Description) {
	c := v.conn
	c.send(chunk.Event(chunk.StreamBegin, v.asked.stream))
	c.status(v.asked, "status", "NetStream.Play.Reset", v.name)
	c.status(v.asked, "status", "NetStream.Play.Start", v.name)
	c.data(v.asked.stream, "|RtmpSampleAccess", true, true)
	c.data(v.asked.stream, "onMetaData", amf.Object{Properties: []amf.Property{{Name: "encoder", Value: "sipbridge"}}})
}

func (v *viewer) heardInstead(*leg) {}

func (v *viewer) introduced(*leg, bridge.Party) {}

func (v *viewer) held(*leg, bool) {}

// ended tells why there is no stream, or that it is over.
func (v *viewer) ended(l *leg, cause bridge.Cause) {
	c := v.conn
	if l.state != stateAnswered {
		c.status(v.asked, "error", "NetStream.Play.StreamNotFound", reasonText(cause))
		return
	}
	c.status(v.asked, "status", "NetStream.Play.UnpublishNotify", v.name)
	c.status(v.asked, "status", "NetStream.Play.Stop", v.name)
	c.send(chunk.Event(chunk.StreamEOF, v.asked.stream))
}

func (v *viewer) wrote(*leg, string) bool { return false }

func (v *viewer) paged(bridge.Party, string) bool { return false }
