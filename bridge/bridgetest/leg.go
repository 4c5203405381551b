package bridgetest

import (
	"strconv"
	"sync"
	"sync/atomic"

	"sipbridge/bridge"
)

// eventsBuffered bounds the events of one leg that nobody has read yet; a test that emits more is wrong.
const eventsBuffered = 256

// Leg is a scripted bridge.Leg: it records commands and emits what the test tells it to.
type Leg struct {
	// OnCommand, if set before the leg is used, is called with each command on the goroutine that gave it; a
	// test may answer with Emit, or panic to play a broken leg.
	OnCommand func(Command)
	// Stubborn, if set before the leg is used, leaves a Hangup unanswered; the test emits Ended itself.
	Stubborn bool

	media  *Media
	events chan bridge.Event

	mu       sync.Mutex
	info     bridge.LegInfo
	commands []Command
	taken    int // how many commands Await has passed
	ended    bool
	changed  chan struct{} // closed and replaced with each command
}

// NewLeg makes a leg. Empty fields of info that must be unique (ID, Dialog) are filled.
func NewLeg(info bridge.LegInfo) *Leg {
	serial := nextSerial()
	if info.ID == "" {
		info.ID = "leg-" + serial
	}
	if info.Transport == "" {
		info.Transport = "UDP"
	}
	if info.Dialog == (bridge.DialogID{}) {
		info.Dialog = bridge.DialogID{CallID: "call-" + serial, LocalTag: "local-" + serial, RemoteTag: "remote-" + serial}
	}
	return &Leg{
		media:   NewMedia(),
		events:  make(chan bridge.Event, eventsBuffered),
		info:    info,
		changed: make(chan struct{}),
	}
}

// Emit plays the party: the event arrives at the call. After Ended nothing more is emitted.
func (l *Leg) Emit(event bridge.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.events <- event
	if _, ok := event.(bridge.Ended); ok {
		l.ended = true
		close(l.events)
	}
}

// Ended tells whether the leg is over.
func (l *Leg) Ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Commands gives all commands so far.
func (l *Leg) Commands() []Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Command(nil), l.commands...)
}

// SetInfo changes what Info says, as when the party's tag or address becomes known.
func (l *Leg) SetInfo(info bridge.LegInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.info = info
}

// Info gives what the leg was made with, or what SetInfo said since.
func (l *Leg) Info() bridge.LegInfo {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.info
}

// Events gives the emitted events.
func (l *Leg) Events() <-chan bridge.Event { return l.events }

// Media gives the leg's media; it is FakeMedia as a bridge.Media.
func (l *Leg) Media() bridge.Media { return l.media }

// FakeMedia gives the leg's media with the methods for tests.
func (l *Leg) FakeMedia() *Media { return l.media }

// Offer is recorded.
func (l *Leg) Offer(offer bridge.Description) { l.record(Offer{offer}) }

// Accept is recorded.
func (l *Leg) Accept(answer bridge.Description) { l.record(Accept{answer}) }

// Refuse is recorded.
func (l *Leg) Refuse(cause bridge.Cause) { l.record(Refuse{cause}) }

// SetDirection is recorded.
func (l *Leg) SetDirection(direction bridge.Direction) { l.record(SetDirection{direction}) }

// SendDTMF is recorded.
func (l *Leg) SendDTMF(key bridge.DTMF) { l.record(SendDTMF{key}) }

// LimitPictures is recorded.
func (l *Leg) LimitPictures(bitrate uint64) { l.record(LimitPictures{Bitrate: bitrate}) }

// AskKeyframe is recorded.
func (l *Leg) AskKeyframe() { l.record(AskKeyframe{}) }

// Tell is recorded.
func (l *Leg) Tell(message bridge.Message, done func(bridge.Cause)) { l.record(Tell{message, done}) }

// Refer is recorded.
func (l *Leg) Refer(referral bridge.Referral) { l.record(Refer{referral}) }

// TransferProgress is recorded.
func (l *Leg) TransferProgress(cause bridge.Cause) { l.record(TransferProgress{cause}) }

// Introduce is recorded.
func (l *Leg) Introduce(other bridge.ConnectedIdentity) { l.record(Introduce{other}) }

// Hangup is recorded, and Ended emitted with the same cause unless the leg is Stubborn.
func (l *Leg) Hangup(cause bridge.Cause) {
	l.record(Hangup{cause})
	if !l.Stubborn {
		l.Emit(bridge.Ended{Cause: cause})
	}
}

func (l *Leg) record(command Command) {
	l.mu.Lock()
	l.commands = append(l.commands, command)
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	if l.OnCommand != nil {
		l.OnCommand(command)
	}
}

// next gives the first command not yet taken, or a channel that is closed when there is one more.
func (l *Leg) next() (command Command, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken < len(l.commands) {
		l.taken++
		return l.commands[l.taken-1], nil
	}
	return nil, l.changed
}

// serials numbers legs, so that every fake has its own identity.
//
//nolint:gochecknoglobals // a counter for test identities only
var serials atomic.Int64

func nextSerial() string { return strconv.FormatInt(serials.Add(1), 10) }
