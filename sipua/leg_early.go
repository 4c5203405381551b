package sipua

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
)

// option100rel is the option tag of reliable provisional responses (RFC 3262 section 8.1).
const option100rel = "100rel"

// progress takes a 1xx.
func (l *leg) progress(response *sip.Response) {
	if l.calling.canceled != nil {
		if !l.calling.provisional {
			l.calling.provisional = true
			l.sendCancel(l.calling.transaction, *l.calling.canceled)
		}
		return
	}
	l.calling.provisional = true
	if response.StatusCode == sip.StatusTrying || l.state != stateSetup {
		return
	}
	early := l.forkOf(response)
	if early == nil || !l.takeReliable(early, response) {
		return
	}
	if response.StatusCode == statusEarlyDialogTerminated {
		l.forkEnded(message.Tag(response), early)
		return
	}
	early.dialog.Refresh(response)
	l.lookUpHop(early.dialog)
	l.describeEarly(message.Tag(response))
	if agreed := l.earlyAnswer(early, response); agreed != nil && l.playsEarly(response) {
		l.emit(bridge.Ringing{Early: agreed, Headers: l.saidIn(response)})
		return
	}
	l.emit(bridge.Ringing{Headers: l.saidIn(response)})
}

// statusEarlyDialogTerminated tells that one branch of a forked INVITE has failed, while others ring (RFC 6228).
const statusEarlyDialogTerminated = 199

// forkEnded forgets an early dialog. If its early media were in use, those of another are heard instead.
func (l *leg) forkEnded(tag string, ended *fork) {
	l.sendHeld(ended.dialog)
	delete(l.calling.forks, tag)
	if l.calling.heard != ended {
		return
	}
	l.calling.heard = nil
	for _, other := range slices.Sorted(maps.Keys(l.calling.forks)) {
		left := l.calling.forks[other]
		agreed, err := l.media.SetAnswer(left.sdp)
		if len(left.sdp) > 0 && err == nil {
			l.calling.heard, l.agreed = left, agreed
			l.emit(bridge.Ringing{Early: &agreed})
			return
		}
	}
}

// describeEarly shows the newest early dialog, which somebody may want to pick up (RFC 3891 section 3).
func (l *leg) describeEarly(tag string) {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	l.info.Dialog.RemoteTag = tag
}

// playsEarly tells whether early media are meant to be heard. A server that we are configured to trust may say that
// they are not, by P-Early-Media (RFC 5009 section 8): what comes then is no announcement, and the caller's own
// ringing tone does better.
func (l *leg) playsEarly(response *sip.Response) bool {
	header := response.GetHeader("P-Early-Media")
	if header == nil || !l.trusted {
		return true
	}
	for word := range strings.SplitSeq(header.Value(), ",") {
		switch strings.ToLower(strings.TrimSpace(word)) {
		case "inactive", "recvonly": // as the network sees it: nothing comes from there
			return false
		}
	}
	return true
}

// takeReliable acknowledges a provisional response that was sent reliably. It reports false for one that is repeated,
// or comes before its turn and will be repeated (RFC 3262 section 4).
func (l *leg) takeReliable(early *fork, response *sip.Response) bool {
	if !message.HasOption(response, "Require", option100rel) {
		return true
	}
	sequence, ok := rseqOf(response)
	if !ok || early.sequence != 0 && sequence != early.sequence+1 {
		return false
	}
	early.sequence = sequence
	prack := early.dialog.Request(sip.PRACK)
	prack.AppendHeader(sip.NewHeader("RAck", strconv.FormatUint(uint64(sequence), 10)+" "+response.CSeq().Value()))
	if _, err := l.sendIn(early.dialog, prack, nil); err != nil {
		l.log.Debug("PRACK not sent", "error", err)
	}
	return true
}

// rseqOf reads an RSeq (RFC 3262 section 7.1).
func rseqOf(response *sip.Response) (uint32, bool) {
	header := response.GetHeader("RSeq")
	if header == nil {
		return 0, false
	}
	number, err := strconv.ParseUint(strings.TrimSpace(header.Value()), 10, 32)
	return uint32(number), err == nil && number > 0
}

// earlyAnswer applies the SDP of a provisional response. A repeated one is not news, nor is what follows an answer that
// came reliably (RFC 3261 section 13.2.1).
func (l *leg) earlyAnswer(early *fork, response *sip.Response) *bridge.Description {
	body := content.SDPIn(response)
	if len(body) == 0 || l.calling.offerless || early.settled || bytes.Equal(body, early.sdp) {
		return nil
	}
	agreed, err := l.media.SetAnswer(body)
	if err != nil {
		l.agent.complain("early media unusable", "leg", l.id, "error", err)
		return nil
	}
	early.sdp, early.settled = bytes.Clone(body), message.HasOption(response, "Require", option100rel)
	l.calling.heard = early
	l.agreed = agreed
	return &agreed
}

// answerOf applies what the fork that answered has agreed to: the SDP of its 200 unless it had answered reliably
// before, or that of its last provisional response.
func (l *leg) answerOf(winner *fork, response *sip.Response) error {
	body := content.SDPIn(response)
	if len(body) == 0 || winner.settled {
		body = winner.sdp
	}
	if len(body) == 0 {
		return bridge.Cause{Status: 488, Text: "Missing SDP"}
	}
	if l.calling.heard == winner && bytes.Equal(body, winner.sdp) {
		return nil
	}
	agreed, err := l.media.SetAnswer(body)
	if err != nil {
		return err
	}
	winner.sdp, l.agreed = bytes.Clone(body), agreed
	return nil
}
