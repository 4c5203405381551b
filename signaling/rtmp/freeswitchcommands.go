package rtmp

import (
	"strings"
	"time"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/transcode/dtmf"
)

// mostKeys is how many keys one sendDTMF may press.
const mostKeys = 32

// command does what the client asks for. It is answered when it is done, or has failed.
func (f *freeswitch) command(asked command) {
	if asked.name == "makeCall" || asked.name == "FCSubscribe" {
		f.makeCall(asked)
		return
	}
	f.conn.mu.Lock()
	defer f.conn.mu.Unlock()
	switch asked.name {
	case "transfer":
		f.transfer(asked)
		return
	case "join":
		f.join(asked)
		return
	case "sendevent":
		f.sendEvent(asked)
		return
	}
	if err := f.do(asked); err != nil {
		f.fail(asked, err)
		return
	}
	f.conn.result(asked)
}

func (f *freeswitch) do(asked command) error {
	switch asked.name {
	case "login":
		return f.login(asked)
	case "logout":
		return f.logout(asked)
	case "register":
		return f.register(asked)
	case "unregister":
		return f.unregister(asked)
	case "answer":
		return f.answer(asked)
	case "hangup":
		return f.hangup(asked)
	case "attach":
		f.attach(f.conn.calls[asked.text(0)])
		return nil
	case "sendDTMF":
		return f.sendDTMF(asked)
	case "receiveAudio":
		f.conn.deaf.Store(!asked.flag(0))
		return nil
	case "receiveVideo":
		f.looks = asked.flag(0)
		return nil
	case "log":
		f.conn.server.options.Logger.Debug("flash phone says", "user", f.conn.user, "text", clean(asked.text(0)))
		return nil
	case "three_way":
		return f.threeWay(asked)
	case "initStream", "FCUnsubscribe", "releaseStream", "FCPublish", "FCUnpublish", "_checkbw": // nothing to do for them
		return nil
	default:
		return errNotSupported
	}
}

// makeCall places a call, and makes it the one that is heard.
func (f *freeswitch) makeCall(asked command) {
	f.conn.mu.Lock()
	placed, err := f.place(asked)
	if err != nil {
		f.fail(asked, err)
		f.say("onHangup", "", "CALL_REJECTED")
	}
	f.conn.mu.Unlock()
	if err == nil {
		f.conn.server.options.Accept(*placed) // without mu: it may hang up at once
	}
}

func (f *freeswitch) place(asked command) (*callerLeg, error) {
	_, domain, _ := strings.Cut(f.conn.user, "@")
	number := asked.text(0)
	to, ok := parseAddress(number, domain)
	switch {
	case f.conn.user == "" || !f.isUser(asked.text(1)):
		return nil, errNotLoggedIn
	case !ok:
		return nil, errArguments
	case len(f.conn.calls) >= maxPhoneCalls:
		return nil, errTooManyCalls
	}
	if asked.name == "FCSubscribe" {
		f.looks = true
		f.conn.deaf.Store(false)
	}
	f.looks = f.looks || wantsVideo(asked.dictionary(2))
	placed := f.conn.newCall(to, f.wish())
	f.conn.tell(0, "onMakeCall", asked.transaction, nil, placed.call, number, f.conn.user)
	f.attach(placed.leg)
	f.state(placed.leg, "DIALING")
	return placed, nil
}

// wantsVideo reads what makeCall is given along; pages write a word or a boolean.
func wantsVideo(variables amf.Object) bool {
	wanted := variables.Get("wantVideo")
	return wanted == "true" || wanted == true
}

// named gives the call that a command is about: the one that it names, or the one that is heard if it names none.
func (f *freeswitch) named(name string) (*leg, error) {
	if name == "" && f.conn.active != nil {
		return f.conn.active, nil
	}
	if l := f.conn.calls[name]; l != nil {
		return l, nil
	}
	return nil, errNoSuchCall
}

