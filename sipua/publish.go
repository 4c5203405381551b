package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// receivePublish takes what a user of ours says of himself.
func (a *Agent) receivePublish(flow, reply transport.Flow, request *sip.Request) {
	asked, err := a.publishing(flow, request)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	a.notifier.Publish(flow, reply, request, asked)
}

// publishing reads a PUBLISH of a user about himself. The error is a bridge.Cause to answer with.
func (a *Agent) publishing(flow transport.Flow, request *sip.Request) (presence.Publish, error) {
	pkg, err := presence.PackageOf(message.Value(request, "Event"))
	if err != nil {
		return presence.Publish{}, err
	}
	who, err := a.knownSender(flow, request)
	if err != nil {
		return presence.Publish{}, err
	}
	realm, isLocal := a.options.Domains.local(request.Recipient.Host)
	switch {
	case !isLocal:
		return presence.Publish{}, bridge.Cause{Status: 404}
	case message.Unescape(request.Recipient.User)+"@"+realm != who.User:
		return presence.Publish{}, bridge.Cause{Status: 403, Text: "Not Yours To Publish"}
	case message.Expires(request) == message.MalformedExpires:
		return presence.Publish{}, bridge.Cause{Status: 400, Text: "Malformed Expires"}
	}
	asked := presence.Publish{
		User: who.User, Package: pkg, Tag: message.Value(request, "SIP-If-Match"), Expires: message.Expires(request),
		ContentType: message.ContentType(request), Body: request.Body(),
	}
	if comesBack(flow) {
		asked.Source = flow // a page that is gone publishes no more
	}
	return asked, nil
}

// ReachableChanged tells that a local user, "name@domain", has got a device or lost one.
func (a *Agent) ReachableChanged(user string) { a.presence.ReachableChanged(user) }

// isReachable tells whether a local user has a registered device, or one that does not speak SIP.
func (a *Agent) isReachable(user string) bool {
	name, domain := nameOf(user), domainOf(user)
	targets, _ := a.Lookup(name, domain)
	return len(targets) > 0 || a.options.Elsewhere != nil && a.options.Elsewhere(name, domain)
}

// tellWatchers tells how far the call of the leg's party has come, if he is a user of ours.
func (l *leg) tellWatchers(state presence.CallState) {
	_, user := l.place()
	if user == "" || !l.agent.options.Domains.IsLocal(domainOf(user)) {
		return
	}
	call := presence.Call{ID: l.id, Placed: l.incoming, State: state}
	if l.incoming {
		call.URI = l.asked.To
	} else {
		local := l.dialog.Local()
		call.Name, call.URI = local.DisplayName, message.PlainURI(local.Address)
	}
	l.agent.presence.CallChanged(user, call)
}
