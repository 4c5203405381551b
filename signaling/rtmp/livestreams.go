package rtmp

import (
	"crypto/subtle"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/live"
)

// LivePrefix stands before the name of a published stream where it is called.
const LivePrefix = "live-"

// LiveStream is a stream that may be published with a key.
type LiveStream struct {
	// Name is the one in the URL.
	Name string
	// Key is what ?key= in the URL must say.
	Key string
	// User, "name@domain", is who places the calls of the stream.
	User string
}

// LiveOptions says who may publish streams.
type LiveOptions struct {
	// Streams have keys, and are heard by users and configured servers only.
	Streams []LiveStream
	// Strangers lets anybody publish under any other name; what he calls is the call of a stranger.
	Strangers bool
	// Domain is where streams are that belong to nobody, and whom they call by a bare name or number.
	Domain string
}

var _ bridge.Directory = (*LiveStreams)(nil)

// LiveStreams are the streams that are being published. It is the bridge.Directory of those who dial live-<name>.
type LiveStreams struct {
	options LiveOptions
	domain  func(host string) (canonical string, ok bool)

	// mu guards what follows.
	mu      sync.Mutex
	streams map[string]published
}

// published is a stream and who publishes it.
type published struct {
	*live.Stream

	by *publisher
}

func newLiveStreams(options LiveOptions, domain func(string) (string, bool)) *LiveStreams {
	return &LiveStreams{options: options, domain: domain, streams: make(map[string]published)}
}

// Lookup gives the stream of a name at any of our domains.
func (l *LiveStreams) Lookup(user, domain string) (targets []bridge.Target, known bool) {
	canonical, ours := l.domain(domain)
	name, ok := strings.CutPrefix(user, LivePrefix)
	if !ours || !ok {
		return nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.streams[name]; ok {
		return []bridge.Target{{Endpoint: known.Stream, URI: "sip:" + user + "@" + canonical}}, true
	}
	_, known = l.configured(name)
	return nil, known
}

func (l *LiveStreams) configured(name string) (LiveStream, bool) {
	for _, stream := range l.options.Streams {
		if stream.Name == name {
			return stream, true
		}
	}
	return LiveStream{}, false
}

// owner gives the user of a configured stream, if the key is right.
func (l *LiveStreams) owner(wanted publication) (user string, ok bool) {
	known, configured := l.configured(wanted.name)
	return known.User, configured && subtle.ConstantTimeCompare([]byte(known.Key), []byte(wanted.key)) == 1
}

// count is how many there are.
func (l *LiveStreams) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.streams)
}

// streamForbidden is what those hear who may not publish under a name: a wrong key and an unknown name sound the same.
const streamForbidden = "403 Forbidden"

// open begins a stream, or says in the words of a publisher why not. A name that is in use is given to another only if
// nothing comes any more from who has it: an encoder that lost its network comes again before the old connection is
// known to be dead.
func (l *LiveStreams) open(wanted publication, by *publisher) (stream *live.Stream, reason string) {
	options := live.Options{Transport: "RTMP", Party: bridge.Party{
		Name: wanted.name, URI: "sip:" + LivePrefix + wanted.name + "@" + l.options.Domain,
	}}
	known, configured := l.configured(wanted.name)
	switch {
	case configured && subtle.ConstantTimeCompare([]byte(known.Key), []byte(wanted.key)) != 1:
		return nil, streamForbidden
	case configured:
		options.Origin, options.User, options.Private = bridge.OriginUser, known.User, true
		options.Party.URI = "sip:" + known.User
	case !l.options.Strangers || wanted.key != "":
		return nil, streamForbidden
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := l.streams[wanted.name]; ok {
		if !before.by.conn.silent() {
			return nil, "Stream name already in use"
		}
		before.Close(bridge.Normal())
		before.by.conn.drop()
	}
	stream = live.NewStream(options)
	l.streams[wanted.name] = published{stream, by}
	return stream, ""
}

// shut ends a stream.
func (l *LiveStreams) shut(name string, stream *live.Stream) {
	l.mu.Lock()
	if l.streams[name].Stream == stream {
		delete(l.streams, name)
	}
	l.mu.Unlock()
	stream.Close(bridge.Normal())
}

// publication is what a publisher asks for: name?to=target&key=secret.
type publication struct {
	name, key string
	// to is whom to call; empty for nobody.
	to string
}

var publishedName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// parsePublication reads the name of a stream with its query; some encoders put the query behind the application.
func parsePublication(app, name string) (wanted publication, ok bool) {
	_, before, _ := strings.Cut(app, "?")
	name, after, _ := strings.Cut(name, "?")
	for pair := range strings.SplitSeq(before+"&"+after, "&") {
		key, value, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(value) // a plus is a plus: it begins telephone numbers
		if err != nil {
			return publication{}, false
		}
		switch key {
		case "to":
			wanted.to = value
		case "key":
			wanted.key = value
		}
	}
	wanted.name = name
	return wanted, publishedName.MatchString(name) && len(wanted.key) <= maxText && len(wanted.to) <= maxText
}
