package sipua

import (
	"sipbridge/bridge"
)

// This file is the leg as its call sees it: bridge.Incoming. Each command goes into the mailbox and is done by run.

// Events is what the leg tells its call.
func (l *leg) Events() <-chan bridge.Event { return l.events }

// Media is the leg's sound; before a dialled leg has found its party it takes and gives nothing.
func (l *leg) Media() bridge.Media {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	return l.media
}

// Request is what an incoming party asked for.
func (l *leg) Request() bridge.Request { return l.asked }

// Ring tells the caller that the callee rings.
func (l *leg) Ring(early *bridge.Description) { l.mailbox.post(func() { l.ring(early) }) }

// Mention gives headers for the next response to the caller.
func (l *leg) Mention(headers []bridge.Header) { l.mailbox.post(func() { l.mentioned = headers }) }

// Answer accepts the call.
func (l *leg) Answer(answer bridge.Description) { l.mailbox.post(func() { l.answer(answer) }) }

// Offer offers new media by re-INVITE.
func (l *leg) Offer(offer bridge.Description) {
	l.mailbox.post(func() { l.propose(proposal{description: offer, tell: true}) })
}

// Accept answers what the party offered, or the offer in the 200 to our INVITE without one.
func (l *leg) Accept(answer bridge.Description) { l.mailbox.post(func() { l.accept(answer) }) }

// Refuse declines what the party offered.
func (l *leg) Refuse(cause bridge.Cause) { l.mailbox.post(func() { l.refuse(cause) }) }

// SetDirection holds or resumes.
func (l *leg) SetDirection(direction bridge.Direction) {
	l.mailbox.post(func() { l.setDirection(direction) })
}

// SendDTMF sends a key as telephone-event, or by INFO to a party that takes none.
func (l *leg) SendDTMF(key bridge.DTMF) { l.mailbox.post(func() { l.sendDTMF(key) }) }

// Tell brings the party what the other one says.
func (l *leg) Tell(message bridge.Message, done func(bridge.Cause)) {
	if !l.mailbox.post(func() { l.tell(message, done) }) {
		done(bridge.Cause{Status: 481})
	}
}

// LimitPictures asks the party to send no more of pictures, by RTCP.
func (l *leg) LimitPictures(bitrate uint64) {
	l.mailbox.post(func() { l.media.LimitPictures(bitrate) })
}

// AskKeyframe asks the party for a full picture.
func (l *leg) AskKeyframe() { l.mailbox.post(l.askKeyframe) }

// Refer asks the party to call somebody else.
func (l *leg) Refer(referral bridge.Referral) { l.mailbox.post(func() { l.sendRefer(referral) }) }

// TransferProgress tells a party that asked for a transfer how it goes.
func (l *leg) TransferProgress(cause bridge.Cause) {
	l.mailbox.post(func() { l.transferProgress(cause) })
}

// Hangup ends the leg.
func (l *leg) Hangup(cause bridge.Cause) { l.mailbox.post(func() { l.hangup(cause) }) }
