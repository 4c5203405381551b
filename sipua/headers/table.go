package headers

import "strings"

// rule says where a field may go.
type rule struct {
	// inCall is the least known sender from whom it crosses between legs.
	inCall Sender
	// up and down tell whether it stays in requests and responses that are passed on to and from a server.
	up, down bool
	// fixed fields can be neither passed nor stripped by the configuration.
	fixed bool
}

// ruleOf gives the rule for a name in lower case.
func ruleOf(lower string) rule {
	switch lower {
	// Made anew on each side: the hop, and the way that was taken.
	case "via", "contact", "route", "record-route", "max-forwards", "content-length", "path", "service-route",
		"user-agent", "server", "rack", "rseq", "replaces", "join", "target-dialog", "session-expires", "min-se",
		"max-breadth", "security-client", "security-server", "security-verify":
		return rule{inCall: nobody, fixed: true}
	// The transaction's own: they stay in a request that is passed on, and are made anew in a call.
	case "from", "to", "call-id", "cseq", "event", "subscription-state", "expires", "min-expires",
		"sip-etag", "sip-if-match", "supported", "require", "proxy-require", "unsupported", "allow", "accept",
		"accept-encoding", "accept-language", "allow-events", "timestamp", "info-package", "recv-info":
		return rule{inCall: nobody, up: true, down: true, fixed: true}
	// They go with the body.
	case "content-type", "content-encoding", "content-language", "content-disposition", "mime-version":
		return rule{inCall: nobody, up: true, down: true, fixed: true}
	// A user proves himself to his server alone (RFC 3261 section 22).
	case "authorization", "proxy-authorization":
		return rule{inCall: nobody, up: true, fixed: true}
	case "www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info":
		return rule{inCall: nobody, down: true, fixed: true}
	// Who somebody is, is decided and not copied.
	case "p-asserted-identity", "p-preferred-identity", "remote-party-id", "privacy":
		return rule{inCall: nobody, fixed: true}
	default:
		return ruleOfWhatIsTold(lower)
	}
}

// ruleOfWhatIsTold gives the rule for what the parties tell each other.
func ruleOfWhatIsTold(lower string) rule {
	switch lower {
	// Harmless, whoever says it. An Identity (RFC 8224) proves itself, with its Date, and is never changed.
	case "identity", "date", "user-to-user", "reason", "subject", "priority", "organization", "in-reply-to", "reply-to",
		"warning", "retry-after", "diversion", "history-info":
		return rule{inCall: Stranger, up: true, down: true}
	// They make a phone ring strangely, answer by itself or show a page: who says that must be known (RFC 3261 section
	// 20.4 and 20.9).
	case "call-info", "alert-info", "accept-contact", "reject-contact", "request-disposition", "geolocation":
		return rule{inCall: User, up: true, down: true}
	// Servers tell them each other and believe them, to charge for calls and to serve them (RFC 7315 section 4, RFC 5502,
	// RFC 6050, RFC 7316): from others they are forged.
	case "p-access-network-info", "p-asserted-service", "p-associated-uri", "p-called-party-id",
		"p-charging-function-addresses", "p-charging-vector", "p-private-network-indication", "p-profile-key",
		"p-served-user", "p-user-database", "p-visited-network-id":
		return rule{inCall: Server, down: true}
	default:
		return ruleOfFamily(lower)
	}
}

// ruleOfFamily gives the rule for names that nobody can list.
func ruleOfFamily(lower string) rule {
	switch {
	case strings.HasPrefix(lower, "p-dcs-"): // RFC 5503: between servers
		return rule{inCall: Server, down: true}
	case strings.HasPrefix(lower, "x-"), strings.HasPrefix(lower, "p-"):
		return rule{inCall: Stranger, up: true, down: true}
	default:
		return rule{inCall: nobody, down: true}
	}
}

func isFixed(lower string) bool { return ruleOf(strings.TrimSuffix(lower, "*")).fixed }
