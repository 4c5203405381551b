package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
)

// fork is one of the dialogs that our INVITE has made: an early one by a provisional response, one that is up by a 2xx
// (RFC 3261 section 12.1). Where a proxy forks the INVITE there are several, told apart by their To tags. It belongs to
// its leg's goroutine.
type fork struct {
	dialog *dialog.Dialog
	// sequence is the RSeq of its last reliable provisional response, 0 before there is one (RFC 3262 section 4).
	sequence uint32
	// sdp is its last answer to our offer. It is settled once it came reliably: no later one counts.
	sdp     []byte
	settled bool
	// released tells that it has been let go, since another one answered first.
	released bool
}

// maxForks bounds the dialogs that one INVITE can make.
const maxForks = 16

// forkOf gives the dialog of a response to our INVITE, a new one if need be; nil if there are too many.
func (l *leg) forkOf(response *sip.Response) *fork {
	tag := message.Tag(response)
	known := l.calling.forks[tag]
	if known != nil || len(l.calling.forks) >= maxForks {
		return known
	}
	made := &fork{dialog: l.dialog.Fork(l.calling.request, response)}
	l.calling.forks[tag] = made
	l.lookUpHop(made.dialog)
	return made
}

// dialogWith gives the dialog in which a request of the party comes: the one that is up, or one of the early ones; nil
// if it is none of them.
func (l *leg) dialogWith(request *sip.Request) *dialog.Dialog {
	tag, _ := request.From().Params.Get("tag")
	if l.state == stateSetup && !l.incoming {
		if early := l.calling.forks[tag]; early != nil {
			return early.dialog
		}
		return nil
	}
	if tag != l.dialog.ID().RemoteTag {
		return nil
	}
	return l.dialog
}
