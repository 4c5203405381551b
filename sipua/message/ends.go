package message

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// Ends are the two ends of a dialog, as the requests of one of them name them (RFC 3261 section 12).
type Ends struct {
	// ID names the dialog. Without a remote tag the other end has not answered yet.
	ID bridge.DialogID
	// Local and Remote are the parties as From and To of requests that we send, without tags.
	Local, Remote sip.ToHeader
}

// EndsOf gives the ends of the dialog that a request from the other end starts, with a new tag of ours.
func EndsOf(request *sip.Request) Ends {
	ends := Ends{
		ID:     bridge.DialogID{CallID: request.CallID().Value(), LocalTag: NewTag()},
		Local:  sip.ToHeader{DisplayName: request.To().DisplayName, Address: request.To().Address},
		Remote: sip.ToHeader{DisplayName: request.From().DisplayName, Address: request.From().Address},
	}
	ends.ID.RemoteTag, _ = request.From().Params.Get("tag")
	return ends
}

// Request builds a request of the dialog to a remote target, by the proxies on the way, the nearest first. It lacks
// what Complete adds, and a Contact.
func (e Ends) Request(method sip.RequestMethod, sequence uint32, target sip.Uri, routes []sip.Uri) *sip.Request {
	requestURI, left := Path(target, routes)
	request := sip.NewRequest(method, requestURI)
	from := sip.FromHeader{DisplayName: e.Local.DisplayName, Address: e.Local.Address, Params: sip.NewParams()}
	from.Params.Add("tag", e.ID.LocalTag)
	to := sip.ToHeader{DisplayName: e.Remote.DisplayName, Address: e.Remote.Address, Params: sip.NewParams()}
	if e.ID.RemoteTag != "" {
		to.Params.Add("tag", e.ID.RemoteTag)
	}
	callID := sip.CallIDHeader(e.ID.CallID)
	for _, route := range left {
		request.AppendHeader(&sip.RouteHeader{Address: route})
	}
	request.AppendHeader(&from)
	request.AppendHeader(&to)
	request.AppendHeader(&callID)
	request.AppendHeader(&sip.CSeqHeader{SeqNo: sequence, MethodName: method})
	return request
}

// Path gives the Request-URI and the Route headers of a request in a dialog. A nearest proxy without lr routes
// strictly: it wants to be the Request-URI itself, and the target comes last (RFC 3261 section 12.2.1.1).
func Path(target sip.Uri, routes []sip.Uri) (requestURI sip.Uri, left []sip.Uri) {
	if len(routes) == 0 || routes[0].UriParams.Has("lr") {
		return target, routes
	}
	strict := *routes[0].Clone()
	strict.Headers = nil
	return strict, append(slices.Clone(routes[1:]), target)
}
