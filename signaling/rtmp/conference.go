package rtmp

import (
	"github.com/pion/rtp"

	"sipbridge/transcode"
	"sipbridge/transcode/mix"
)

// conference lets the other parties of two calls, and the client, hear each other. The first call is the one that the
// client hears and speaks in, whose pictures it sees. What the second one's party says goes through the conference
// alone. It lasts until one of the calls is over. conn.mu guards which one a connection has.
type conference struct {
	first, second *leg
	mixer         mix.Mixer
	// client is the client's place; places are those of the other parties.
	client *mix.Party
	places map[*leg]*mix.Party // never changed
	// ordered makes audio messages of what the client is to hear; it belongs to the mixer's goroutine.
	ordered ordered
	done    chan struct{}
}

// confer begins a conference of two calls. The error is that of a codec that cannot be mixed. The caller holds mu.
func (c *conn) confer(first, second *leg) error {
	made := &conference{first: first, second: second, done: make(chan struct{})}
	made.client = made.mixer.Join()
	made.places = map[*leg]*mix.Party{first: made.mixer.Join(), second: made.mixer.Join()}
	made.ordered.media = first.media
	for _, l := range []*leg{first, second} {
		if err := made.agree(l); err != nil {
			made.closePlaces()
			return err
		}
	}
	c.conference = made
	first.media.speaks.Store(made.client)
	for l, place := range made.places {
		l.media.says.Store(place)
	}
	c.working.Go(func() { c.contain(func() { made.mixer.Run(made.done) }) })
	return nil
}

// agree puts the formats of a call in force. The caller holds conn.mu.
func (m *conference) agree(l *leg) error {
	formats := l.media.agreed.Load()
	if formats == nil || len(*formats) == 0 {
		return errState
	}
	format := (*formats)[0]
	if l == m.first {
		err := m.client.Agree(*formats, format, transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
			m.ordered.push(packet, format)
			return nil
		}))
		if err != nil {
			return err //nolint:wrapcheck // it says all
		}
	}
	//nolint:wrapcheck // it says all
	return m.places[l].Agree(*formats, format, transcode.PacketWriterFunc(l.media.hearMixed))
}

// closePlaces drops what is still held. The caller holds conn.mu.
func (m *conference) closePlaces() {
	m.client.Close()
	for _, place := range m.places {
		place.Close()
	}
}

// leaveConference ends the conference that a call is in, if it is in one, and gives the call that goes on. The caller
// holds mu.
func (c *conn) leaveConference(l *leg) (other *leg) {
	m := c.conference
	if m == nil || l != m.first && l != m.second {
		return nil
	}
	c.conference = nil
	m.first.media.speaks.Store(nil)
	for each := range m.places {
		each.media.says.Store(nil)
	}
	close(m.done)
	m.closePlaces()
	if l == m.first {
		return m.second
	}
	return m.first
}
