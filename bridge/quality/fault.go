package quality

import (
	"fmt"
	"time"
)

// Fault is why a party is not heard.
type Fault uint8

// The faults, as they are looked for: the first one that is found is told.
const (
	// NoFault: the party is heard, as far as can be seen.
	NoFault Fault = iota
	// Held: nothing is to be heard, because one of the two holds.
	Held
	// Undecryptable: what comes cannot be decrypted.
	Undecryptable
	// WrongPayloadType: what comes is of a type that was not agreed.
	WrongPayloadType
	// WrongSource: what comes is from somebody else.
	WrongSource
	// Never: not one packet ever came.
	Never
	// Stopped: packets came, and come no more.
	Stopped
	// Unplayable: packets come and cannot be decoded.
	Unplayable
	// Unsent: packets come, and nothing is sent to the other party.
	Unsent
	// LostThere: the other party reports that next to nothing of what is sent arrives.
	LostThere
	// Silence: sound comes, and it is nothing but silence.
	Silence
)

// FaultCount is the number of faults, for arrays by Fault.
const FaultCount = Silence + 1

// String gives the word for metrics.
func (f Fault) String() string {
	return [FaultCount]string{
		"none", "held", "undecryptable", "wrong_payload_type", "wrong_source", "never", "stopped", "unplayable", "unsent",
		"lost_there", "silence",
	}[f]
}

// Way is one way of sound through a call, for as long as it is looked at: some seconds.
type Way struct {
	// From and To name the party that speaks and the one that listens.
	From, To string
	// HeldBy names the party that holds; empty if none does.
	HeldBy string
	// Came is what came from the speaker while it was looked at, and Went what went to the listener.
	Came, Went Stats
	// Decoded tells how much of what came was decoded while it was looked at. Listened is that since the call was
	// answered, Silent how much of it was silent. What passes through is decoded until anything is to be heard in it.
	Decoded, Listened, Silent time.Duration
	// Decodes tells that what comes is decoded, and does not pass through.
	Decodes bool
}

// unheard is how long nothing but silence is no fault: people listen, too.
const unheard = 10 * time.Second

// Fault says why the speaker is not heard.
func (w Way) Fault() Fault {
	switch {
	case w.HeldBy != "":
		return Held
	case w.Came.Received == 0:
		return w.missing()
	case w.Came.Received < enough:
		return NoFault
	case w.Decodes && w.Decoded == 0:
		return Unplayable
	default:
		return w.unnoticed()
	}
}

// unnoticed says why what comes is not heard.
func (w Way) unnoticed() Fault {
	switch {
	case w.Went.Sent == 0 && !w.Went.Reliable:
		return Unsent
	case w.Went.Sent >= enough && w.Went.RemoteLost >= w.Went.Sent/10*9:
		return LostThere
	case w.Listened >= unheard && w.Silent == w.Listened:
		return Silence
	default:
		return NoFault
	}
}

// enough is how many packets may come without effect: half a second of them.
const enough = 25

// missing says why no packet of the speaker came.
func (w Way) missing() Fault {
	switch {
	case w.Came.Reliable:
		return NoFault
	case w.Came.Undecryptable > 0:
		return Undecryptable
	case w.Came.WrongPayloadType > 0:
		return WrongPayloadType
	case w.Came.WrongSource > 0:
		return WrongSource
	case w.Came.Heard.IsZero():
		return Never
	default:
		return Stopped
	}
}

// Sentence says it in words; empty if there is nothing to say.
func (w Way) Sentence() string {
	fault := w.Fault()
	if fault == NoFault {
		return ""
	}
	return fmt.Sprintf("%s does not hear %s: %s", w.To, w.From, w.reason(fault))
}

func (w Way) reason(fault Fault) string {
	switch fault {
	case Held:
		return w.HeldBy + " holds"
	case Undecryptable:
		return fmt.Sprintf("none of %d packets from %s could be decrypted", w.Came.Undecryptable, w.From)
	case WrongPayloadType:
		return fmt.Sprintf("%s sends payload type %d, which was not agreed", w.From, w.Came.WrongType)
	case WrongSource:
		return fmt.Sprintf("packets come from %s, which is not where %s said it would send from", w.Came.Stranger, w.From)
	case Never:
		return "no packet ever came from " + w.From
	case Stopped:
		return fmt.Sprintf("nothing has come from %s since %s", w.From, w.Came.Heard.UTC().Format("15:04:05 UTC"))
	case Unplayable:
		return fmt.Sprintf("none of %d packets from %s could be decoded", w.Came.Received, w.From)
	case Unsent:
		return fmt.Sprintf("%d packets came, and nothing could be sent to %s", w.Came.Received, w.To)
	case LostThere:
		return fmt.Sprintf("%s reports that %d of %d packets to it were lost", w.To, w.Went.RemoteLost, w.Went.Sent)
	default:
		return fmt.Sprintf("%s has sent nothing but silence (muted, or no microphone)", w.From)
	}
}
