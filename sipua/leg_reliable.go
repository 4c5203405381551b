package sipua

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// reliableProvisionals sends the provisional responses of an incoming leg so that its caller acknowledges each by a
// PRACK before the next one goes (RFC 3262 section 3). It belongs to the leg's goroutine.
type reliableProvisionals struct {
	// required: the caller takes no others. supported: it would.
	required, supported bool
	// sequence is the RSeq of the last one.
	sequence uint32
	// open waits for its PRACK, and resend repeats it until then; waiting are those that go after it.
	open    *sip.Response
	resend  *resender
	waiting []*sip.Response
	// settled: the offer of the INVITE, or ours in a response, has its answer.
	settled bool
	// held sends the 200, which must not overtake SDP that was not acknowledged yet.
	held func()
}

// reliability reads from an INVITE how its provisional responses are to go.
func (a *Agent) reliability(invite *sip.Request) reliableProvisionals {
	if !a.options.ReliableProvisionals {
		return reliableProvisionals{}
	}
	return reliableProvisionals{
		required:  message.HasOption(invite, "Require", option100rel),
		supported: message.HasOption(invite, "Supported", option100rel),
	}
}

// takes tells whether a response goes reliably: as the caller requires; else only early media, where a lost one would
// be missed.
func (r *reliableProvisionals) takes(response *sip.Response, datagrams bool) bool {
	return r.required || r.supported && datagrams && len(response.Body()) > 0
}

func (l *leg) provisional(status int, body []byte) {
	response := message.NewResponse(l.invite.Request, status, "")
	l.addContact(response)
	l.addMentioned(response)
	content.SetSDP(response, body)
	if !l.reliable.takes(response, l.flow.Done() == nil) {
		l.invite.Send(response)
		return
	}
	response.AppendHeader(sip.NewHeader("Allow", allowedMethods)) // it may be followed by an UPDATE
	l.reliable.waiting = append(l.reliable.waiting, response)
	l.nextProvisional()
}

// nextProvisional sends the next reliable provisional response, if it is its turn.
func (l *leg) nextProvisional() {
	r := &l.reliable
	if r.open != nil || len(r.waiting) == 0 || l.state != stateSetup {
		return
	}
	r.open, r.waiting = r.waiting[0], r.waiting[1:]
	if r.sequence == 0 {
		r.sequence = rand.Uint32N(1 << 30) // leaves room below 2**31 (RFC 3262 section 3)
	}
	r.sequence++
	r.open.AppendHeader(sip.NewHeader("Require", option100rel))
	r.open.AppendHeader(sip.NewHeader("RSeq", strconv.FormatUint(uint64(r.sequence), 10)))
	l.invite.Send(r.open)
	r.resend = newResender(transaction.Timeout, l.after, func() { l.invite.Send(r.open.Clone()) }, func() {
		l.end(bridge.Cause{Status: 504, Text: "No PRACK"})
	})
}

// holdAnswer keeps the 200 back while SDP before it was not acknowledged. It reports false if there is none. What else
// still waits is not sent any more.
func (l *leg) holdAnswer(answer func()) bool {
	r := &l.reliable
	r.waiting = nil
	if r.open != nil && len(r.open.Body()) > 0 {
		r.held = answer
		return true
	}
	r.resend.stop()
	return false
}

// prack takes the acknowledgement of a provisional response. It may bring another offer, or the answer to ours.
func (l *leg) prack(transaction *transaction.Server) {
	open := l.reliable.open
	if open == nil || !l.reliable.acknowledgedBy(transaction.Request) {
		transaction.Respond(481, "")
		return
	}
	if status, headers := objectionToBody(transaction.Request); status != 0 {
		transaction.Respond(status, "", headers...)
		return
	}
	l.reliable.open = nil
	l.reliable.resend.stop()
	told := len(open.Body()) > 0
	switch {
	case told && l.asked.Offer == nil:
		transaction.Respond(200, "")
		l.answerInPRACK(content.SDPIn(transaction.Request))
	default:
		l.reliable.settled = l.reliable.settled || told
		l.offerInPRACK(transaction)
	}
	l.nextProvisional()
	if held := l.reliable.held; held != nil {
		l.reliable.held = nil
		held()
	}
}

// acknowledgedBy tells whether a PRACK is that of the open response (RFC 3262 section 7.2).
func (r *reliableProvisionals) acknowledgedBy(prack *sip.Request) bool {
	header := prack.GetHeader("RAck")
	if header == nil {
		return false
	}
	cseq := r.open.CSeq()
	want := []string{
		strconv.FormatUint(uint64(r.sequence), 10), strconv.FormatUint(uint64(cseq.SeqNo), 10), string(cseq.MethodName),
	}
	return slices.Equal(strings.Fields(header.Value()), want)
}

func (l *leg) offerInPRACK(transaction *transaction.Server) {
	switch body := content.SDPIn(transaction.Request); {
	case len(body) == 0:
		transaction.Respond(200, "")
	case !l.reliable.settled:
		l.tooEarly(transaction)
	default:
		l.receiveOffer(transaction, body)
	}
}

// answerInPRACK takes the answer to the offer that a provisional response made, after an INVITE without one.
func (l *leg) answerInPRACK(body []byte) {
	agreed, err := l.media.SetAnswer(bytes.Clone(body))
	if err != nil {
		l.end(message.CauseOfMediaError(err))
		return
	}
	l.reliable.settled = true
	l.agreed = agreed
	l.emit(bridge.Accepted{Answer: agreed})
}
