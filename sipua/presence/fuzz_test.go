package presence

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzPublished: whatever is published, what watchers get is a document that can be read again.
func FuzzPublished(f *testing.F) {
	f.Add([]byte(published))
	f.Add([]byte(`<?xml version="1.0" encoding="UTF-8"?><presence/>`))
	f.Add([]byte(`<presence><tuple id="1" id="2"/><x:a xmlns:x="u" x:b="1" c:d="2"><![CDATA[<&]]></x:a></presence>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		read, err := readDocument(body)
		if err != nil {
			return
		}
		user := newPresentity()
		for order, tag := range []string{"one", "two"} {
			user.publications[tag] = &publication{document: read, order: uint64(order)}
		}
		composed := user.pidf(alice, func(string) bool { return true })
		root, err := xmlAgain(composed)
		if err != nil {
			t.Fatalf("%v: %q became %q", err, body, composed)
		}
		if root.get("entity") != "sip:"+alice || bytes.Contains(composed, []byte("<!")) {
			t.Errorf("%q became %q", body, composed)
		}
	})
}

// xmlAgain reads a document that may be larger than those that are published.
func xmlAgain(raw []byte) (*element, error) {
	read, err := readElement(raw)
	if errors.Is(err, errTooLarge) {
		return &element{}, nil
	}
	return read, err
}

func FuzzMailbox(f *testing.F) {
	f.Add([]byte("Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		mailbox, err := ReadMailbox(body)
		if err != nil {
			return
		}
		again, err := ReadMailbox(mailbox.text(alice))
		if err != nil || !bytes.Equal(again.text(alice), mailbox.text(alice)) {
			t.Errorf("%q became %q (%v)", body, mailbox.text(alice), err)
		}
	})
}
