package main

import (
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/configs"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/sipua/digest"
)

const withFlash = `
listen: {http: "127.0.0.1:0", sip_udp: "127.0.0.1:0", sip_tcp: "127.0.0.1:0", rtmp: "127.0.0.1:0", rtmps: "127.0.0.1:0"}
media: {webrtc_ports: 33000-33999, rtp_ports: 34000-34999}
users: [{name: alice, password: secret}, {name: bob, ha1: %s}]
flash: {tunnel: true}
`

// TestFlashPhones lets two Flash phones log in to the whole service, one with a stored hash, and call each other
// and echo.
func TestFlashPhones(t *testing.T) {
	hash := digest.HA1(digest.MD5, "bob", "localhost", "other")
	r := start(t, strings.ReplaceAll(withFlash, "%s", hash))
	address := r.flash(t, "rtmp")
	alice := rtmptest.Login(t, address, "alice@localhost", "secret")
	bob := rtmptest.Login(t, address, "bob@localhost", "other")
	secure := rtmptest.Dial(t, r.flash(t, "rtmps"), rtmptest.Options{TLS: true})
	if answer := secure.Connect("sip/alice@localhost", "alice", "wrong"); answer.Name != "_error" {
		t.Errorf("a wrong password over TLS is answered %+v", answer)
	}
	secure.AwaitEnd()
	alice.Call("invite", "bob", "pcmu")
	bob.Await("invited")
	bob.Call("accept", "pcmu")
	alice.Await("accepted")
	if metrics := get(t, http.DefaultClient, r.page(t)+"metrics"); !strings.Contains(metrics, "sipbridge_rtmp_users 2") {
		t.Error("the metrics do not count the Flash phones")
	}
	bob.Call("bye")
	alice.Await("byed")
	tunnelled(t, r.page(t))
	alice.Call("invite", "echo")
	alice.Await("accepted")
	alice.Play("remote")
	stream := alice.Publish("local")
	frame := append([]byte{0xb2}, make([]byte, 70)...)
	alice.Speak(stream, 0, frame)
	if heard := alice.AwaitHeard(1)[0]; heard.Payload[0] != 0xb2 || len(heard.Payload) != len(frame) {
		t.Errorf("echo says %x", heard.Payload)
	}
	for range 5 {
		rtmptest.Dial(t, address, rtmptest.Options{}).Connect("sip/alice@localhost", "alice", "wrong")
	}
	guessing := rtmptest.Dial(t, address, rtmptest.Options{})
	if answer := guessing.Connect("sip/alice@localhost", "alice", "secret"); answer.Name != "_error" {
		t.Errorf("who guesses is answered %+v", answer)
	}
	rtmptest.Login(t, address, "bob@localhost", "other") // from the same address
}

// TestFlashGuests: a Flash phone without a password calls a user, but not echo, where strangers may call; elsewhere it
// is not let in.
func TestFlashGuests(t *testing.T) {
	for _, strangers := range []bool{true, false} {
		r := start(t, fmt.Sprintf(withFlash+"security: {strangers: %t}\n", strings.Repeat("a", 32), strangers))
		address := r.flash(t, "rtmp")
		guest := rtmptest.Dial(t, address, rtmptest.Options{})
		answer := guest.Connect("sip/carol@elsewhere.test", "", "", "Carol")
		if !strangers {
			if answer.Name != "_error" || !strings.Contains(fmt.Sprint(answer.Args), "401 Unauthorized") {
				t.Errorf("a guest is answered %+v", answer)
			}
			continue
		}
		alice := rtmptest.Login(t, address, "alice@localhost", "secret")
		guest.Call("invite", "echo")
		if said := guest.Await("rejected"); said.Args[0] != "404 Not Found" {
			t.Errorf("a call to echo is rejected with %v", said.Args)
		}
		guest.Call("invite", "alice", "pcmu")
		if said := alice.Await("invited"); said.Args[0] != `"Carol" <sip:carol@elsewhere.test>` {
			t.Errorf("alice is called by %v", said.Args)
		}
		alice.Call("accept", "pcmu")
		guest.Await("accepted")
	}
}

// tunnelled opens a session through the web server, and closes it.
func tunnelled(t *testing.T, page string) {
	t.Helper()
	post := func(path string) string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+path, strings.NewReader("\x00"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-fcs")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s is answered %d %q, %v", path, response.StatusCode, body, err)
		}
		return strings.TrimSpace(string(body))
	}
	post("close/" + post("open/1") + "/1")
}

func TestVerify(t *testing.T) {
	t.Parallel()
	users := newAccounts(&configs.Config{Users: []configs.User{
		{Name: "alice", Domain: "test", Password: "secret"},
		{Name: "bob", Domain: "test", HA1: strings.ToUpper(digest.HA1(digest.MD5, "bob", "test", "other"))},
		{Name: "carol", Domain: "test"},
	}}, func(host string) string { return host })
	for _, test := range []struct {
		user, password string
		want           bool
	}{
		{"alice", "secret", true},
		{"alice", "other", false},
		{"alice", "", false},
		{"bob", "other", true},
		{"bob", "", false},
		{"carol", "", false},
	} {
		if got := users.Verify(test.user, "test", test.password); got != test.want {
			t.Errorf("%s with %q: %v", test.user, test.password, got)
		}
		salted := fmt.Sprintf("%X", md5.Sum([]byte("salt:"+test.password)))
		if got := users.VerifySalted(test.user, "test", "salt", salted); got != (test.want && test.user == "alice") {
			t.Errorf("%s with salted %q: %v", test.user, test.password, got) // of bob only another hash is known
		}
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	user, stream := bridge.Target{URI: "sip:live-cam@user"}, bridge.Target{URI: "sip:live-cam@stream"}
	asked := fallback{
		first: bridgetest.Directory{"live-cam@test": {user}},
		then:  bridgetest.Directory{"live-cam@test": {stream}, "live-b@test": {stream}},
	}
	if targets, known := asked.Lookup("live-cam", "test"); !known || len(targets) != 1 || targets[0] != user {
		t.Errorf("the user is at %v", targets)
	}
	if targets, known := asked.Lookup("live-b", "test"); !known || len(targets) != 1 || targets[0] != stream {
		t.Errorf("the stream is at %v", targets)
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	first := bridge.Target{URI: "sip:alice@first"}
	second := bridge.Target{URI: "sip:alice@second"}
	joined := directories{
		bridgetest.Directory{"alice@test": {first}, "bob@test": nil}, bridgetest.Directory{"alice@test": {second}},
	}
	if targets, known := joined.Lookup("alice", "test"); !known || len(targets) != 2 || targets[1] != second {
		t.Errorf("alice is at %v, known %v", targets, known)
	}
	if targets, known := joined.Lookup("bob", "test"); !known || len(targets) > 0 {
		t.Errorf("bob is at %v, known %v", targets, known)
	}
	if _, known := joined.Lookup("carol", "test"); known {
		t.Error("carol is known")
	}
}
