package wire

import "strings"

// canonicalName spells out a compact header name and gives the names that SIP software looks for their
// usual case, for sipgo replaces and removes headers by exact name. Other names stay as they are.
func canonicalName(name string) string {
	lower := strings.ToLower(name)
	if known := coreName(lower); known != "" {
		return known
	}
	if known := extensionName(lower); known != "" {
		return known
	}
	return name
}

// coreName knows the headers of RFC 3261 that name a message or its body.
func coreName(lower string) string {
	switch lower {
	case "via", "v":
		return "Via"
	case "from", "f":
		return "From"
	case "to", "t":
		return "To"
	case "call-id", "i":
		return "Call-ID"
	case "contact", "m":
		return "Contact"
	case "content-type", "c":
		return "Content-Type"
	case "content-length", "l":
		return "Content-Length"
	case "content-encoding", "e":
		return "Content-Encoding"
	case "subject", "s":
		return "Subject"
	case "supported", "k":
		return "Supported"
	case "cseq":
		return "CSeq"
	default:
		return ""
	}
}

// extensionName knows the other compact forms in use.
func extensionName(lower string) string {
	switch lower {
	case "refer-to", "r":
		return "Refer-To"
	case "referred-by", "b":
		return "Referred-By"
	case "event", "o":
		return "Event"
	case "allow-events", "u":
		return "Allow-Events"
	case "accept-contact", "a":
		return "Accept-Contact"
	case "reject-contact", "j":
		return "Reject-Contact"
	case "request-disposition", "d":
		return "Request-Disposition"
	case "session-expires", "x":
		return "Session-Expires"
	case "identity", "y":
		return "Identity"
	default:
		return oddName(lower)
	}
}

// oddName knows headers whose case is not simply a capital at each word.
func oddName(lower string) string {
	switch lower {
	case "rack":
		return "RAck"
	case "rseq":
		return "RSeq"
	case "min-se":
		return "Min-SE"
	case "www-authenticate":
		return "WWW-Authenticate"
	case "mime-version":
		return "MIME-Version"
	default:
		return plainName(lower)
	}
}

// plainName knows headers with a capital at each word.
func plainName(lower string) string {
	switch lower {
	case "accept", "accept-encoding", "accept-language", "alert-info", "allow", "authentication-info",
		"authorization", "call-info", "content-disposition", "content-language", "date", "diversion",
		"error-info", "expires", "history-info", "in-reply-to", "max-forwards", "min-expires", "organization",
		"path", "priority", "privacy", "proxy-authenticate", "proxy-authorization", "proxy-require", "reason",
		"record-route", "replaces", "reply-to", "require", "retry-after", "route", "server", "service-route",
		"subscription-state", "target-dialog", "timestamp", "unsupported", "user-agent", "warning":
		return capitalised(lower)
	default:
		return ""
	}
}

func capitalised(lower string) string {
	words := strings.Split(lower, "-")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "-")
}

// isSingle says whether a header may stand in a message once only.
func isSingle(name string) bool {
	switch name {
	case "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Expires",
		"Min-Expires", "Refer-To", "Referred-By", "Replaces", "Event", "Subscription-State", "Session-Expires",
		"Min-SE", "RAck", "RSeq":
		return true
	default:
		return false
	}
}
