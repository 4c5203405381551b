package rtmp

import (
	"mime"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"sipbridge/bridge"
)

const (
	// maxMessage is the longest text that goes from or to a client at once, in bytes.
	maxMessage = 8 << 10
	plainText  = "text/plain"
)

// asksForTexts tells whether a client knows the callbacks for messages, which is said by ?messages=true behind the
// address in its URL. Others are told of no message, because some close when they hear of what they don't know. A
// client that sends one knows them, too.
func asksForTexts(app string) bool {
	_, query, _ := strings.Cut(app, "?")
	values, err := url.ParseQuery(query)
	return err == nil && values.Get("messages") == "true"
}

// sendMessage says a text to the other party of the call.
func (c *conn) sendMessage(asked command) {
	text := asked.text(0)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts = true
	if c.active == nil || !isText(text) {
		return
	}
	c.active.emit(bridge.Told{Message: messageOf(text), Done: func(bridge.Cause) {}}) // no callback tells of it
}

// isText tells whether a client's text can go to somebody else.
func isText(text string) bool { return text != "" && len(text) <= maxMessage && utf8.ValidString(text) }

func messageOf(text string) bridge.Message {
	return bridge.Message{ContentType: plainText + ";charset=UTF-8", Body: []byte(text)}
}

// textOf gives what a message says, without control characters but new lines and tabs, or why a client cannot be told.
func textOf(message bridge.Message) (string, error) {
	kind, parameters, err := mime.ParseMediaType(message.ContentType)
	charset := strings.ToLower(parameters["charset"])
	switch {
	case message.Data, err != nil, kind != plainText, charset != "" && charset != "utf-8" && charset != "us-ascii",
		!utf8.Valid(message.Body):
		return "", unsupportedText()
	case len(message.Body) > maxMessage:
		return "", bridge.Cause{Status: 413, Text: "Request Entity Too Large"}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, string(message.Body)), nil
}

func unsupportedText() bridge.Cause {
	return bridge.Cause{
		Status: 415, Text: "Unsupported Media Type", Headers: []bridge.Header{{Name: "Accept", Value: plainText}},
	}
}

// Tell says a text of the other party by receivedMessage.
func (l *leg) Tell(message bridge.Message, done func(bridge.Cause)) { done(l.tell(message)) }

func (l *leg) tell(message bridge.Message) bridge.Cause {
	text, err := textOf(message)
	if err != nil {
		return bridge.CauseOf(err)
	}
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case l.state != stateAnswered:
		return bridge.Cause{Status: 481, Text: "Call/Transaction Does Not Exist"}
	case !c.words.wrote(text):
		return unsupportedText()
	}
	return bridge.Cause{Status: 200, Text: "OK"}
}
