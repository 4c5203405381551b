package rtmp

import (
	"testing"
	"time"

	"sipbridge/bridge"
)

// namesake is who publishes, on a connection that was silent for a while.
func namesake(silent time.Duration) *publisher {
	server := &Server{options: Options{IdleTimeout: time.Minute}}
	return &publisher{conn: &conn{server: server, began: time.Now().Add(-silent), done: make(chan struct{})}}
}

// TestWhoGivesWay: a name passes to another connection only if nothing comes from the one that has it, and that of a
// stream with a key never to somebody who does not know the key.
func TestWhoGivesWay(t *testing.T) {
	t.Parallel()
	options := LiveOptions{
		Streams: []LiveStream{{Name: "studio", Key: "right", User: "alice@test"}}, Strangers: true, Domain: "test",
	}
	for _, test := range []struct {
		name   string
		has    publication
		silent time.Duration
		wants  publication
		reason string
	}{
		{"it speaks", publication{name: "cam"}, time.Second, publication{name: "cam"}, "Stream name already in use"},
		{"it is silent", publication{name: "cam"}, 11 * time.Second, publication{name: "cam"}, ""},
		{
			"its owner comes again",
			publication{name: "studio", key: "right"},
			11 * time.Second,
			publication{name: "studio", key: "right"},
			"",
		},
		{"a stranger", publication{name: "studio", key: "right"}, time.Hour, publication{name: "studio"}, streamForbidden},
		{
			"a wrong key",
			publication{name: "studio", key: "right"},
			time.Hour,
			publication{name: "studio", key: "wrong"},
			streamForbidden,
		},
	} {
		streams := newLiveStreams(options, func(host string) (string, bool) { return host, true })
		before, after := namesake(test.silent), namesake(0)
		had, reason := streams.open(test.has, before)
		if reason != "" {
			t.Fatal(reason)
		}
		had.Call("sip:phone@test", func(bridge.Cause) {}) // who listens
		_, reason = streams.open(test.wants, after)
		if reason != test.reason {
			t.Errorf("%s: it hears %q", test.name, reason)
		}
		by := streams.streams[test.has.name].by
		dropped := false
		select {
		case <-before.conn.done:
			dropped = true
		default:
		}
		if gave := reason == ""; by == after != gave || dropped != gave || had.Listeners() == 0 != gave {
			t.Errorf("%s: it gave way: %v, it is dropped: %v, %d listen", test.name, by == after, dropped, had.Listeners())
		}
		if streams.shut(test.has.name, had); streams.count() == 0 != (reason != "") {
			t.Errorf("%s: the end of the old one leaves %d", test.name, streams.count())
		}
	}
}
