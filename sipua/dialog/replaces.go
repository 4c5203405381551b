package dialog

import (
	"strings"

	"sipbridge/bridge"
)

// ParseReplaces reads a Replaces value (RFC 3891 section 6.1): its to-tag is ours, its from-tag the party's. It gives
// nil for a malformed one. earlyOnly asks to spare a call that has been answered.
func ParseReplaces(value string) (id *bridge.DialogID, earlyOnly bool) {
	callID, params, _ := strings.Cut(value, ";")
	named := bridge.DialogID{CallID: strings.TrimSpace(callID)}
	for param := range strings.SplitSeq(params, ";") {
		name, tag, _ := strings.Cut(param, "=")
		tag = strings.TrimSpace(tag)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			named.LocalTag = tag
		case "from-tag":
			named.RemoteTag = tag
		case "early-only":
			earlyOnly = true
		}
	}
	if named.CallID == "" || named.LocalTag == "" || named.RemoteTag == "" {
		return nil, earlyOnly
	}
	return &named, earlyOnly
}
