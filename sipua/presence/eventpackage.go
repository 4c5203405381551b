package presence

import (
	"strings"

	"sipbridge/bridge"
)

// Package is an event package: what may be subscribed to.
type Package string

// The packages that there are.
const (
	Presence       Package = "presence"
	Dialog         Package = "dialog"
	MessageSummary Package = "message-summary"
)

// Packages lists them, as for Allow-Events (RFC 6665 section 8.2.2).
func Packages() string {
	return strings.Join([]string{string(Presence), string(Dialog), string(MessageSummary)}, ", ")
}

// PackageOf reads the event type of an Event header. The error is a bridge.Cause: 489, with what there is.
func PackageOf(event string) (Package, error) {
	name, _, _ := strings.Cut(event, ";")
	switch found := Package(strings.ToLower(strings.TrimSpace(name))); found {
	case Presence, Dialog, MessageSummary:
		return found, nil
	default:
		return "", bridge.Cause{
			Status: 489, Text: "Bad Event", Headers: []bridge.Header{{Name: "Allow-Events", Value: Packages()}},
		}
	}
}

// ContentType is the type of the documents that tell of a package.
func (p Package) ContentType() string {
	switch p {
	case Dialog:
		return "application/dialog-info+xml"
	case MessageSummary:
		return "application/simple-message-summary"
	default:
		return contentPIDF
	}
}
