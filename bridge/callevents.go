package bridge

import (
	"time"

	"sipbridge/transcode"
)

// handle does what an event of one leg asks for. A leg whose events end without Ended is broken.
func (c *call) handle(from, to *side, event Event, ok bool) {
	if !ok {
		from.events = nil
		c.end(from.name, Cause{Status: 500, Text: "Server Internal Error"})
		return
	}
	switch event := event.(type) {
	case Ringing:
		c.mention(from, event.Headers)
		c.ringing(from, event.Early)
	case Answered:
		c.mention(from, event.Headers)
		c.answered(from, event.Answer)
	case Offered:
		c.offered(from, to, event.Offer)
	case Accepted:
		c.accepted(from, to, event.Answer)
	case Refused:
		c.log.Debug("offer refused", "by", from.name, "cause", event.Cause)
		c.crossed(from)
	case DirectionChanged:
		c.directionChanged(from, to, event.Direction)
	case Pressed:
		c.pressed(to, event.Key)
	case KeyframeAsked, RateAsked:
		c.picturesAsked(from, to, event)
	case Told:
		c.told(to, event)
	case TransferAsked, Referred:
		c.aboutTransfer(from, to, event)
	case Parked:
		c.log.Info("party is away", "party", from.name)
	case Resumed:
		c.log.Info("party is back", "party", from.name)
	case Ended:
		c.partyEnded(from, event.Cause)
	}
}

// ringing tells the caller that the callee rings. Early media is connected both ways; what the caller says into it is
// for announcements that ask for digits or words.
func (c *call) ringing(from *side, early *Description) {
	if from != &c.callee || c.state == stateAnswered {
		return
	}
	if early != nil && c.earlyMedia(*early) {
		return
	}
	if c.state == stateDialling {
		c.incoming.Ring(c.ringOffer())
	}
	c.state = stateRinging
}

// ringOffer is our offer to a caller that made none; nil if it made one. Nobody knows yet what the callee will take.
func (c *call) ringOffer() *Description {
	if c.request.Offer != nil {
		return nil
	}
	offer, err := offerFor(nil, c.exchange.options.Policy)
	if err != nil {
		return nil
	}
	offer = offerWithin(offer, c.caller.info().Codecs)
	return &offer
}

// earlyMedia connects early media, and reports false if that is not possible. The direction of
// early media is not told to the caller: announcements are often sendonly, and the answer cannot change any more.
func (c *call) earlyMedia(early Description) bool {
	leading, ok := early.Leading()
	if !ok || c.request.Offer == nil {
		return false
	}
	before := c.callee.agreed
	c.callee.agreed = early
	first := c.answer == nil
	if first && c.answerCaller(SendRecv) != nil {
		c.callee.agreed = before
		return false
	}
	c.callee.wish = NewDirection(leading.Direction.Sends(), true)
	if err := c.connect(); err != nil {
		c.end(bridgeSide, CauseOf(err))
		return true
	}
	if first {
		c.incoming.Ring(c.answer)
	}
	c.state = stateRinging
	return true
}

// answerCaller makes the caller's answer from what is agreed with the callee, once and for all; will is what the
// callee does.
func (c *call) answerCaller(will Direction) error {
	far := directed(c.callee.agreed, will, c.callee.looks)
	answer, err := answerFor(*c.request.Offer, far, c.exchange.options.Policy)
	if err != nil {
		return err
	}
	c.answer = &answer
	c.caller.agreed, c.caller.told, c.caller.shown = answer, will, c.callee.looks
	return nil
}

// answered takes the callee's answer.
func (c *call) answered(from *side, answer Description) {
	if from != &c.callee || c.state == stateAnswered {
		return
	}
	c.callee.agreed = answer
	c.callee.wish = SendRecv
	c.callee.described(answer)
	c.establish()
}

// establish answers the caller, now that it is agreed with the callee what to speak.
func (c *call) establish() {
	err := c.startRecording()
	if err == nil {
		err = c.pickUp()
	}
	if err != nil {
		c.end(bridgeSide, CauseOf(err))
		return
	}
	c.state = stateAnswered
	c.record.Answered = time.Now()
	c.exchange.counts.answered.Add(1)
	c.timer.Reset(c.exchange.options.Longest)
	c.startListening()
	c.direct(&c.caller, &c.callee)
	c.direct(&c.callee, &c.caller)
	if c.answer != nil {
		c.reconcile(&c.caller, &c.callee) // what the caller could not be given, the callee does not go on with
	}
	c.introduce(&c.caller, &c.callee)
}

