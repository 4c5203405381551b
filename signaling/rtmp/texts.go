package rtmp

import (
	"mime"
	"net/url"
	"slices"
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
// client that sends one knows them, too; but whether its own messages arrive it hears only if it said so in the URL.
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
	result := c.textOutcome(asked)
	switch {
	case !isText(text):
		result.tellLocked(badText())
	case c.active == nil:
		result.tellLocked(noSuchCall())
	default:
		c.active.tellOther(text, result)
	}
}

// textOutcome gives what hears of the fate of a text, and tells a client that asked for that in its URL. The caller
// holds mu.
func (c *conn) textOutcome(asked command) *outcome {
	if !c.outcomes {
		asked.transaction = 0 // it was answered at once, as siprtmp did
	}
	return newOutcome(c, asked)
}

// tellOther says a text to the other party. The caller holds conn.mu.
func (l *leg) tellOther(text string, result *outcome) {
	if !l.emit(bridge.Told{Message: messageOf(text), Done: result.tell}) {
		result.tellLocked(bridge.Cause{Status: 503, Text: "Service Unavailable"})
		return
	}
	l.untold = append(slices.DeleteFunc(l.untold, func(o *outcome) bool { return o.told }), result)
}

func badText() bridge.Cause { return bridge.Cause{Status: 400, Text: "Not a text, or too long"} }

func noSuchCall() bridge.Cause {
	return bridge.Cause{Status: 481, Text: "Call/Transaction Does Not Exist"}
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
		return noSuchCall()
	case !c.words.wrote(l, text):
		return unsupportedText()
	}
	return bridge.Cause{Status: 200, Text: "OK"}
}