// answer answers a call: the one that it names, or the only one that rings.
func (f *freeswitch) answer(asked command) error {
	name, rings := asked.text(0), []*leg(nil)
	for _, l := range f.conn.calls {
		if l.state == stateRinging && !l.caller && (name == "" || name == l.call) {
			rings = append(rings, l)
		}
	}
	if len(rings) != 1 {
		return errNoSuchCall
	}
	l := rings[0]
	if _, ok := l.take(f.wish()); !ok {
		cause := notAcceptable()
		f.ended(l, cause)
		l.end(cause)
		return cause
	}
	f.attach(l)
	f.state(l, "ACTIVE")
	return nil
}

// hangup ends a call, or refuses it.
func (f *freeswitch) hangup(asked command) error {
	l, err := f.named(asked.text(0))
	if err != nil {
		return err
	}
	cause := l.goodbye()
	if l.state == stateRinging && !l.caller {
		cause = bridge.Cause{Status: 603, Text: "Decline"}
		if len(asked.args) > 1 {
			if status := statusOfHangup(asked.args[1]); status >= 400 {
				cause = bridge.Cause{Status: status}
			}
		}
	}
	f.ended(l, cause)
	l.end(cause)
	return nil
}

// threeWay lets the parties of two calls and the user hear each other. The first one is attached. A third call, or a
// second conference, is too much, as it was in FreeSWITCH.
func (f *freeswitch) threeWay(asked command) error {
	first, second := f.conn.calls[asked.text(0)], f.conn.calls[asked.text(1)]
	switch {
	case first == nil || second == nil:
		return errNoSuchCall
	case first == second:
		return errArguments
	case f.conn.conference != nil || first.state != stateAnswered || second.state != stateAnswered:
		return errState
	}
	if err := f.conn.confer(first, second); err != nil {
		return err
	}
	f.attach(first)
	return nil
}

// sendDTMF presses keys in the call that is heard, for as many milliseconds as it says.
func (f *freeswitch) sendDTMF(asked command) error {
	keys, held := asked.text(0), keyTime
	if length, ok := asked.number(1); ok && length > 0 {
		held = min(max(time.Duration(length)*time.Millisecond, shortestKey), longestKey)
	}
	switch {
	case keys == "" || len(keys) > mostKeys:
		return errArguments
	case f.conn.active == nil:
		return errNoSuchCall
	}
	for i := range len(keys) {
		if _, ok := dtmf.Event(keys[i]); !ok {
			return errArguments
		}
	}
	for i := range len(keys) {
		f.conn.active.emit(bridge.Pressed{Key: bridge.DTMF{Digit: keys[i], Duration: held}})
	}
	return nil
}

// What a key may last: what receivers notice, and what they have patience for.
const (
	shortestKey = 40 * time.Millisecond
	longestKey  = 5 * time.Second
)

// transfer connects the other party of a call to somebody else.
func (f *freeswitch) transfer(asked command) {
	_, domain, _ := strings.Cut(f.conn.user, "@")
	target, ok := parseAddress(asked.text(1), domain)
	if !ok {
		f.fail(asked, errArguments)
		return
	}
	f.refer(asked, bridge.Referral{Target: target.uri()})
}

// join connects the other parties of two calls to each other.
func (f *freeswitch) join(asked command) {
	other := f.conn.calls[asked.text(1)]
	if other == nil || asked.text(0) == asked.text(1) {
		f.fail(asked, errNoSuchCall)
		return
	}
	f.refer(asked, bridge.Referral{Target: other.other().URI, Replaces: &other.info.Dialog})
}

// refer asks for a transfer in the call that the first argument names. The command is answered when it is done.
func (f *freeswitch) refer(asked command, referral bridge.Referral) {
	l := f.conn.calls[asked.text(0)]
	switch {
	case l == nil:
		f.fail(asked, errNoSuchCall)
		return
	case l.state != stateAnswered || l.transferred != nil:
		f.fail(asked, errState)
		return
	}
	l.transferred = func(cause bridge.Cause) {
		if cause.Status >= 300 {
			f.fail(asked, cause)
			return
		}
		f.conn.result(asked)
		f.ended(l, bridge.Normal()) // the other party has somebody else
		l.end(bridge.Normal())
	}
	l.emit(bridge.TransferAsked{Referral: referral})
}
