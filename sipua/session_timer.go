package sipua

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

const (
	// minSession is the shortest session interval that we take (RFC 4028 section 5).
	minSession = 90 * time.Second
	// defaultSession holds where a party requires a session timer and names no interval.
	defaultSession = 30 * time.Minute
	// sessionGrace is how long after its time a refresh may come.
	sessionGrace = 32 * time.Second
)

// sessionTimer ends a call whose party is silently gone, by requests that have to come in time (RFC 4028). Its leg's
// goroutine owns it. Each leg has its own: a refresh never crosses.
type sessionTimer struct {
	// interval is 0 while no timer runs.
	interval time.Duration
	// ours tells that we have to refresh, by a re-INVITE, since SIP.js takes no UPDATE.
	ours bool
	// next is for our next refresh, expiry for the end of a session that nobody has refreshed.
	next, expiry *time.Timer
}

// sessionExpires is the value of a Session-Expires header.
type sessionExpires struct {
	interval time.Duration
	// refresher is "uac", "uas" or empty.
	refresher string
}

// parseSessionExpires reads a message's Session-Expires. It gives nil if there is none, and false if it is malformed.
func parseSessionExpires(m message.Message) (*sessionExpires, bool) {
	header := m.GetHeader("Session-Expires")
	if header == nil {
		return nil, true
	}
	seconds, params, _ := strings.Cut(header.Value(), ";")
	number, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	if err != nil {
		return nil, false
	}
	expires := &sessionExpires{interval: time.Duration(number) * time.Second}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.ToLower(param), "=")
		if strings.TrimSpace(name) == "refresher" {
			expires.refresher = strings.TrimSpace(value)
		}
	}
	return expires, true
}

func (s sessionExpires) header() sip.Header {
	return sip.NewHeader("Session-Expires", strconv.Itoa(int(s.interval/time.Second))+";refresher="+s.refresher)
}

// objectionToSession checks the session interval of an INVITE or UPDATE; 0 means that it will do. One that is too
// short is answered 422, if the party understands that (RFC 4028 section 9).
func objectionToSession(request *sip.Request) (int, []sip.Header) {
	expires, ok := parseSessionExpires(request)
	if !ok {
		return 400, nil
	}
	if expires != nil && expires.interval < minSession && knowsTimers(request) {
		return 422, []sip.Header{sip.NewHeader("Min-SE", strconv.Itoa(int(minSession/time.Second)))}
	}
	return 0, nil
}

// wantedSession is the interval that we want of a session with the party: of a phone only, since a browser's media tell
// that it is gone. 0 is none.
func (l *leg) wantedSession() time.Duration {
	if comesBack(l.flow) {
		return 0
	}
	return l.agent.options.Session
}

// askSession asks for a session timer in our first INVITE.
func (l *leg) askSession(invite *sip.Request) {
	interval := l.wantedSession()
	if interval == 0 {
		return
	}
	l.session.interval, l.session.ours = interval, true // until the party has chosen
	invite.AppendHeader(sip.NewHeader("Session-Expires", strconv.Itoa(int(interval/time.Second))))
}

// agreeSession answers the session interval of an INVITE or UPDATE in its 200. A timer begins to run only where we want
// one or the party requires it; else a refresh is just confirmed, since JsSIP refreshes whatever we answer.
func (l *leg) agreeSession(request *sip.Request, response *sip.Response) {
	expires, _ := parseSessionExpires(request)
	required := l.session.interval > 0 || l.wantedSession() > 0 || message.HasOption(request, "Require", "timer")
	if expires == nil && required {
		expires = &sessionExpires{interval: cmp.Or(l.session.interval, l.wantedSession(), defaultSession)}
	}
	inDialog := request != l.firstRequest()
	if expires == nil || !required && (!inDialog || expires.refresher == "uas") {
		return
	}
	if expires.refresher != "uac" && expires.refresher != "uas" {
		expires.refresher = l.refresherFor(request)
	}
	if knowsTimers(request) {
		response.AppendHeader(sip.NewHeader("Require", "timer"))
	}
	response.AppendHeader(expires.header())
	if required {
		l.runSession(expires.interval, expires.refresher == "uas")
	}
}

// refresherFor chooses who refreshes when a request does not say it: whoever did so before, else the party if it can
// (RFC 4028 section 9).
func (l *leg) refresherFor(request *sip.Request) string {
	if l.session.interval > 0 && l.session.ours || !knowsTimers(request) {
		return "uas"
	}
	return "uac"
}

func knowsTimers(request *sip.Request) bool {
	return message.HasOption(request, "Supported", "timer") || message.HasOption(request, "Require", "timer")
}

// firstRequest is the INVITE that made an incoming leg; nil for a dialled one.
func (l *leg) firstRequest() *sip.Request {
	if l.invite == nil {
		return nil
	}
	return l.invite.Request
}

// followSession does what the 200 to our INVITE says about the session interval. Where it says nothing, a refresh of
// ours was one all the same.
func (l *leg) followSession(response *sip.Response) {
	switch expires, ok := parseSessionExpires(response); {
	case ok && expires != nil:
		l.runSession(expires.interval, expires.refresher != "uas")
	case l.session.interval > 0 && l.session.ours:
		l.runSession(l.session.interval, true)
	}
}

// raiseSession takes the interval that the party asks for at least, in a 422 to our INVITE. It reports false if that
// is no longer than what we offered (RFC 4028 section 7.4).
func (l *leg) raiseSession(response *sip.Response) bool {
	header := response.GetHeader("Min-SE")
	if header == nil || l.session.interval == 0 {
		return false
	}
	seconds, _, _ := strings.Cut(header.Value(), ";")
	number, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	least := time.Duration(number) * time.Second
	if err != nil || least <= l.session.interval {
		return false
	}
	l.session.interval = least
	return true
}

// proposeSession tells the party, in a re-INVITE, who goes on refreshing.
func (l *leg) proposeSession(invite *sip.Request) {
	if l.session.interval == 0 {
		return
	}
	expires := sessionExpires{interval: l.session.interval, refresher: "uas"}
	if l.session.ours {
		expires.refresher = "uac"
	}
	invite.AppendHeader(expires.header())
}

// runSession begins the interval anew. One that is shorter than may be is kept to by us, since the party will, but the
// party itself is given what all have. A browser is not watched: its media decide how long it may be away.
func (l *leg) runSession(told time.Duration, ours bool) {
	interval := max(told, minSession)
	l.session.stop()
	l.session.interval, l.session.ours = interval, ours
	grace := min(sessionGrace, interval/3)
	if ours {
		l.session.next = l.after(max(told/2, transaction.T1), l.refresh)
		grace = -grace // a party that takes no refresh has not long to live (RFC 4028 section 10)
	}
	if !comesBack(l.flow) {
		l.session.expiry = l.after(interval+grace, func() {
			l.fail(bridge.Cause{Status: 408, Text: "Session expired"})
		})
	}
}

// refreshRefused tries again, while the session lasts, after a refusal that does not end it.
func (l *leg) refreshRefused() {
	if l.session.interval == 0 || !l.session.ours {
		return
	}
	if l.session.next != nil {
		l.session.next.Stop()
	}
	l.session.next = l.after(l.session.interval/16, l.refresh)
}

func (s *sessionTimer) stop() {
	for _, timer := range []*time.Timer{s.next, s.expiry} {
		if timer != nil {
			timer.Stop()
		}
	}
	s.next, s.expiry = nil, nil
}
