package wire

import (
	"bytes"
	"strings"
)

const redacted = "<redacted>"

// longestUser bounds the search for the "@" of a URI, so that a line of a thousand "sip:" stays cheap.
const longestUser = 1024

// Redact gives a copy of a message, well formed or not, for a trace or a log, without what opens a door: the
// credentials of Authorization, Proxy-Authorization and X-ICE-Servers, the passwords of URIs, parameters named ha1,
// password and access_token, and the keys of SDES and ICE in SDP. It looks at every line, so bodies that quote messages
// are covered too.
func Redact(raw []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(raw))
	hidden := false // the header line before was hidden, and so are its continuations
	for line := range bytes.Lines(raw) {
		text := strings.TrimRight(string(line), "\r\n")
		end := string(line[len(text):])
		if hidden && text != "" && strings.IndexByte(blanks, text[0]) >= 0 {
			continue
		}
		text, hidden = redactLine(text)
		out.WriteString(text + end)
	}
	return out.Bytes()
}

func redactLine(line string) (text string, hidden bool) {
	if name, _, found := strings.Cut(line, ":"); found {
		switch strings.ToLower(trim(name)) {
		case "authorization", "proxy-authorization", "x-ice-servers":
			return name + ": " + redacted, true
		}
	}
	for _, secret := range []string{"a=crypto:", "a=ice-pwd:", "k="} {
		if len(line) >= len(secret) && strings.EqualFold(line[:len(secret)], secret) {
			return line[:len(secret)] + redacted, false
		}
	}
	line = redactURIPasswords(line)
	for _, name := range []string{"ha1", "password", "access_token"} {
		line = redactParam(line, name)
	}
	return line, false
}

// redactParam hides the value of every name=value in line.
func redactParam(line, name string) string {
	lower := lowerASCII(line)
	var out strings.Builder
	done := 0
	for {
		at := strings.Index(lower[done:], name)
		if at < 0 {
			out.WriteString(line[done:])
			return out.String()
		}
		end := done + at + len(name)
		value := end + len(line[end:]) - len(strings.TrimLeft(line[end:], blanks))
		out.WriteString(line[done:end])
		done = end
		if value < len(line) && line[value] == '=' {
			out.WriteString("=" + redacted)
			done = value + 1 + paramLength(line[value+1:])
		}
	}
}

// paramLength is how much of s, which follows a "=", is the value.
func paramLength(s string) int {
	start := len(s) - len(strings.TrimLeft(s, blanks))
	if strings.HasPrefix(s[start:], `"`) {
		if end := quotedEnd(s[start:]); end > 0 {
			return start + end
		}
		return len(s)
	}
	if end := strings.IndexAny(s[start:], " \t;,&?<>\""); end >= 0 {
		return start + end
	}
	return len(s)
}

// redactURIPasswords hides what stands between ":" and "@" in sip:user:password@host.
func redactURIPasswords(line string) string {
	lower := lowerASCII(line)
	var out strings.Builder
	done := 0
	for {
		start := uriStart(lower[done:])
		if start < 0 {
			out.WriteString(line[done:])
			return out.String()
		}
		start += done
		out.WriteString(line[done:start])
		done = start
		end := strings.IndexAny(line[start:min(len(line), start+longestUser)], " \t<>\"@")
		if end < 0 || line[start+end] != '@' {
			continue
		}
		if user, _, found := strings.Cut(line[start:start+end], ":"); found {
			out.WriteString(user + ":" + redacted)
			done = start + end
		}
	}
}

// uriStart gives the index just behind the first "sip:" or "sips:", or -1.
func uriStart(lower string) int {
	for at := 0; ; {
		next := strings.Index(lower[at:], "sip")
		if next < 0 {
			return -1
		}
		at += next + len("sip")
		rest := strings.TrimPrefix(lower[at:], "s")
		if strings.HasPrefix(rest, ":") {
			return len(lower) - len(rest) + 1
		}
	}
}

// lowerASCII keeps every byte where it is, which strings.ToLower does not.
func lowerASCII(s string) string {
	lower := []byte(s)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}
