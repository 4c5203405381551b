// Package replay plays exchanges between browsers' SIP libraries and a server, captured without the bridge, with the
// bridge between them: it stands in for the browser with what that browser sent, and for the server, as the upstream
// of the browser's domain, with what that server did. Each request of the browser must get the final answer that let
// it go on then, and each request of the server one at all.
//
// Only what the bridge or the place decides differs from the capture: the domain (one for each exchange, so that they
// can be played side by side), the tags and addresses of dialogs, and the server's SDP, which is a phone's.
package replay

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Entry is one thing that happened.
type Entry struct {
	// Connection that it happened on.
	Connection int
	// Kind is "open" or "close" of the connection, "sent" by the browser, or "received" by it.
	Kind string
	// Text that was sent or received.
	Text string
	// Message is the text, if SIP is true.
	Message Message
	SIP     bool
}

// Capture is one exchange.
type Capture struct {
	// Name of its file, without the end.
	Name string
	// Domain that the browser registered at.
	Domain string
	// Entries in order.
	Entries []Entry
}

// Captures reads the exchanges of a directory.
func Captures(directory string) ([]Capture, error) {
	names, err := filepath.Glob(filepath.Join(directory, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("captures: %w", err)
	}
	captures := make([]Capture, 0, len(names))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("captures: %w", err)
		}
		capture := Capture{Name: strings.TrimSuffix(filepath.Base(name), ".txt")}
		capture.Entries = parseEntries(string(text))
		capture.Domain = domainOf(capture.Entries)
		captures = append(captures, capture)
	}
	return captures, nil
}

func domainOf(entries []Entry) string {
	for _, entry := range entries {
		if entry.Kind == "sent" && entry.SIP {
			_, host, _ := strings.Cut(address(entry.Message.Get("From")), "@")
			return host
		}
	}
	return ""
}

// Two recorders wrote them: one with lengths and connections, one without.
var (
	measured = regexp.MustCompile(`^===== (\S+) \S+ conn=(\d+) (\S+) len=(\d+)$`)
	plain    = regexp.MustCompile(`^--- (C->S|S->C) \S+ (\S+)$`)
)

func parseEntries(text string) []Entry {
	if strings.HasPrefix(text, "# client=") {
		return parseMeasured(text)
	}
	return parsePlain(text)
}

func parseMeasured(text string) []Entry {
	var entries []Entry
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		found := measured.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		connection, _ := strconv.Atoi(found[2]) // digits, by the expression
		length, _ := strconv.Atoi(found[4])
		switch {
		case found[1] == "***":
			entries = append(entries, Entry{Connection: connection, Kind: found[3]})
		case found[3] == "text" && length <= len(text):
			entries = append(entries, entryOf(found[1], connection, text[:length]))
			text = text[length:]
		}
	}
	return entries
}

func parsePlain(text string) []Entry {
	entries := []Entry{{Kind: "open"}}
	direction, body := "", ""
	flush := func() {
		if direction != "" {
			entries = append(entries, cutToLength(entryOf(direction, 0, body)))
		}
		body = ""
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		found := plain.FindStringSubmatch(lines.Text())
		if found == nil {
			body += lines.Text() + "\r\n" // the scanner takes both off
			continue
		}
		flush()
		direction = found[1]
	}
	flush()
	return entries
}

// cutToLength takes the recorder's empty line off a body.
func cutToLength(entry Entry) Entry {
	length, err := strconv.Atoi(entry.Message.Get("Content-Length"))
	if err == nil && length < len(entry.Message.Body) {
		entry.Message.Body = entry.Message.Body[:length]
	}
	return entry
}

func entryOf(direction string, connection int, text string) Entry {
	kind := "sent"
	if direction == "S->C" {
		kind = "received"
	}
	entry := Entry{Connection: connection, Kind: kind, Text: text}
	entry.Message, entry.SIP = parseMessage(text)
	return entry
}
