package sipua

import (
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// dialogs finds the leg that a request belongs to, on whatever connection it comes.
type dialogs struct {
	mu   sync.Mutex
	legs map[dialogKey]*leg // guarded by mu
	// invites are those that the legs of incoming calls were made of.
	invites map[inviteKey]*leg // guarded by mu
}

// dialogKey names a dialog by the parts that we gave or that never change. All early dialogs of an INVITE of ours have
// the same; the party's tag is the leg's to check.
type dialogKey struct {
	callID, localTag string
}

// inviteKey names an INVITE on whatever way it comes. RFC 3261 section 8.2.2.2 does not count the Request-URI, but we
// serve many users, and a server may fork a call to two of them.
type inviteKey struct {
	callID, remoteTag string
	sequence          uint32
	requestURI        string
}

func newDialogs() *dialogs {
	return &dialogs{legs: make(map[dialogKey]*leg), invites: make(map[inviteKey]*leg)}
}

func (l *leg) dialogKey() dialogKey {
	id := l.dialog.ID()
	return dialogKey{callID: id.CallID, localTag: id.LocalTag}
}

func inviteKeyOf(request *sip.Request) inviteKey {
	tag, _ := request.From().Params.Get("tag")
	return inviteKey{
		callID: request.CallID().Value(), remoteTag: tag,
		sequence: request.CSeq().SeqNo, requestURI: request.Recipient.String(),
	}
}

// add enters a leg; its goroutine, or the one that makes it, calls it.
func (d *dialogs) add(l *leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.legs[l.dialogKey()] = l
	if l.incoming {
		d.invites[inviteKeyOf(l.invite.Request)] = l
	}
}

func (d *dialogs) remove(l *leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if key := l.dialogKey(); d.legs[key] == l {
		delete(d.legs, key)
	}
	if l.invite == nil {
		return
	}
	if key := inviteKeyOf(l.invite.Request); d.invites[key] == l {
		delete(d.invites, key)
	}
}

// merged tells whether a new INVITE is one that already made a call, come again on another way.
func (d *dialogs) merged(request *sip.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.invites[inviteKeyOf(request)] != nil
}

// legOf gives the leg to which a request of the party claims to belong.
func (d *dialogs) legOf(request *sip.Request) *leg {
	tag, _ := request.To().Params.Get("tag")
	return d.get(dialogKey{callID: request.CallID().Value(), localTag: tag})
}

func (d *dialogs) get(key dialogKey) *leg {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.legs[key]
}

// find gives the leg of a dialog as the bridge sees it: all three parts must match (RFC 3261 section 12.2.2).
func (d *dialogs) find(id bridge.DialogID) *leg {
	l := d.get(dialogKey{callID: id.CallID, localTag: id.LocalTag})
	if l == nil || l.Info().Dialog.RemoteTag != id.RemoteTag {
		return nil
	}
	return l
}

func (d *dialogs) size() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.legs)
}
