package presence

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mailbox is what waits for a user (RFC 3842 section 5.2).
type Mailbox struct {
	// known tells that anybody has told us.
	known bool
	// Waiting tells that there are messages.
	Waiting bool
	// Counts are those that were given.
	Counts []MessageCount
}

// MessageCount counts the messages of a class.
type MessageCount struct {
	// Class is "voice-message", "fax-message" and the like, in lower case.
	Class string
	// New and Old count all, UrgentNew and UrgentOld those among them that are urgent.
	New, Old, UrgentNew, UrgentOld uint32
}

// maxSummary bounds a summary, in bytes.
const maxSummary = 4 << 10

// ErrSummary is a text that is no message summary.
var ErrSummary = errors.New("no message summary")

// classes are those of RFC 3458 section 6.2 that RFC 3842 knows.
func classes() []string {
	return []string{
		"voice-message", "fax-message", "pager-message", "multimedia-message", "text-message", "none",
	}
}

// ReadMailbox reads a message summary. The account in it is the server's name for it, and not kept. What follows an
// empty line are headers of the messages, which are private.
func ReadMailbox(body []byte) (Mailbox, error) {
	if len(body) > maxSummary {
		return Mailbox{}, fmt.Errorf("%w: %d bytes", ErrSummary, len(body))
	}
	var mailbox Mailbox
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case name == "messages-waiting":
			mailbox.known = true
			mailbox.Waiting = strings.EqualFold(value, "yes")
		case slices.Contains(classes(), name):
			count, err := readCount(name, value)
			if err != nil {
				return Mailbox{}, err
			}
			mailbox.Counts = append(mailbox.Counts, count)
		}
	}
	if !mailbox.known || len(mailbox.Counts) > len(classes()) {
		return Mailbox{}, ErrSummary
	}
	return mailbox, nil
}

// readCount reads "2/8 (0/2)".
func readCount(class, value string) (MessageCount, error) {
	count := MessageCount{Class: class}
	all, urgent, hasUrgent := strings.Cut(value, "(")
	err := readPair(all, &count.New, &count.Old)
	if hasUrgent {
		inside, closed := strings.CutSuffix(urgent, ")")
		if !closed {
			return count, ErrSummary
		}
		err = errors.Join(err, readPair(inside, &count.UrgentNew, &count.UrgentOld))
	}
	return count, err
}

func readPair(text string, first, second *uint32) error {
	left, right, _ := strings.Cut(strings.TrimSpace(text), "/")
	for i, value := range []string{left, right} {
		number, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSummary, err)
		}
		*[]*uint32{first, second}[i] = uint32(number)
	}
	return nil
}

func (m *Mailbox) isUnknown() bool { return !m.known }

// text is the summary that the user's devices get. Of a mailbox that nobody told us of nothing is claimed.
func (m *Mailbox) text(user string) []byte {
	waiting := "no"
	if m.Waiting {
		waiting = "yes"
	}
	text := fmt.Appendf(nil, "Messages-Waiting: %s\r\nMessage-Account: sip:%s\r\n", waiting, user)
	for _, count := range m.Counts {
		text = fmt.Appendf(text, "%s: %d/%d (%d/%d)\r\n",
			titled(count.Class), count.New, count.Old, count.UrgentNew, count.UrgentOld)
	}
	return text
}

// titled writes a class as the RFC does: Voice-Message.
func titled(class string) string {
	words := strings.Split(class, "-")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "-")
}

// MailboxChanged tells what waits for a user.
func (s *Server) MailboxChanged(name string, mailbox Mailbox) {
	s.mu.Lock()
	s.user(name).mailbox = mailbox
	news := s.changed(name, MessageSummary)
	s.mu.Unlock()
	s.send(news)
}
