package sipua

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// sendRefer asks the party to call the target by itself (RFC 3515).
func (l *leg) sendRefer(referral bridge.Referral) {
	if l.state != stateConfirmed {
		l.emit(bridge.Referred{Cause: bridge.Cause{Status: 491, Text: message.Phrase(491)}})
		return
	}
	refer := l.dialog.Request(sip.REFER)
	refer.AppendHeader(sip.NewHeader("Refer-To", "<"+referral.Target+">"))
	if referral.ReferredBy != "" {
		refer.AppendHeader(sip.NewHeader("Referred-By", referral.ReferredBy))
	}
	l.referring = true
	_, err := l.send(refer, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			l.referralEnds(message.CauseOfError(err))
		case response.IsProvisional(), !l.referring:
		case response.IsSuccess():
			l.emit(bridge.Referred{Cause: bridge.Cause{Status: 100, Text: message.Phrase(100)}})
		default:
			l.referralEnds(l.causeOfResponse(response))
		}
	})
	if err != nil {
		l.referralEnds(message.CauseOfError(err))
	}
}

// referralEnds tells, once, what became of our REFER.
func (l *leg) referralEnds(cause bridge.Cause) {
	if l.referring {
		l.referring = false
		l.emit(bridge.Referred{Cause: cause})
	}
}

// noticeOfRefer takes a NOTIFY about our REFER. What counts is the status in it: SIP.js calls every one the last.
func (l *leg) noticeOfRefer(transaction *transaction.Server) {
	request := transaction.Request
	name := ""
	if event := request.GetHeader("Event"); event != nil {
		name, _, _ = strings.Cut(event.Value(), ";")
	}
	if !l.referring || !strings.EqualFold(strings.TrimSpace(name), "refer") {
		transaction.Respond(481, "No Such Subscription")
		return
	}
	cause, ok := parseSipfrag(request.Body())
	if !ok || message.ContentType(request) != "message/sipfrag" {
		transaction.Respond(400, "Bad Fragment")
		return
	}
	transaction.Respond(200, "")
	if cause.Status < 200 {
		l.emit(bridge.Referred{Cause: cause})
		return
	}
	l.referralEnds(cause)
}

// parseSipfrag reads the status line of a message fragment (RFC 3420).
func parseSipfrag(body []byte) (bridge.Cause, bool) {
	line, _, _ := strings.Cut(string(body), "\n")
	status, isStatus := strings.CutPrefix(strings.TrimSpace(line), "SIP/2.0 ")
	digits, text, _ := strings.Cut(status, " ")
	number, err := strconv.Atoi(digits)
	if !isStatus || err != nil || number < 100 || number > 699 {
		return bridge.Cause{}, false
	}
	return bridge.Cause{Status: number, Text: text}, true
}

// describeAllow notes whether the party says that it takes REFER, and what it says about being told of others.
func (l *leg) describeAllow(said message.Message) {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	l.info.Refers = message.HasOption(said, "Allow", string(sip.REFER))
	l.introductions.learn(said)
}
