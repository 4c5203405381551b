package presence

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMailboxIsToldToItsOwner(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		if _, _, err := s.Subscribe(Subscribe{MessageSummary, alice, bob, 600}, &watcher{}); statusOf(err) != 403 {
			t.Errorf("another one's mailbox: %v", err)
		}
		var w watcher
		subscribe(t, s, MessageSummary, alice, &w)
		mailbox, err := ReadMailbox([]byte("Messages-Waiting: yes\r\nMessage-Account: sip:4711@10.0.0.1\r\n" +
			"voice-message: 2/8 (0/2)\r\nFax-Message: 1/0\r\n\r\nTo: <alice@x>\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		s.MailboxChanged(alice, mailbox)
		const want = "Messages-Waiting: yes\r\nMessage-Account: sip:" + alice +
			"\r\nVoice-Message: 2/8 (0/2)\r\nFax-Message: 1/0 (0/0)\r\n"
		if got := w.last(t); string(got.Body) != want || got.ContentType != "application/simple-message-summary" {
			t.Errorf("told %s", got.Body)
		}
	})
}

func TestWhatIsNoSummary(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "Voice-Message: 1/2", "Messages-Waiting: yes\r\nVoice-Message: x/2", "Messages-Waiting: yes\r\nVoice-Message: 1",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2 (1/2", "Messages-Waiting: yes\r\nVoice-Message: 1/99999999999",
		"\r\nMessages-Waiting: yes", "Messages-Waiting: yes" + strings.Repeat("\r\nFax-Message: 1/1", 9),
		strings.Repeat(" ", maxSummary) + "Messages-Waiting: yes",
	} {
		if got, err := ReadMailbox([]byte(body)); !errors.Is(err, ErrSummary) {
			t.Errorf("%q was read as %+v", body, got)
		}
	}
}
