package dialog

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// Dialog is the state that both ends of a call share (RFC 3261 section 12). The zero Dialog is that of a leg that never
// gets to call. It belongs to its leg's goroutine.
type Dialog struct {
	ends message.Ends
	// contact is our own address in this dialog.
	contact sip.Uri
	// target is where requests to the party go, routes are the proxies on the way, the nearest first.
	target sip.Uri
	routes []sip.Uri
	// hop has the servers of the nearest of them, if it is a name.
	hop Hop
	// localSequence and remoteSequence are the last CSeq numbers of either side.
	localSequence, remoteSequence uint32
}

// Answering is the dialog that an INVITE from the party starts; contact is our own address in it.
func Answering(invite *sip.Request, contact sip.Uri) *Dialog {
	d := &Dialog{
		ends: message.EndsOf(invite), contact: contact,
		routes: message.RecordedRoutes(invite), remoteSequence: invite.CSeq().SeqNo,
	}
	d.Refresh(invite)
	return d
}

// Calling is the dialog that an INVITE of ours starts, from local to remote; a response gives it the party's tag. Until
// then requests go to the Request-URI by the proxies that were asked for. It has a Contact once it is moved to a flow.
// A MESSAGE outside of calls is built the same way, and starts none.
func Calling(local, remote sip.ToHeader, requestURI sip.Uri, routes []sip.Uri) *Dialog {
	return &Dialog{
		ends: message.Ends{
			ID:    bridge.DialogID{CallID: message.NewTag(), LocalTag: message.NewTag()},
			Local: local, Remote: remote,
		},
		target: requestURI, routes: routes,
	}
}

// Fork is the dialog that a response to an INVITE of ours makes beside the others of that INVITE (RFC 3261
// section 12.1).
func (d *Dialog) Fork(invite *sip.Request, response *sip.Response) *Dialog {
	fork := *d
	fork.target, fork.remoteSequence, fork.hop = invite.Recipient, 0, Hop{}
	fork.Establish(response)
	return &fork
}

// Establish takes tag, target and route set from a response to our INVITE (RFC 3261 section 12.1.2).
func (d *Dialog) Establish(response *sip.Response) {
	d.ends.ID.RemoteTag = message.Tag(response)
	d.routes = message.RecordedRoutes(response)
	slices.Reverse(d.routes)
	d.Refresh(response)
}

// Refresh takes the Contact of the party's message as the remote target, if it has one (RFC 3261 section 12.2).
func (d *Dialog) Refresh(m message.Message) {
	if contact := message.Contact(m); contact != nil && !contact.Address.Wildcard {
		d.target = *contact.Address.Clone()
	}
}

// Accept notes the CSeq number of a request of the party. It reports false for one out of order, which is refused by
// 500 (RFC 3261 section 12.2.2). An equal number is let pass, as it is there: JsSIP tries again after a 491 without
// counting on.
func (d *Dialog) Accept(request *sip.Request) bool {
	number := request.CSeq().SeqNo
	if number < d.remoteSequence {
		return false
	}
	d.remoteSequence = number
	return true
}

// ID names the dialog; without a remote tag before the party has answered.
func (d *Dialog) ID() bridge.DialogID { return d.ends.ID }

// Local is our end, as From of the requests that we send, without its tag.
func (d *Dialog) Local() sip.ToHeader { return d.ends.Local }

// Rename changes who our end is in the requests that follow (RFC 4916 section 4.4.1).
func (d *Dialog) Rename(name string, uri sip.Uri) {
	d.ends.Local.DisplayName, d.ends.Local.Address = name, uri
}

// Contact is our own address in the dialog, as messages of ours say it.
func (d *Dialog) Contact() *sip.ContactHeader { return &sip.ContactHeader{Address: d.contact} }

// MoveTo makes our Contact the one that the party on a flow can reach. A sips one stays so while the flow is encrypted.
func (d *Dialog) MoveTo(flow transport.Flow) {
	sips := d.contact.Scheme == "sips" && transport.IsEncrypted(flow)
	d.contact = message.ContactOn(flow, d.ends.Local.Address.User)
	if sips {
		d.contact.Scheme = "sips"
	}
}

// IsBare tells that nothing is known of the party but what was dialled: it has not answered, and there is no route.
func (d *Dialog) IsBare() bool { return d.ends.ID.RemoteTag == "" && len(d.routes) == 0 }

// Hosts are the addresses that the party names in its Contact and its first Record-Route; names are left out.
func (d *Dialog) Hosts() []netip.Addr {
	named := []sip.Uri{d.target}
	if len(d.routes) > 0 {
		named = append(named, d.routes[0])
	}
	var hosts []netip.Addr
	for _, uri := range named {
		if address, err := netip.ParseAddr(strings.Trim(uri.Host, "[]")); err == nil {
			hosts = append(hosts, address.Unmap())
		}
	}
	return hosts
}
