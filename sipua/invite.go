package sipua

import (
	"log/slog"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// receiveInvite starts an incoming leg.
func (a *Agent) receiveInvite(flow, reply transport.Flow, request *sip.Request) {
	who, err := a.identify(flow, request)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	l, err := a.newIncoming(flow, request, who)
	if err != nil {
		a.refuse(reply, request, causeOfError(err))
		return
	}
	// The tag goes into the stored request, so that every response carries it.
	request.To().Params.Add("tag", l.dialog.id.LocalTag)
	transaction, err := a.transactions.newServer(flow, reply, request)
	if err != nil {
		l.discard()
		a.log.Debug("INVITE dropped", "error", err)
		return
	}
	l.invite = transaction
	transaction.onCancel(func(cancel *sip.Request) { l.mailbox.post(func() { l.canceled(cancel) }) })
	a.dialogs.add(l)
	l.start(l.begin)
}

// newIncoming makes the leg of an INVITE.
func (a *Agent) newIncoming(flow transport.Flow, request *sip.Request, who identity) (*leg, error) {
	l := a.newLeg(flow.Transport(), who.user)
	l.incoming = true
	l.trusted = who.origin == bridge.OriginUpstream
	l.flow, l.gone = flow, flow.Done()
	l.dialog = answeringDialog(request, a.contact(flow, request.To().Address.User))
	l.asked = a.asked(request, who)
	l.info.Party = l.asked.From
	l.describe()
	if err := l.openMedia(flow); err != nil {
		return nil, err
	}
	return l, nil
}

// asked puts an INVITE into neutral words.
func (a *Agent) asked(request *sip.Request, who identity) bridge.Request {
	from, to := request.From(), request.Recipient
	asked := bridge.Request{
		From:   bridge.Party{Name: from.DisplayName, URI: a.publicURI(from.Address)},
		To:     a.publicURI(to),
		Origin: who.origin, User: who.user, Trunk: who.trunk,
		Headers: crossing(request),
	}
	if left := request.MaxForwards(); left != nil {
		asked.MaxForwards = int(left.Val())
	}
	if _, ok := a.relays.find(to.User); ok && who.origin == bridge.OriginUpstream {
		asked.To = "sip:" + to.User + "@" + who.trunk // the Directory knows the token
	}
	if a.passesCredentials(request, who) {
		asked.Headers = append(asked.Headers, credentials(request)...)
	}
	if header := request.GetHeader("Replaces"); header != nil {
		asked.Replaces = parseReplaces(header.Value())
	}
	return asked
}

// passesCredentials: a user of an upstream domain proves himself to his own server, through us.
func (a *Agent) passesCredentials(request *sip.Request, who identity) bool {
	if who.origin == bridge.OriginUpstream {
		return false
	}
	_, ok := a.options.Domains.upstream(request.From().Address.Host)
	return ok
}

// credentials are the headers by which a browser proves itself to its upstream server. Only the upstream
// endpoint lets them out.
func credentials(request *sip.Request) []bridge.Header {
	var headers []bridge.Header
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, header := range request.GetHeaders(name) {
			headers = append(headers, bridge.Header{Name: name, Value: header.Value()})
		}
	}
	return headers
}

// crossing picks the headers of an INVITE that cross to the other leg; topology and credentials stay.
func crossing(request *sip.Request) []bridge.Header {
	var headers []bridge.Header
	for _, header := range request.Headers() {
		name := header.Name()
		lower := strings.ToLower(name)
		switch lower {
		case "user-to-user", "diversion", "history-info", "reason", "call-info", "alert-info", "subject", "priority":
			headers = append(headers, bridge.Header{Name: name, Value: header.Value()})
		default:
			if strings.HasPrefix(lower, "x-") {
				headers = append(headers, bridge.Header{Name: name, Value: header.Value()})
			}
		}
	}
	return headers
}

// plainURI is a URI without parameters and headers: what routes match.
func plainURI(uri sip.Uri) string {
	plain := *uri.Clone()
	plain.UriParams, plain.Headers = nil, nil
	return plain.String()
}

// publicURI is a plain URI in which our own addresses are replaced by the local domain they stand for.
func (a *Agent) publicURI(uri sip.Uri) string {
	if domain, ok := a.options.Domains.local(uri.Host); ok {
		uri.Host, uri.Port = domain, 0
	}
	return plainURI(uri)
}

// newLeg makes what both kinds of leg have in common.
func (a *Agent) newLeg(word, user string) *leg {
	id := newTag()[:10]
	return &leg{
		agent:   a,
		id:      id,
		log:     a.log.With(slog.String("leg", id)),
		media:   noMedia{},
		events:  make(chan bridge.Event, eventQueue),
		mailbox: newMailbox(),
		info:    bridge.LegInfo{ID: id, Transport: word, User: user},
	}
}

// openMedia makes the media session; its callbacks reach the leg through the mailbox.
func (l *leg) openMedia(flow transport.Flow) error {
	media, err := l.agent.options.Media(flow, bridge.MediaEvents{
		Pressed:       func(key bridge.DTMF) { l.mailbox.post(func() { l.emit(bridge.Pressed{Key: key}) }) },
		KeyframeAsked: func() { l.mailbox.post(func() { l.emit(bridge.KeyframeAsked{}) }) },
		Lost:          func(cause bridge.Cause) { l.mailbox.post(func() { l.mediaLost(cause) }) },
		Back:          func() { l.mailbox.post(l.mediaBack) },
	}, l.log)
	if err != nil {
		return err
	}
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	l.media = media
	return nil
}

// discard frees a leg that was never started.
func (l *leg) discard() {
	l.mailbox.close()
	l.closeMedia()
}
