package sipua

import (
	"log/slog"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/sessiontimer"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// receiveInvite starts an incoming leg.
func (a *Agent) receiveInvite(flow, reply transport.Flow, request *sip.Request) {
	who, err := a.identity.Identify(flow, request)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	if a.flowIsGone(request, who) {
		a.refuse(reply, request, flowFailed())
		return
	}
	if a.dialogs.merged(request) {
		a.reply(reply, request, 482)
		return
	}
	if err = a.admission.MayCall(flow, who, a.callee(request.Recipient)); err != nil {
		a.refuse(reply, request, err)
		return
	}
	asked := a.asked(request, who)
	a.choose(&asked, flow, request)
	if target, ok := a.standsAside(flow, request, asked); ok {
		a.stats.proxied.Add(1)
		a.proxies.Pass(flow, reply, request, who.User, target)
		return
	}
	l, err := a.newIncoming(flow, request, who, asked)
	if err != nil {
		a.refuse(reply, request, message.CauseOfError(err))
		return
	}
	// The tag goes into the stored request, so that every response carries it.
	request.To().Params.Add("tag", l.dialog.ID().LocalTag)
	canceled := func(cancel *sip.Request) { l.mailbox.post(func() { l.canceled(cancel) }) }
	transaction, err := a.transactions.NewInvite(flow, reply, request, canceled)
	if err != nil {
		l.discard()
		a.log.Debug("INVITE dropped", "error", err)
		return
	}
	l.invite, l.invites = transaction, append(l.invites, transaction)
	a.dialogs.add(l)
	l.start(l.begin)
}

// newIncoming makes the leg of an INVITE.
func (a *Agent) newIncoming(flow transport.Flow, request *sip.Request, who identity.Identity, asked bridge.Request,
) (*leg, error) {
	l := a.newLeg(flow.Transport(), who.User)
	l.incoming = true
	l.trusted = who.Origin == bridge.OriginUpstream
	l.flow, l.gone = flow, flow.Done()
	contact := message.ContactOn(flow, request.To().Address.User)
	if wantsSips(flow, request) {
		contact.Scheme = "sips"
	}
	l.dialog = dialog.Answering(request, contact)
	l.asked = asked
	l.reliable = a.reliability(request)
	l.info.Party, l.info.Origin, l.info.Trunk = l.asked.From, who.Origin, who.Trunk
	l.describe()
	l.describeAllow(request)
	l.trunk = who.Peer
	if err := l.openMedia(flow, content.SDPIn(request)); err != nil {
		return nil, err
	}
	if err := l.reachedByTrunk(); err != nil {
		l.discard()
		return nil, err
	}
	return l, nil
}

// reachedByTrunk takes what holds for the trunk that an incoming call comes from, if any, and counts the call there.
func (l *leg) reachedByTrunk() (err error) {
	if l.trunk == nil {
		return nil
	}
	l.answers, l.info.Codecs = l.trunk, l.trunk.Codecs()
	l.release, err = l.agent.options.Dialing.AdmitFrom(l.trunk.Name())
	return err
}

// newLeg makes what both kinds of leg have in common.
func (a *Agent) newLeg(word, user string) *leg {
	id := message.NewTag()[:10]
	l := &leg{
		agent:   a,
		id:      id,
		log:     a.log.With(slog.String("leg", id)),
		media:   noMedia{},
		events:  make(chan bridge.Event, eventQueue+1),
		open:    make(map[*sentRequest]struct{}),
		mailbox: newMailbox(),
		info:    bridge.LegInfo{ID: id, Transport: word, User: user},
	}
	l.session = sessiontimer.New(timedLeg{l}, a.options.Session)
	return l
}

// openMedia makes the media session; its callbacks reach the leg through the mailbox.
func (l *leg) openMedia(flow transport.Flow, offer []byte) error {
	party := MediaParty{Flow: flow, Offer: offer, Server: l.info.Trunk, WantsICE: l.calling != nil && l.calling.wantsICE}
	media, err := l.agent.options.Media(party, bridge.MediaEvents{
		Pressed:       func(key bridge.DTMF) { l.mailbox.post(func() { l.emit(bridge.Pressed{Key: key}) }) },
		KeyframeAsked: func() { l.mailbox.post(func() { l.emit(bridge.KeyframeAsked{}) }) },
		RateAsked: func(bitrate uint64) {
			l.mailbox.post(func() { l.emit(bridge.RateAsked{Bitrate: bitrate}) })
		},
		Lost:    func(cause bridge.Cause) { l.mailbox.post(func() { l.mediaLost(cause) }) },
		Back:    func() { l.mailbox.post(l.mediaBack) },
		Reoffer: func() { l.mailbox.post(l.refresh) },
	}, l.log)
	if err != nil {
		return err
	}
	if l.trunk != nil && l.trunk.DTMF() == trunk.DTMFInband {
		l.useTones(media)
	}
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	l.media = media
	return nil
}

// useTones has keys sent and taken as tones in the sound, which only plain RTP can.
func (l *leg) useTones(media MediaSession) {
	if toned, ok := media.(interface{ KeysAsTones() }); ok {
		toned.KeysAsTones()
		return
	}
	l.log.Warn("a trunk that speaks WebRTC gets no keys as tones", "trunk", l.trunk.Name())
}

// discard frees a leg that was never started.
func (l *leg) discard() {
	_ = l.mailbox.close()
	l.free()
	l.closeMedia()
}
