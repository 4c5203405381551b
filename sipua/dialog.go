package sipua

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// dialog is the state that both ends of a call share (RFC 3261 section 12). It belongs to its leg's goroutine.
type dialog struct {
	id bridge.DialogID
	// local and remote are the parties as From and To of requests that we send, without tags.
	local, remote sip.ToHeader
	// contact is our own address in this dialog.
	contact sip.Uri
	// target is where requests to the party go, routes are the proxies on the way, the nearest first.
	target sip.Uri
	routes []sip.Uri
	// hop has the servers of the nearest of them, if it is a name.
	hop hop
	// localSequence and remoteSequence are the last CSeq numbers of either side.
	localSequence, remoteSequence uint32
}

// answeringDialog is the dialog that an INVITE from the party starts.
func answeringDialog(invite *sip.Request, contact sip.Uri) *dialog {
	ends := message.EndsOf(invite)
	d := &dialog{
		id: ends.ID, local: ends.Local, remote: ends.Remote, contact: contact,
		routes: message.RecordedRoutes(invite), remoteSequence: invite.CSeq().SeqNo,
	}
	d.setTarget(message.Contact(invite))
	return d
}

// callingDialog is the dialog that an INVITE of ours starts; the response gives it the party's tag.
func callingDialog(from bridge.Party, fromURI, to, contact sip.Uri) *dialog {
	return &dialog{
		id:            bridge.DialogID{CallID: message.NewTag(), LocalTag: message.NewTag()},
		local:         sip.ToHeader{DisplayName: from.Name, Address: fromURI},
		remote:        sip.ToHeader{Address: to},
		contact:       contact,
		target:        to,
		localSequence: 0,
	}
}

// establish takes tag, target and route set from a response to our INVITE (RFC 3261 section 12.1.2).
func (d *dialog) establish(response *sip.Response) {
	d.id.RemoteTag = message.Tag(response)
	d.routes = message.RecordedRoutes(response)
	slices.Reverse(d.routes)
	d.setTarget(message.Contact(response))
}

// setTarget refreshes the remote target (RFC 3261 section 12.2).
func (d *dialog) setTarget(contact *sip.ContactHeader) {
	if contact != nil && !contact.Address.Wildcard {
		d.target = *contact.Address.Clone()
	}
}

// request builds the next request of the dialog; ACK and CANCEL take the sequence number of their INVITE.
func (d *dialog) request(method sip.RequestMethod) *sip.Request {
	d.localSequence++
	return d.requestWithSequence(method, d.localSequence)
}

func (d *dialog) requestWithSequence(method sip.RequestMethod, sequence uint32) *sip.Request {
	ends := message.Ends{ID: d.id, Local: d.local, Remote: d.remote}
	request := ends.Request(method, sequence, d.target, d.routes)
	if method == sip.INVITE || method == sip.UPDATE || method == sip.REFER || method == sip.NOTIFY {
		request.AppendHeader(&sip.ContactHeader{Address: d.contact})
	}
	return request
}
