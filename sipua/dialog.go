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
	d := &dialog{
		id:             bridge.DialogID{CallID: invite.CallID().Value(), LocalTag: message.NewTag()},
		local:          sip.ToHeader{DisplayName: invite.To().DisplayName, Address: invite.To().Address},
		remote:         sip.ToHeader{DisplayName: invite.From().DisplayName, Address: invite.From().Address},
		contact:        contact,
		remoteSequence: invite.CSeq().SeqNo,
		localSequence:  0,
	}
	d.id.RemoteTag, _ = invite.From().Params.Get("tag")
	d.routes = message.RecordedRoutes(invite)
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

// path gives the Request-URI and the Route headers of a request. A nearest proxy without lr routes strictly: it wants
// to be the Request-URI itself, and the target comes last (RFC 3261 section 12.2.1.1).
func (d *dialog) path() (requestURI sip.Uri, routes []sip.Uri) {
	if len(d.routes) == 0 || d.routes[0].UriParams.Has("lr") {
		return d.target, d.routes
	}
	strict := *d.routes[0].Clone()
	strict.Headers = nil
	return strict, append(slices.Clone(d.routes[1:]), d.target)
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
	requestURI, routes := d.path()
	request := sip.NewRequest(method, requestURI)
	from := sip.FromHeader{DisplayName: d.local.DisplayName, Address: d.local.Address, Params: sip.NewParams()}
	from.Params.Add("tag", d.id.LocalTag)
	to := sip.ToHeader{DisplayName: d.remote.DisplayName, Address: d.remote.Address, Params: sip.NewParams()}
	if d.id.RemoteTag != "" {
		to.Params.Add("tag", d.id.RemoteTag)
	}
	callID := sip.CallIDHeader(d.id.CallID)
	for _, route := range routes {
		request.AppendHeader(&sip.RouteHeader{Address: route})
	}
	request.AppendHeader(&from)
	request.AppendHeader(&to)
	request.AppendHeader(&callID)
	request.AppendHeader(&sip.CSeqHeader{SeqNo: sequence, MethodName: method})
	if method == sip.INVITE || method == sip.UPDATE || method == sip.REFER || method == sip.NOTIFY {
		request.AppendHeader(&sip.ContactHeader{Address: d.contact})
	}
	return request
}
