package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/sessiontimer"
)

// acceptHeader says which bodies of calls we read (RFC 3261 section 21.4.13).
func acceptHeader() sip.Header { return sip.NewHeader("Accept", content.Accept()) }

func sipHeaders(all []bridge.Header) []sip.Header {
	headers := make([]sip.Header, 0, len(all))
	for _, header := range all {
		headers = append(headers, sip.NewHeader(header.Name, header.Value))
	}
	return headers
}

// objection gives the status and headers with which a new request is refused whoever sent it, in the order of RFC 3261
// section 8.2; 0 if there is none. What is only passed on is for its server to judge.
func (a *Agent) objection(request *sip.Request, passedOn bool) (int, []sip.Header) {
	required := []string{"Require", "Proxy-Require"}
	if passedOn {
		required = required[1:]
	}
	if unknown := a.unknownExtensions(request, required...); unknown != "" {
		return 420, []sip.Header{sip.NewHeader("Unsupported", unknown)}
	}
	left := request.MaxForwards()
	if left != nil && left.Val() == 0 && (passedOn || request.Method == sip.INVITE) {
		return 483, nil
	}
	if request.Method == sip.INVITE {
		return objectionToInvite(request)
	}
	if request.GetHeader("Replaces") != nil && !passedOn {
		return 400, nil // RFC 3891 section 3
	}
	return 0, nil
}

func objectionToInvite(request *sip.Request) (int, []sip.Header) {
	if status, headers := objectionToBody(request); status != 0 {
		return status, headers
	}
	if !message.Accepts(request, content.SDP) {
		return 406, nil
	}
	if status, headers := sessiontimer.Objection(request); status != 0 {
		return status, headers
	}
	return objectionToReplaces(request), nil
}

// objectionToBody refuses what has parts that we have to know and do not, or is coded (RFC 3261 section 8.2.3).
func objectionToBody(request *sip.Request) (int, []sip.Header) {
	if len(request.Body()) == 0 {
		return 0, nil
	}
	for _, header := range request.GetHeaders("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(header.Value()), "identity") {
			return 415, []sip.Header{sip.NewHeader("Accept-Encoding", "identity")}
		}
	}
	if _, err := content.Read(request); err != nil {
		cause := bridge.CauseOf(err)
		return cause.Status, sipHeaders(cause.Headers)
	}
	return 0, nil
}

// objectionToReplaces refuses a Replaces header that says nothing, or stands beside Join (RFC 3891 section 3).
func objectionToReplaces(request *sip.Request) int {
	header := request.GetHeader("Replaces")
	if header == nil {
		return 0
	}
	if id, _ := dialog.ParseReplaces(header.Value()); id == nil || request.GetHeader("Join") != nil {
		return 400
	}
	return 0
}

// unknownExtensions lists the extensions that the named headers require and that we lack.
func (a *Agent) unknownExtensions(request *sip.Request, names ...string) string {
	var unknown []string
	for _, name := range names {
		for _, header := range request.GetHeaders(name) {
			for option := range strings.SplitSeq(header.Value(), ",") {
				if option = strings.TrimSpace(option); !a.knows(strings.ToLower(option)) {
					unknown = append(unknown, option)
				}
			}
		}
	}
	return strings.Join(unknown, ", ")
}

// knows tells whether we understand an option tag.
func (a *Agent) knows(option string) bool {
	switch option {
	case "", "replaces", "norefersub", "timer", "199", "outbound", "path", "ice", "sip.ice":
		return true
	case option100rel:
		return a.options.ReliableProvisionals
	default:
		return false
	}
}
