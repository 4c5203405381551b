package sipua

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/transcode"
)

// offerPatience is how long the other leg may take to answer an offer that has to cross.
const offerPatience = 10 * time.Second

// offerState is the offer/answer state of a running dialog (RFC 3264, RFC 6337): at most one offer is under way in
// either direction, and only the newest of ours waits.
type offerState struct {
	// in is the party's re-INVITE or UPDATE whose offer waits for the call.
	in *transaction.Server
	// offered is what that offer said.
	offered bridge.Description
	// out is our offer under way, waiting is the next one.
	out, waiting *proposal
	// unanswered: our offer went out in a 200, the ACK brings the answer. answerInACK: the reverse.
	unanswered, answerInACK bool
	// sentDirection is the direction in the last SDP that we sent.
	sentDirection bridge.Direction
}

func (o *offerState) busy() bool {
	return o.in != nil || o.out != nil || o.unanswered || o.answerInACK
}

// receiveOffer takes the offer of a re-INVITE, UPDATE or PRACK. What only holds, resumes, refreshes or
// restarts ICE is answered here and now and never crosses.
func (l *leg) receiveOffer(transaction *transaction.Server, body []byte) {
	if l.offers.busy() {
		l.refuseGlare(transaction)
		return
	}
	offer, err := l.media.SetOffer(body)
	if err != nil {
		l.media.Rollback()
		transaction.Send(message.Refusal(transaction.Request, message.CauseOfMediaError(err), 488))
		return
	}
	l.offers.in, l.offers.offered = transaction, offer
	answer, same := l.sameAnswer(offer)
	l.pictures = picturesIn(offer)
	if same {
		before := l.agreed
		l.accept(answer)
		l.tellIfChanged(before, directionOf(offer))
		return
	}
	l.emit(bridge.Offered{Offer: offer})
	l.after(offerPatience, func() {
		if l.offers.in == transaction {
			l.refuse(bridge.Cause{Status: 488, Text: message.Phrase(488)})
		}
	})
}

// refuseGlare answers an offer that crosses one already under way: 491 against ours, 500 with a random wait
// against the party's own (RFC 3261 section 14.2).
func (l *leg) refuseGlare(transaction *transaction.Server) {
	if l.offers.in != nil {
		transaction.Respond(500, "Offer already pending", sip.NewHeader("Retry-After", "2"))
		return
	}
	transaction.Respond(491, "")
}

// sameAnswer answers an offer in which the agreed codecs are still there: those again, sections that were refused
// refused, the direction mirrored. It reports false for one that the call has to see.
func (l *leg) sameAnswer(offer bridge.Description) (bridge.Description, bool) {
	answer := bridge.Description{}
	for _, section := range offer.Media {
		reply := bridge.MediaDescription{Kind: section.Kind}
		agreed, ok := l.agreed.First(section.Kind)
		if _, answered := answer.First(section.Kind); ok && !answered && !section.Refused() {
			reply.Formats = keep(section.Formats, agreed.Formats)
			reply.Direction = l.wanted.And(section.Direction.Mirror())
			reply.PacketTime = section.PacketTime
		}
		answer.Media = append(answer.Media, reply)
	}
	return answer, sameKinds(answer, l.agreed) && l.nothingAdded(offer)
}

// sameKinds tells whether two descriptions have something of the same kinds, and of one at least.
func sameKinds(a, b bridge.Description) bool {
	for _, kind := range transcode.Kinds() {
		_, inA := a.First(kind)
		_, inB := b.First(kind)
		if inA != inB {
			return false
		}
	}
	_, used := a.Leading()
	return used
}

// tellIfChanged lets the call plug its pipes anew when what it did not ask for has changed the codec or its
// payload type. direction is what the party does.
func (l *leg) tellIfChanged(before bridge.Description, direction bridge.Direction) {
	if sameMedia(before, l.agreed) {
		return
	}
	l.emit(bridge.Accepted{Answer: l.agreedIn(direction)})
}

// agreedIn is what is agreed with the party, when it does this with its sound, and with its pictures what it said last.
func (l *leg) agreedIn(direction bridge.Direction) bridge.Description {
	description := withDirection(l.agreed, direction)
	for i := range description.Media {
		if description.Media[i].Kind == transcode.Video {
			description.Media[i].Direction = l.pictures.direction
		}
	}
	return description
}

// sameMedia tells whether two descriptions agree on the same sound and pictures.
func sameMedia(a, b bridge.Description) bool {
	return sameKinds(a, b) && inUse(a).SameMedia(inUse(b))
}

// inUse is the description without sections that are refused, sound first.
func inUse(description bridge.Description) bridge.Description {
	used := bridge.Description{}
	for _, kind := range transcode.Kinds() {
		if media, ok := description.First(kind); ok {
			used.Media = append(used.Media, media)
		}
	}
	return used
}

