package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
)

// dislikesMedia tells whether a response says that the callee wants another offer.
func dislikesMedia(response *sip.Response) bool {
	return response.StatusCode == 415 || response.StatusCode == 488 || response.StatusCode == 606
}

// invitePlainly sends the INVITE again with an offer of media in clear, because nobody took one of protected media. It
// reports false if there is no other offer to make.
func (l *leg) invitePlainly() bool {
	refused := l.calling.transaction
	media, able := l.media.(interface{ FallBack() bool })
	if refused == nil || l.givenUp() || l.calling.offer == nil || !able || !media.FallBack() {
		return false
	}
	body, err := l.media.Offer(*l.calling.offer)
	if err != nil {
		return false
	}
	request, _ := refused.Sent()
	before, _ := content.Read(request) // we wrote it
	for _, name := range []string{"Content-Type", "MIME-Version"} {
		request.RemoveHeader(name)
	}
	l.setContent(request, body, before.Documents)
	return l.inviteAgain(refused)
}

// offerPlainly offers media in clear to a callee that has taken the call, but none of the protected media that it was
// offered: there is a dialog, so by a re-INVITE. The call is answered when that is. It reports false if there is no
// other offer to make.
func (l *leg) offerPlainly(answered *sip.Response, why error) bool {
	media, able := l.media.(interface{ FallBack() bool })
	if l.calling.offer == nil || !able || message.CauseOfMediaError(why).Status != 488 || !media.FallBack() {
		return false
	}
	l.session.Follow(answered)
	l.propose(proposal{description: *l.calling.offer, tell: true, answered: answered})
	return true
}

// answeredPlainly takes the answer to that offer.
func (l *leg) answeredPlainly(answered *sip.Response, agreed bridge.Description) {
	l.told = toldDirection{direction: directionOf(agreed), known: true}
	l.emit(bridge.Answered{Answer: agreed, Headers: l.saidIn(answered)})
}
