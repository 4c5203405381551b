package rtmp

import (
	"strconv"
	"strings"

	"sipbridge/bridge"
)

func notAcceptable() bridge.Cause { return bridge.Cause{Status: 488, Text: "Not Acceptable Here"} }

// reasonText writes a cause as clients expect it: "486 Busy Here".
func reasonText(cause bridge.Cause) string {
	text := clean(cause.Text)
	if text == "" {
		text = standardText(cause.Status)
	}
	return strings.TrimSpace(strconv.Itoa(cause.Status) + " " + text)
}

// standardText gives the reason phrase of the statuses that end calls (RFC 3261 section 21).
func standardText(status int) string {
	switch status {
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 408:
		return "Request Timeout"
	case 480:
		return "Temporarily Unavailable"
	case 486:
		return "Busy Here"
	case 487:
		return "Request Terminated"
	case 488:
		return "Not Acceptable Here"
	case 500:
		return "Server Internal Error"
	case 503:
		return "Service Unavailable"
	case 600:
		return "Busy Everywhere"
	case 603:
		return "Decline"
	default:
		return ""
	}
}

// parseReason reads what a client rejects with: a status and a text, or a text alone, which is a 603.
func parseReason(text string) bridge.Cause {
	const least, most = 400, 699
	text = clean(text)
	first, rest, _ := strings.Cut(text, " ")
	if status, err := strconv.Atoi(first); err == nil && status >= least && status <= most {
		return bridge.Cause{Status: status, Text: strings.TrimSpace(rest)}
	}
	if text == "" {
		text = "Decline"
	}
	return bridge.Cause{Status: 603, Text: text}
}
