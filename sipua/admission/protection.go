package admission

import (
	"bytes"
	"strings"
)

// Protection says whom we do not serve.
type Protection struct {
	// Scanners are words in the User-Agent of programs that look for open servers, in any case. What has one of them
	// gets no answer: a scanner goes on where there is one.
	Scanners []string
	// NoStrangers refuses calls of whoever has proved nothing and is no upstream server. Without it the routes decide.
	NoStrangers bool
	// StrangerCalls is how many calls a second may begin of such callers, all together; a fifth of it for one source,
	// and for one callee. 0 means 20.
	StrangerCalls float64
}

// isScanner looks for one of the words in a message that need not be well formed.
func (p Protection) isScanner(raw []byte) bool {
	if len(p.Scanners) == 0 {
		return false
	}
	name, found := userAgentOf(raw)
	if !found {
		return false
	}
	name = strings.ToLower(name)
	for _, word := range p.Scanners {
		if strings.Contains(name, strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// userAgentOf gives the User-Agent of a message, well formed or not.
func userAgentOf(raw []byte) (name string, found bool) {
	const header = "user-agent"
	raw = bytes.TrimLeft(raw, "\r\n")
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return "", false
		}
		if len(line) > len(header) && bytes.EqualFold(line[:len(header)], []byte(header)) {
			if value, ok := bytes.CutPrefix(bytes.TrimLeft(line[len(header):], " \t"), []byte(":")); ok {
				return string(value), true
			}
		}
	}
	return "", false
}
