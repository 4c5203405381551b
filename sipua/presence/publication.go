package presence

import (
	"crypto/rand"
	"errors"
	"time"

	"sipbridge/bridge"
)

// contentPIDF is the type of presence documents.
const contentPIDF = "application/pidf+xml"

// Publish is a PUBLISH (RFC 3903).
type Publish struct {
	// User is who publishes, and about whom: "name@domain".
	User    string
	Package Package
	// Tag is SIP-If-Match; empty for a new publication.
	Tag string
	// Expires is in seconds, negative if it is not said; 0 removes the publication.
	Expires int
	// ContentType and Body are the document. A refresh and a removal have none.
	ContentType string
	Body        []byte
	// Source is where it came from: what it publishes ends by SourceGone.
	Source any
}

// maxPublished bounds all that a user publishes, in bytes: it reaches each watcher in one message.
const maxPublished = 16 << 10

// publication is what a device has published.
type publication struct {
	document *document
	expires  time.Time
	source   any
	order    uint64
	// size is that of the document as it came, in bytes.
	size int
}

// Publish does what a PUBLISH asks, and gives the new entity tag and how long it lives. The error is a bridge.Cause.
func (s *Server) Publish(asked Publish) (tag string, granted time.Duration, err error) {
	if asked.Package != Presence {
		return "", 0, bridge.Cause{
			Status: 489, Text: "Bad Event", Headers: []bridge.Header{{Name: "Allow-Events", Value: string(Presence)}},
		}
	}
	if granted, err = s.grant(asked.Expires); err != nil {
		return "", 0, err
	}
	read, err := readPublished(asked)
	if err != nil {
		return "", 0, err
	}
	s.mu.Lock()
	tag, err = s.store(asked, read, granted)
	var news []outgoing
	if err == nil {
		news = s.changed(asked.User, Presence)
	}
	s.tidy(asked.User)
	s.mu.Unlock()
	s.send(news)
	return tag, granted, err
}

// readPublished reads the body: only what changes nothing may come without one.
func readPublished(asked Publish) (*document, error) {
	if len(asked.Body) == 0 {
		if asked.Tag == "" {
			return nil, bridge.Cause{Status: 400, Text: "Nothing To Publish"}
		}
		return nil, nil
	}
	if asked.ContentType != contentPIDF {
		return nil, bridge.Cause{
			Status: 415, Text: "Unsupported Media Type", Headers: []bridge.Header{{Name: "Accept", Value: contentPIDF}},
		}
	}
	read, err := readDocument(asked.Body)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, bridge.Cause{Status: 413, Text: "Request Entity Too Large", Err: err}
	case err != nil:
		return nil, bridge.Cause{Status: 400, Text: "Bad Presence Document", Err: err}
	}
	return read, nil
}

// store enters, changes, prolongs or removes a publication. mu is held.
func (s *Server) store(asked Publish, read *document, granted time.Duration) (tag string, err error) {
	user := s.user(asked.User)
	user.dropExpired(s.options.Now())
	old := user.publications[asked.Tag]
	switch {
	case asked.Tag != "" && old == nil:
		return "", bridge.Cause{Status: 412, Text: "Conditional Request Failed"}
	case asked.Tag == "" && len(user.publications) >= s.options.MaxPublications:
		return "", bridge.Cause{Status: 403, Text: "Too Many Publications"}
	case user.size()+len(asked.Body) > maxPublished:
		return "", bridge.Cause{Status: 413, Text: "Too Much Published"}
	}
	delete(user.publications, asked.Tag)
	user.document = nil
	tag = rand.Text()[:16]
	if granted == 0 {
		return tag, nil
	}
	s.published++
	fresh := &publication{
		document: read, expires: s.options.Now().Add(granted), source: asked.Source, order: s.published,
		size: len(asked.Body),
	}
	if old != nil {
		fresh.order = old.order
		if read == nil {
			fresh.document, fresh.size = old.document, old.size
		}
	}
	user.publications[tag] = fresh
	return tag, nil
}

// SourceGone ends what came from a source that will not come back.
func (s *Server) SourceGone(source any) {
	s.mu.Lock()
	var news []outgoing
	for name, user := range s.users {
		dropped := false
		for tag, publication := range user.publications {
			if publication.source == source {
				delete(user.publications, tag)
				dropped, user.document = true, nil
			}
		}
		if dropped {
			news = append(news, s.changed(name, Presence)...)
			s.tidy(name)
		}
	}
	s.mu.Unlock()
	s.send(news)
}

// ReachableChanged tells that a user registered his first device or lost his last one.
func (s *Server) ReachableChanged(name string) {
	s.mu.Lock()
	var news []outgoing
	if user, ok := s.users[name]; ok {
		user.document = nil
		news = s.changed(name, Presence)
	}
	s.mu.Unlock()
	s.send(news)
}
