package ws

import (
	"bytes"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// frameKind chooses the frame that the client reads. Text is what all of them read: theintencity/sip-js
// ignores binary frames. But sipML5 loses a body with other than ASCII characters in a text frame, for it counts
// Content-Length in bytes against a string; it reads binary ones. And a text frame that is not UTF-8
// would make any browser end the connection.
func frameKind(message []byte, sipML5 bool) int {
	if isASCII(message) || !sipML5 && utf8.Valid(message) {
		return websocket.TextMessage
	}
	return websocket.BinaryMessage
}

func isASCII(message []byte) bool {
	for _, b := range message {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isSIPML5 looks for sipML5's marks in the head of a message: its User-Agent, which applications may
// replace, and the host that it puts into every Via and Contact, whoever uses it.
func isSIPML5(message []byte) bool {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	return bytes.Contains(head, []byte("df7jal23ls0d.invalid")) || bytes.Contains(head, []byte("sipML5"))
}
