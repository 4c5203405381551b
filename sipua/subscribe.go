package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/notifier"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// newNotifier makes what holds the subscriptions to users of ours.
func (a *Agent) newNotifier() *notifier.Notifier {
	return notifier.New(notifier.Options{
		Transactions: a.transactions, Presence: a.presence, Removals: a.removals,
		MayRefresh: a.mayRefresh, Refuse: a.refuse, Log: a.log,
	})
}

// receiveSubscribe takes a SUBSCRIBE to a user of ours. Only such users may watch.
func (a *Agent) receiveSubscribe(flow, reply transport.Flow, request *sip.Request) {
	asked, err := a.watching(flow, request)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	a.notifier.Subscribe(flow, reply, request, asked)
}

// watching gives who wants to watch whom. The error is a bridge.Cause to answer with.
func (a *Agent) watching(flow transport.Flow, request *sip.Request) (presence.Subscribe, error) {
	pkg, err := presence.PackageOf(message.Value(request, "Event"))
	if err != nil {
		return presence.Subscribe{}, err
	}
	who, err := a.knownSender(flow, request)
	if err != nil {
		return presence.Subscribe{}, err
	}
	name := message.Unescape(request.Recipient.User)
	realm, isLocal := a.options.Domains.local(request.Recipient.Host)
	switch {
	case !isLocal || name == "" || !a.options.Registrar.Known(name, realm):
		return presence.Subscribe{}, bridge.Cause{Status: 404}
	case !a.options.Domains.IsLocal(domainOf(who.User)):
		return presence.Subscribe{}, bridge.Cause{Status: 403}
	case message.Contact(request) == nil:
		return presence.Subscribe{}, bridge.Cause{Status: 400, Text: "No Contact"}
	case message.Expires(request) == message.MalformedExpires:
		return presence.Subscribe{}, bridge.Cause{Status: 400, Text: "Malformed Expires"}
	case !message.Accepts(request, pkg.ContentType()):
		return presence.Subscribe{}, bridge.Cause{Status: 406}
	}
	watched := name + "@" + realm
	if !a.mayWatch(who.User, watched) {
		return presence.Subscribe{}, bridge.Cause{Status: 403, Text: "Not To Be Watched"}
	}
	return presence.Subscribe{Package: pkg, Watched: watched, By: who.User, Expires: message.Expires(request)}, nil
}

// mayWatch tells whether a user may watch another one. Himself he always may.
func (a *Agent) mayWatch(by, watched string) bool {
	return a.options.MayWatch == nil || by == watched || a.options.MayWatch(by, watched)
}

// mayRefresh tells whether a flow may speak for a user's subscription: the one it was made on, for phones another
// datagram or connection from the same host, or another connection of the same user. The error is a bridge.Cause.
func (a *Agent) mayRefresh(flow, subscribed transport.Flow, user string) error {
	sameHost := flow.RemoteAddr().Addr() == subscribed.RemoteAddr().Addr()
	switch {
	case flow == subscribed, !comesBack(flow) && !comesBack(subscribed) && sameHost, a.users.Of(flow) == user:
		return nil
	case !a.rates.Allow(user, time.Now()):
		return message.TooManyRequests()
	default:
		return bridge.Cause{Status: 403}
	}
}
