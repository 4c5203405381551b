package sessiontimer

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
)

// expires is the value of a Session-Expires header.
type expires struct {
	interval time.Duration
	// refresher is "uac", "uas" or empty.
	refresher string
}

// parse reads a message's Session-Expires. It gives nil if there is none, and false if it is malformed.
func parse(m message.Message) (*expires, bool) {
	header := m.GetHeader("Session-Expires")
	if header == nil {
		return nil, true
	}
	interval, params, ok := parseInterval(header.Value())
	if !ok {
		return nil, false
	}
	parsed := &expires{interval: interval}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.ToLower(param), "=")
		if strings.TrimSpace(name) == "refresher" {
			parsed.refresher = strings.TrimSpace(value)
		}
	}
	return parsed, true
}

// parseInterval reads the seconds at the beginning of a value.
func parseInterval(value string) (interval time.Duration, params string, ok bool) {
	seconds, params, _ := strings.Cut(value, ";")
	number, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	return time.Duration(number) * time.Second, params, err == nil
}

// secondsOf writes an interval as headers have it.
func secondsOf(interval time.Duration) string { return strconv.Itoa(int(interval / time.Second)) }

func (e expires) header() sip.Header {
	return sip.NewHeader("Session-Expires", secondsOf(e.interval)+";refresher="+e.refresher)
}

// Objection checks the session interval of an INVITE or UPDATE; status 0 means that it will do. One that is too short
// is answered 422, if the party understands that (RFC 4028 section 9).
func Objection(request *sip.Request) (status int, headers []sip.Header) {
	asked, ok := parse(request)
	if !ok {
		return 400, nil
	}
	if asked != nil && asked.interval < shortest && knowsTimers(request) {
		return 422, []sip.Header{sip.NewHeader("Min-SE", secondsOf(shortest))}
	}
	return 0, nil
}

func knowsTimers(request *sip.Request) bool {
	return message.HasOption(request, "Supported", "timer") || message.HasOption(request, "Require", "timer")
}
