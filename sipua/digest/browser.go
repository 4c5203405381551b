package digest

import (
	"regexp"
)

// ForBrowser narrows the challenges of another server to what every browser client can answer: one, MD5, qop "auth".
// Of two headers JsSIP and SIP.js take the last, theintencity/sip-js the first, sipML5 none; none of them computes
// SHA-256; and JsSIP and sipML5 take auth-int where it is offered, sipML5 wrongly. Which algorithms and qop a server
// offers is not part of what the client's hash covers. Without an MD5 challenge they stay as they are.
func ForBrowser(challenges []string) []string {
	for _, header := range challenges {
		if offered, ok := parseChallenge(header); ok && offered.algorithm == MD5 && !offered.session {
			return []string{onlyAuth(header)}
		}
	}
	return challenges
}

// onlyAuth takes all but "auth" out of the qop of a challenge that has it.
func onlyAuth(header string) string {
	return regexp.MustCompile(`(?i)(\bqop\s*=\s*)("[^"]*"|[^\s,]+)`).ReplaceAllString(header, `${1}"auth"`)
}
