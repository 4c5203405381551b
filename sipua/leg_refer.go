package sipua

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// referExpires is how long the subscription that a REFER makes lasts, in seconds: longer than anybody rings.
const referExpires = 300

// subscription is what the party's REFER makes (RFC 3515 section 2.4.4): it hears how the call to the target goes,
// unless it wants no reports. Its leg's goroutine owns it.
type subscription struct {
	refer *transaction.Server
	// accepted tells that the REFER has its answer.
	accepted, silent bool
	// told is the newest progress.
	told bridge.Cause
	// ended tells that it unsubscribed.
	ended bool
	// outlives tells that the party has hung up, which ends no subscription (RFC 5057 section 4.1).
	outlives bool
	// sending tells that a NOTIFY waits for its answer, behind that it does not say what was told last. One goes at a
	// time, so that none is overtaken.
	sending, behind bool
}

// refer takes a transfer; the call decides.
func (l *leg) refer(transaction *transaction.Server) {
	if l.state != stateConfirmed {
		l.tooEarly(transaction)
		return
	}
	if l.referral != nil {
		transaction.Respond(491, "")
		return
	}
	referral, err := l.agent.referralOf(transaction.Request, l.Info())
	if err != nil {
		transaction.Send(message.Refusal(transaction.Request, message.CauseOfError(err), 400))
		return
	}
	l.referral = &subscription{refer: transaction, silent: referral.Silent}
	l.emit(bridge.TransferAsked{Referral: referral})
}

// transferProgress answers the party's REFER and tells how far it came.
func (l *leg) transferProgress(cause bridge.Cause) {
	s := l.referral
	if s == nil || l.state == stateOver && !s.outlives {
		return
	}
	if !s.accepted && cause.Status >= 300 {
		s.refer.Send(message.Refusal(s.refer.Request, cause, 603))
		l.referral = nil
		return
	}
	if !s.accepted {
		l.acceptReferral(s)
	}
	s.told, s.behind = cause, true
	l.notify(s)
	if s.silent && cause.Status >= 200 {
		l.referral = nil
	}
}

// acceptReferral answers the REFER: 202, or 200 where no reports follow (RFC 4488 section 4).
func (l *leg) acceptReferral(s *subscription) {
	s.accepted = true
	status := 202
	if s.silent {
		status = 200
	}
	response := message.NewResponse(s.refer.Request, status, "")
	l.addContact(response)
	if s.silent {
		response.AppendHeader(sip.NewHeader("Refer-Sub", "false"))
	}
	s.refer.Send(response)
}

// notify sends what the party has not been told yet, when it has answered what it was told before.
func (l *leg) notify(s *subscription) {
	if s.silent || s.sending || !s.behind || l.state == stateOver && !s.outlives {
		return
	}
	s.behind, s.sending, s.silent = false, true, s.ended
	last := s.told.Status >= 200
	if last && l.referral == s {
		l.referral = nil
	}
	_, err := l.send(l.notification(s, last), func(response *sip.Response, err error) {
		if err == nil && response.IsProvisional() {
			return
		}
		s.sending = false
		if err != nil || !response.IsSuccess() {
			l.unheard(s, err == nil)
		}
		l.notify(s)
	})
	if err != nil {
		s.sending = false
		l.unheard(s, false)
		l.log.Debug("NOTIFY not sent", "error", err)
	}
}

// unheard takes it that the party did not take a NOTIFY. If it refused it does not want to know (RFC 6665 section
// 4.2.2); one that has hung up is not told any more in either case.
func (l *leg) unheard(s *subscription, refused bool) {
	s.silent = s.silent || refused || s.outlives
	if s.outlives && l.referral == s {
		l.referral = nil
	}
}

// referralOutlives lets a party that hangs up while its transfer goes on hear what becomes of that. Many phones do so
// as soon as they have their 202.
func (l *leg) referralOutlives() {
	if s := l.referral; s != nil && s.accepted && !s.silent && !s.ended {
		s.outlives = true
	}
}

// lastWords tells how a transfer ended before the dialog does, though a report before that has no answer yet.
func (l *leg) lastWords() {
	if s := l.referral; s != nil && s.behind {
		s.sending = false
		l.notify(s)
	}
}

// notification is a NOTIFY of what was told. Its id is always there, though only a second REFER needs one.
func (l *leg) notification(s *subscription, last bool) *sip.Request {
	notify := l.dialog.Request(sip.NOTIFY)
	notify.AppendHeader(sip.NewHeader("Event", "refer;id="+s.id()))
	state := "active;expires=" + strconv.Itoa(referExpires)
	switch {
	case last:
		state = "terminated;reason=noresource"
	case s.ended:
		state = "terminated;reason=timeout"
	}
	notify.AppendHeader(sip.NewHeader("Subscription-State", state))
	notify.AppendHeader(sip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	notify.SetBody(sipfrag(s.told))
	return notify
}

// id names the subscription: the sequence number of its REFER.
func (s *subscription) id() string {
	return strconv.FormatUint(uint64(s.refer.Request.CSeq().SeqNo), 10)
}

// subscribe takes a SUBSCRIBE inside the dialog: the party refreshes or ends the reports of its REFER.
func (l *leg) subscribe(transaction *transaction.Server) {
	request := transaction.Request
	name, params := "", ""
	if event := request.GetHeader("Event"); event != nil {
		name, params, _ = strings.Cut(event.Value(), ";")
	}
	s := l.referral
	switch {
	case !strings.EqualFold(strings.TrimSpace(name), "refer"):
		transaction.Respond(489, "", sip.NewHeader("Allow-Events", "refer"))
		return
	case s == nil, !s.accepted, s.silent, params != "" && strings.ReplaceAll(params, " ", "") != "id="+s.id():
		transaction.Respond(481, "No Such Subscription")
		return
	}
	expires := referExpires
	if header := request.GetHeader("Expires"); header != nil && strings.TrimSpace(header.Value()) == "0" {
		expires = 0
	}
	response := message.NewResponse(request, 200, "")
	l.addContact(response)
	response.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(expires)))
	transaction.Send(response)
	s.behind, s.ended = true, expires == 0
	l.notify(s)
}
