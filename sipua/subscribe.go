package sipua

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// receiveSubscribe makes a subscription to a user of ours (RFC 6665 section 4.2.1). Only such users may watch.
func (a *Agent) receiveSubscribe(flow, reply transport.Flow, request *sip.Request) {
	pkg, err := presence.PackageOf(message.Value(request, "Event"))
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	watched, by, err := a.watching(flow, request, pkg)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	w := a.newWatcher(flow, request, by)
	request.To().Params.Add("tag", w.id.LocalTag) // so that every response carries it
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("SUBSCRIBE dropped", "error", err)
		return
	}
	subscription, granted, err := a.presence.Subscribe(presence.Subscribe{
		Package: pkg, Watched: watched, By: by, Expires: message.Expires(request),
	}, w)
	if err != nil {
		transaction.Send(message.Refusal(request, message.CauseOfError(err), 500))
		return
	}
	w.subscription = subscription
	a.watchers.add(w)
	a.granted(transaction, granted, w.contact())
	a.presence.Tell(subscription)
	if flow.Done() != nil && transport.IsGone(flow) {
		a.dropWatchers(flow) // it ended meanwhile
	}
}

// watching gives who wants to watch whom. The error is a bridge.Cause to answer with.
func (a *Agent) watching(flow transport.Flow, request *sip.Request, pkg presence.Package,
) (watched, by string, err error) {
	who, err := a.knownSender(flow, request)
	if err != nil {
		return "", "", err
	}
	name := message.Unescape(request.Recipient.User)
	realm, isLocal := a.options.Domains.local(request.Recipient.Host)
	switch {
	case !isLocal || name == "" || !a.options.Registrar.Known(name, realm):
		return "", "", bridge.Cause{Status: 404}
	case !a.options.Domains.IsLocal(domainOf(who.user)):
		return "", "", bridge.Cause{Status: 403}
	case message.Contact(request) == nil:
		return "", "", bridge.Cause{Status: 400, Text: "No Contact"}
	case message.Expires(request) == message.MalformedExpires:
		return "", "", bridge.Cause{Status: 400, Text: "Malformed Expires"}
	case !message.Accepts(request, pkg.ContentType()):
		return "", "", bridge.Cause{Status: 406}
	}
	watched = name + "@" + realm
	if !a.mayWatch(who.user, watched) {
		return "", "", bridge.Cause{Status: 403, Text: "Not To Be Watched"}
	}
	return watched, who.user, nil
}

// mayWatch tells whether a user may watch another one. Himself he always may.
func (a *Agent) mayWatch(by, watched string) bool {
	return a.options.MayWatch == nil || by == watched || a.options.MayWatch(by, watched)
}

// granted accepts a SUBSCRIBE, PUBLISH or the like for some time.
func (a *Agent) granted(transaction *transaction.Server, granted time.Duration, headers ...sip.Header) {
	headers = append(headers, sip.NewHeader("Expires", strconv.Itoa(int(granted/time.Second))))
	transaction.Respond(200, "", headers...)
}

// receiveInSubscription takes a request in the dialog of a subscription: it refreshes or ends it (RFC 6665 section
// 4.2.1.2). Whoever asks again for the end of what has ended hears 481, without which sipML5 goes on asking.
func (a *Agent) receiveInSubscription(w *watcher, flow, reply transport.Flow, request *sip.Request) {
	if err := a.mayRefresh(w, flow); err != nil {
		a.refuse(reply, request, err)
		return
	}
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	switch {
	case request.Method != sip.SUBSCRIBE:
		transaction.Respond(405, "", sip.NewHeader("Allow", "SUBSCRIBE"))
	case !w.next(request):
		transaction.Respond(500, "CSeq out of order")
	default:
		a.refreshSubscription(w, transaction)
	}
}

func (a *Agent) refreshSubscription(w *watcher, transaction *transaction.Server) {
	asked := message.Expires(transaction.Request)
	if asked == message.MalformedExpires {
		transaction.Respond(400, "Malformed Expires")
		return
	}
	granted, err := a.presence.Refresh(w.subscription, asked)
	if err != nil {
		transaction.Send(message.Refusal(transaction.Request, message.CauseOfError(err), 500))
		return
	}
	a.granted(transaction, granted, w.contact())
	a.presence.Tell(w.subscription)
}

// mayRefresh tells whether a flow may speak for a subscription: the one it was made on, for phones another datagram or
// connection from the same host, or another connection of the same user. The error is a bridge.Cause.
func (a *Agent) mayRefresh(w *watcher, flow transport.Flow) error {
	sameHost := flow.RemoteAddr().Addr() == w.flow.RemoteAddr().Addr()
	switch {
	case flow == w.flow, !comesBack(flow) && !comesBack(w.flow) && sameHost, a.users.get(flow) == w.user:
		return nil
	case !a.rates.allow(w.user, time.Now()):
		return tooManyRequests()
	default:
		return bridge.Cause{Status: 403}
	}
}

// dropWatchers ends the subscriptions that were made on a flow that is gone.
func (a *Agent) dropWatchers(flow transport.Flow) {
	for _, w := range a.watchers.on(flow) {
		a.presence.Drop(w.subscription)
		a.watchers.remove(w)
	}
}
