package sipua

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
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
	ours  bool
	timer *time.Timer
}

// sessionExpires is the value of a Session-Expires header.
type sessionExpires struct {
	interval time.Duration
	// refresher is "uac", "uas" or empty.
	refresher string
}

// parseSessionExpires reads a message's Session-Expires. It gives nil if there is none, and false if it is malformed.
func parseSessionExpires(m message) (*sessionExpires, bool) {
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

// hasOption tells whether an option tag is listed in a header such as Supported.
func hasOption(m message, name, option string) bool {
	for _, header := range m.GetHeaders(name) {
		for listed := range strings.SplitSeq(header.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(listed), option) {
				return true
			}
		}
	}
	return false
}

// objectionToSession checks the session interval of an INVITE or UPDATE; 0 means that it will do. One that is too
// short is answered 422, if the party understands that (RFC 4028 section 9).
func objectionToSession(request *sip.Request) (int, []sip.Header) {
	expires, ok := parseSessionExpires(request)
	if !ok {
		return 400, nil
	}
	knowsTimers := hasOption(request, "Supported", "timer") || hasOption(request, "Require", "timer")
	if expires != nil && expires.interval < minSession && knowsTimers {
		return 422, []sip.Header{sip.NewHeader("Min-SE", strconv.Itoa(int(minSession/time.Second)))}
	}
	return 0, nil
}

// agreeSession answers the session interval of an INVITE or UPDATE in its 200. A timer begins to run only where the
// party requires one; else a refresh is just confirmed, since JsSIP refreshes whatever we answer.
func (l *leg) agreeSession(request *sip.Request, response *sip.Response) {
	expires, _ := parseSessionExpires(request)
	required := l.session.interval > 0 || hasOption(request, "Require", "timer")
	if expires == nil && required {
		expires = &sessionExpires{interval: max(defaultSession, l.session.interval)}
	}
	inDialog := request != l.firstRequest()
	if expires == nil || !required && (!inDialog || expires.refresher == "uas") {
		return
	}
	if expires.refresher != "uas" {
		expires.refresher = "uac"
	}
	response.AppendHeader(sip.NewHeader("Require", "timer"))
	response.AppendHeader(expires.header())
	if required {
		l.runSession(max(expires.interval, minSession), expires.refresher == "uas")
	}
}

// firstRequest is the INVITE that made an incoming leg; nil for a dialled one.
func (l *leg) firstRequest() *sip.Request {
	if l.invite == nil {
		return nil
	}
	return l.invite.request
}

// followSession does what the 200 to our INVITE says about the session interval.
func (l *leg) followSession(response *sip.Response) {
	expires, ok := parseSessionExpires(response)
	if !ok || expires == nil {
		return
	}
	l.runSession(max(expires.interval, minSession), expires.refresher != "uas")
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

// runSession begins the interval anew. A browser is not watched: its media decide how long it may be away.
func (l *leg) runSession(interval time.Duration, ours bool) {
	l.session.stop()
	l.session.interval, l.session.ours = interval, ours
	switch {
	case ours:
		l.session.timer = l.after(interval/2, l.refresh)
	case !comesBack(l.flow):
		l.session.timer = l.after(interval+min(sessionGrace, interval/3), func() {
			l.fail(bridge.Cause{Status: 408, Text: "Session expired"})
		})
	}
}

func (s *sessionTimer) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
