package sipua

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/trunk"
)

const (
	contentDTMFRelay = "application/dtmf-relay"
	contentDTMF      = "application/dtmf"
)

// defaultKeyDuration is the length of a key that is told without one.
const defaultKeyDuration = 100 * time.Millisecond

// maxKeyDuration bounds what a party may ask us to play.
const maxKeyDuration = 5 * time.Second

// parseInfoDTMF reads the body of an INFO: "Signal=1", "Duration=100" for dtmf-relay, a bare digit for dtmf.
func parseInfoDTMF(contentType string, body []byte) (bridge.DTMF, bool) {
	key := bridge.DTMF{Duration: defaultKeyDuration}
	signal := ""
	for line := range bytes.Lines(body) {
		name, value, found := strings.Cut(strings.TrimSpace(string(line)), "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case found && name == "signal":
			signal = value
		case found && name == "duration":
			if milliseconds, err := strconv.ParseUint(value, 10, 16); err == nil && milliseconds > 0 {
				key.Duration = infoDuration(time.Duration(milliseconds) * time.Millisecond)
			}
		case !found && contentType == contentDTMF && signal == "":
			signal = name
		}
	}
	digit, ok := digitOfSignal(signal)
	key.Digit = digit
	return key, ok
}

// infoDuration reads the length of a key told by INFO. SIP.js writes 2000 ms whatever the user did, so that
// value says nothing.
func infoDuration(told time.Duration) time.Duration {
	const sipjsConstant = 2 * time.Second
	if told == sipjsConstant {
		return defaultKeyDuration
	}
	return min(told, maxKeyDuration)
}

// digitOfSignal reads a signal: the key itself, or its event number (RFC 4733 section 3.2) as some phones write it.
func digitOfSignal(signal string) (byte, bool) {
	signal = strings.ToUpper(signal)
	if len(signal) == 1 && isKey(signal[0]) {
		return signal[0], true
	}
	switch signal {
	case "10":
		return '*', true
	case "11":
		return '#', true
	case "12", "13", "14", "15":
		return 'A' + signal[1] - '2', true
	default:
		return 0, false
	}
}

func isKey(digit byte) bool { return strings.IndexByte("0123456789*#ABCD", digit) >= 0 }

// sendDTMF sends a key in the way that the party's trunk wants, else in the way agreed with the party. Early media get
// keys, too: who speaks there may ask for them.
func (l *leg) sendDTMF(key bridge.DTMF) {
	in := l.heardIn()
	if in == nil {
		return
	}
	way := trunk.DTMFAuto
	if l.trunk != nil {
		way = l.trunk.DTMF()
	}
	byRTP := way == trunk.DTMFAuto || way == trunk.DTMFEvents || way == trunk.DTMFInband
	if byRTP && l.media.SendDTMF(key) {
		return
	}
	switch way {
	case trunk.DTMFEvents, trunk.DTMFInband:
		l.log.Info("key not sent: the trunk takes none that way", "trunk", l.trunk.Name(), "way", way)
	case trunk.DTMFInfo:
		l.sendInfo(in, contentDTMF, []byte{key.Digit}, nil)
	default:
		signal := fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", key.Digit, key.Duration.Milliseconds())
		l.sendInfo(in, contentDTMFRelay, signal, nil)
	}
}

// heardIn gives the dialog of the party that hears us: the one that is up, or the early one whose media are in use; nil
// if nobody does.
func (l *leg) heardIn() *dialog.Dialog {
	switch {
	case l.state == stateConfirmed || l.state == stateAnswered:
		return l.dialog
	case l.state == stateSetup && !l.incoming && l.calling.heard != nil:
		return l.calling.heard.dialog
	default:
		return nil
	}
}

// sendInfo sends an INFO in a dialog, which may be an early one (RFC 6086 section 4.2); the handler gets what becomes
// of it, if that matters.
func (l *leg) sendInfo(in *dialog.Dialog, contentType string, body []byte, handler transaction.Handler) {
	info := in.Request(sip.INFO)
	info.AppendHeader(sip.NewHeader("Content-Type", contentType))
	info.SetBody(body)
	if _, err := l.sendIn(in, info, handler); err != nil {
		l.log.Debug("INFO not sent", "error", err)
		if handler != nil {
			handler(nil, err)
		}
	}
}
