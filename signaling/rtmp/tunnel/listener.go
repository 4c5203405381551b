package tunnel

import (
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"sipbridge/source"
)

const (
	// contentType is that of all requests and answers. No web page of another site can send it unasked.
	contentType = "application/x-fcs"
	// maxBody is the longest body of a request, in bytes.
	maxBody = 128 << 10
	// readPatience is how long what a client sends may wait to be read.
	readPatience = 5 * time.Second
	// idlePatience is how long a client that asks is made wait for something to come.
	idlePatience = 50 * time.Millisecond
	// backlog is how many sessions may wait to be accepted.
	backlog = 16
)

// Options says how a Listener works.
type Options struct {
	// MaxSessions is how many there may be at a time. Default: 1000.
	MaxSessions int
	// MaxPerAddress is how many there may be from one source. Default: 50.
	MaxPerAddress int
	// IdleTimeout ends a session of which nothing is heard. Default: 30 s.
	IdleTimeout time.Duration
}

// Listener takes sessions in. It is the http.Handler of their requests, and the net.Listener that gives them.
type Listener struct {
	options Options
	opened  chan *session
	done    chan struct{}
	closing sync.Once

	mu       sync.Mutex
	sessions map[string]*open   // guarded by mu
	from     map[netip.Addr]int // guarded by mu: sessions from each source
}

// open is a session that can be asked for.
type open struct {
	session *session
	source  netip.Addr
	expires *time.Timer
}

var (
	_ net.Listener = (*Listener)(nil)
	_ http.Handler = (*Listener)(nil)
)

// NewListener makes a Listener.
func NewListener(options Options) *Listener {
	if options.MaxSessions <= 0 {
		options.MaxSessions = 1000
	}
	if options.MaxPerAddress <= 0 {
		options.MaxPerAddress = 50
	}
	if options.IdleTimeout <= 0 {
		options.IdleTimeout = 30 * time.Second
	}
	return &Listener{
		options: options, opened: make(chan *session, backlog), done: make(chan struct{}),
		sessions: make(map[string]*open), from: make(map[netip.Addr]int),
	}
}

// Paths are those that the Listener is the handler of.
func Paths() []string { return []string{"/open/", "/send/", "/idle/", "/close/", "/fcs/"} }

// Accept gives the next session. The error is net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case next := <-l.opened:
		return next, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close takes no more sessions in, and ends those that are there.
func (l *Listener) Close() error {
	l.closing.Do(func() { close(l.done) })
	l.mu.Lock()
	all := make([]string, 0, len(l.sessions))
	for id := range l.sessions {
		all = append(all, id)
	}
	l.mu.Unlock()
	for _, id := range all {
		l.end(id)
	}
	return nil
}

// Addr says that this is no address: sessions come by a web server.
func (l *Listener) Addr() net.Addr { return address("rtmpt") }

type address string

func (address) Network() string  { return "http" }
func (a address) String() string { return string(a) }

// ServeHTTP answers one request of a client.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(r.URL.Path, "/")
	parts := strings.Split(path, "/")
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != contentType {
		http.Error(w, "not RTMPT", http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	switch {
	case len(parts) == 2 && parts[0] == "open":
		l.open(w, r)
	case len(parts) == 3:
		l.asked(w, parts, body)
	default: // /fcs/ident2 too, by which clients ask for another server to go on with
		http.NotFound(w, r)
	}
}

// reply answers with a body that no proxy keeps. Its length is told, however long it is: librtmp reads no chunks.
func reply(w http.ResponseWriter, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that is gone asks for nothing more
}

// open begins a session.
func (l *Listener) open(w http.ResponseWriter, r *http.Request) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "no address", http.StatusBadRequest)
		return
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	next := &session{
		id: rand.Text(), local: local, remote: net.TCPAddrFromAddrPort(from), changed: make(chan struct{}),
	}
	if !l.enter(next, source.Of(from.Addr())) {
		http.Error(w, "too many sessions", http.StatusServiceUnavailable)
		return
	}
	select {
	case l.opened <- next:
		reply(w, []byte(next.id+"\n"))
	default: // nobody accepts them
		l.end(next.id)
		http.Error(w, "too many sessions", http.StatusServiceUnavailable)
	}
}

func (l *Listener) enter(next *session, from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.done:
		return false
	default:
	}
	if len(l.sessions) >= l.options.MaxSessions || l.from[from] >= l.options.MaxPerAddress {
		return false
	}
	l.from[from]++
	l.sessions[next.id] = &open{
		session: next, source: from,
		expires: time.AfterFunc(l.options.IdleTimeout, func() { l.end(next.id) }),
	}
	return true
}

// find gives a session, which then has its whole time again.
func (l *Listener) find(id string) *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.sessions[id]
	if known == nil || !known.expires.Stop() {
		return nil
	}
	known.expires.Reset(l.options.IdleTimeout)
	return known.session
}

// end ends a session, of which nobody can ask for anything more.
func (l *Listener) end(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.sessions[id]
	if known == nil {
		return
	}
	known.expires.Stop()
	_ = known.session.Close() // which never fails
	delete(l.sessions, id)
	if l.from[known.source]--; l.from[known.source] <= 0 {
		delete(l.from, known.source)
	}
}

// asked answers a request about a session.
func (l *Listener) asked(w http.ResponseWriter, parts []string, body []byte) {
	what, id := parts[0], parts[1]
	number, err := strconv.ParseUint(parts[2], 10, 32)
	known := l.find(id)
	if err != nil || known == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	known.asking.Lock()
	defer known.asking.Unlock()
	switch {
	case what == "close":
		l.end(id)
		reply(w, []byte{0})
	case what != "send" && what != "idle":
		http.Error(w, "not RTMPT", http.StatusNotFound)
	case known.answer != nil && number == known.last: // a proxy that got no answer asks again
		reply(w, known.answer)
	case known.answer != nil && number < known.last:
		http.Error(w, "out of order", http.StatusBadRequest)
	default:
		known.last = number
		l.exchange(w, known, what, body)
	}
}

// exchange takes what the client sends, and gives what there is for it.
func (l *Listener) exchange(w http.ResponseWriter, known *session, what string, body []byte) {
	patience := idlePatience
	if what == "send" {
		patience = 0
		if !known.receive(body, readPatience) {
			l.end(known.id)
			http.Error(w, "the session is over", http.StatusNotFound)
			return
		}
	}
	data, alive := known.take(patience)
	if !alive {
		l.end(known.id)
		http.Error(w, "the session is over", http.StatusNotFound)
		return
	}
	known.answer = append([]byte{known.interval(len(data))}, data...)
	reply(w, known.answer)
}

// interval says how soon the client is to ask again: the sooner, the more there is. The longest is what Flash takes for
// half a second.
func (s *session) interval(size int) byte {
	const shortest, longest = 0x01, 0x21
	if size > 0 {
		s.empty = 0
		return shortest
	}
	s.empty++
	return byte(min(shortest+2*(s.empty/8), longest))
}