// keep gives those formats that are still there of those agreed on, the one that we send and others in which the party
// may; none without the first.
func keep(formats []transcode.Format, agreed []transcode.Format) []transcode.Format {
	var kept []transcode.Format
	for i, wanted := range agreed {
		at := slices.IndexFunc(formats, func(format transcode.Format) bool { return format.Fits(wanted) })
		switch {
		case at >= 0 && (i == 0 || transcode.ReceiveOnly(wanted.Codec)):
			kept = append(kept, formats[at])
		case i == 0:
			return nil
		}
	}
	return kept
}

// accept answers the party's offer under way.
func (l *leg) accept(answer bridge.Description) {
	if l.offers.answerInACK {
		l.acceptInACK(answer)
		return
	}
	transaction, offered := l.offers.in, l.offers.offered
	if transaction == nil {
		return
	}
	l.offers.in = nil
	body, err := l.makeAnswer(answer)
	if err != nil {
		l.media.Rollback()
		transaction.Send(message.Refusal(transaction.Request, message.CauseOfMediaError(err), 488))
		l.emit(bridge.Accepted{Answer: l.agreedIn(l.told.direction)}) // the old media stand
		l.proposeNext()
		return
	}
	l.respondWithSDP(transaction, body)
	l.partyDirectionIs(directionOf(offered))
	l.proposeNext()
}

func (l *leg) acceptInACK(answer bridge.Description) {
	l.offers.answerInACK = false
	body, err := l.makeAnswer(answer)
	l.calling.ackBody = body
	l.acknowledge(l.dialog, l.calling.answered, body)
	if err != nil {
		l.fail(message.CauseOfMediaError(err))
		return
	}
	l.proposeNext()
}

// respondWithSDP sends the 200 to a re-INVITE, UPDATE or PRACK; to a re-INVITE it is repeated until the ACK.
func (l *leg) respondWithSDP(transaction *transaction.Server, body []byte) {
	response := message.NewResponse(transaction.Request, 200, "")
	l.addContact(response)
	l.agent.addCapabilities(response)
	if transaction.Request.Method != sip.PRACK {
		l.agreeSession(transaction.Request, response)
	}
	content.SetSDP(response, body)
	transaction.Send(response)
	if transaction.Request.IsInvite() {
		l.repeatUntilACK(transaction, response, l.reinviteUnacknowledged)
	}
}

// reinviteUnacknowledged takes it that no ACK came to our 200. A phone is gone then; a browser may just have lost
// its connection, and its media decide.
func (l *leg) reinviteUnacknowledged() {
	if !comesBack(l.flow) {
		l.fail(bridge.Cause{Status: 408, Text: "No ACK"})
		return
	}
	if l.offers.unanswered {
		l.offers.unanswered = false
		l.media.Rollback()
	}
	l.proposeNext()
}

// refuse declines the party's offer.
func (l *leg) refuse(cause bridge.Cause) {
	if l.offers.in == nil {
		return
	}
	l.offers.in.Send(message.Refusal(l.offers.in.Request, cause, 488))
	l.offers.in = nil
	l.media.Rollback()
	l.proposeNext()
}

// toldDirection is what the call last heard the party does. It is not known while the party has only answered
// an offer of ours: what it then does may follow from ours.
type toldDirection struct {
	direction bridge.Direction
	known     bool
}

// partyDirectionIs tells the call when the party held or resumed.
func (l *leg) partyDirectionIs(direction bridge.Direction) {
	told := toldDirection{direction: direction, known: true}
	if told == l.told {
		return
	}
	l.told = told
	l.emit(bridge.DirectionChanged{Direction: direction})
}

// directionOf gives the direction that a description says for all its sections: inactive if there are none.
func directionOf(description bridge.Description) bridge.Direction {
	leading, ok := description.Leading()
	if !ok {
		return bridge.Inactive
	}
	return leading.Direction
}

// withDirection is a description with the direction of its sections replaced.
func withDirection(description bridge.Description, direction bridge.Direction) bridge.Description {
	changed := bridge.Description{Media: make([]bridge.MediaDescription, len(description.Media))}
	copy(changed.Media, description.Media)
	for i := range changed.Media {
		changed.Media[i].Direction = direction
	}
	return changed
}

// offerCanceled takes the CANCEL of a re-INVITE whose offer the call has not answered yet: the old media stand.
func (l *leg) offerCanceled(reinvite *sip.Request) {
	if l.offers.in == nil || l.offers.in.Request != reinvite {
		return
	}
	l.offers.in.Respond(487, "")
	l.offers.in = nil
	l.media.Rollback()
	l.emit(bridge.Accepted{Answer: l.agreedIn(l.told.direction)})
	l.proposeNext()
}