// pickUp gives the caller its answer, after the media are connected, so that nothing that is said at once gets lost.
// One that sent no offer gets ours; Accepted brings its answer.
func (c *call) pickUp() error {
	if c.request.Offer == nil {
		offer, err := offerFor(&c.callee.agreed, c.exchange.options.Policy)
		if err != nil {
			return err
		}
		offer = offerWithin(offer, c.caller.info().Codecs)
		c.caller.told, c.caller.shown = c.callee.wish, c.callee.looks
		if len(c.caller.agreed.Media) > 0 { // it answered while it rang
			if err := c.connect(); err != nil {
				return err
			}
		}
		c.enterDialogs()
		c.incoming.Answer(offer)
		return nil
	}
	if c.answer == nil {
		if err := c.answerCaller(c.callee.wish); err != nil {
			return err
		}
	}
	if err := c.connect(); err != nil {
		return err
	}
	c.enterDialogs()
	c.incoming.Answer(*c.answer)
	return nil
}

// offered answers a party's new media in place: the other party keeps its codec, and the pipes change. Early media may
// change so, too.
func (c *call) offered(from, to *side, offer Description) {
	if c.state != stateAnswered && (len(from.agreed.Media) == 0 || len(to.agreed.Media) == 0) {
		from.leg.Refuse(Cause{Status: 491, Text: "Request Pending"})
		return
	}
	if c.crossing != nil {
		from.leg.Refuse(Cause{Status: 491, Text: "Request Pending"})
		return
	}
	offer = only(offer, from.info().Codecs)
	if c.adds(to, offer) {
		c.cross(from, to, offer)
		return
	}
	c.answerOffer(from, to, offer)
}

// answerOffer answers a party with what the other one has.
func (c *call) answerOffer(from, to *side, offer Description) {
	answer, err := answerFor(offer, to.wants(), c.policy())
	if err != nil {
		from.leg.Refuse(CauseOf(err))
		return
	}
	c.agree(from, to, answer, offer)
	from.shown = to.looks // the answer says so
	if !c.over {
		from.leg.Accept(answer)
		c.direct(to, from)
		c.show(to, from)
	}
}

// accepted takes the party's answer to an offer of ours, or that what it offered itself came to nothing.
func (c *call) accepted(from, to *side, answer Description) {
	c.giveUpCrossing(from)
	if _, ok := answer.Leading(); !ok {
		c.end(bridgeSide, notAcceptable("the answer refuses all media"))
		return
	}
	c.agree(from, to, answer, answer)
	c.direct(to, from)
	if c.crossing != nil {
		c.crossed(from)
		return
	}
	c.reconcile(from, to)
}

// agree notes what is agreed with a party from now on, and what the party does as it says itself.
func (c *call) agree(from, to *side, agreed, said Description) {
	from.agreed = agreed
	from.described(said)
	if len(to.agreed.Media) == 0 {
		return
	}
	if err := c.connect(); err != nil {
		c.end(bridgeSide, CauseOf(err))
	}
}

func (c *call) directionChanged(from, to *side, direction Direction) {
	from.heard(direction)
	if c.state != stateAnswered {
		return
	}
	if err := c.gate(); err != nil {
		c.end(bridgeSide, CauseOf(err))
		return
	}
	c.direct(to, from)
}

// pressed passes a key on, also into early media.
func (c *call) pressed(to *side, key DTMF) {
	if to.leg != nil && (c.state == stateAnswered || c.answer != nil) {
		to.leg.SendDTMF(key)
	}
}

// introduce tells a party who the other one is, if its leg can.
func (c *call) introduce(to, other *side) {
	if leg, ok := to.leg.(Introduced); ok {
		leg.Introduce(other.introduced())
	}
}

// picturesAsked passes on what a party wants of the pictures that it sees.
func (c *call) picturesAsked(from, to *side, event Event) {
	rate, limited := event.(RateAsked)
	if !limited {
		from.past.Keyframes++
	}
	pipe, bitrate := to.pipes[transcode.Video], c.exchange.options.Policy.capped(from.bounded(rate.Bitrate))
	switch {
	case to.leg == nil:
	case pipe != nil && limited && pipe.LimitPictures(bitrate), pipe != nil && !limited && pipe.WantKeyframe():
	case limited:
		to.leg.LimitPictures(bitrate)
	default:
		to.leg.AskKeyframe()
	}
}

// directed gives the description with other directions of its sections: hold, which goes for all of them, and as
// far as that lets them pass those of the pictures.
func directed(description Description, hold, pictures Direction) Description {
	changed := Description{Media: append([]MediaDescription(nil), description.Media...)}
	for i := range changed.Media {
		changed.Media[i].Direction = hold
		if changed.Media[i].Kind == transcode.Video {
			changed.Media[i].Direction = hold.And(pictures)
		}
	}
	return changed
}
