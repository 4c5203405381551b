package trunk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/digest"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// server is a trunk that answers REGISTERs as told; the last answer stands for all that follow.
type server struct {
	start   time.Time
	answers []func(request *sip.Request) *sip.Response
	sent    []*sip.Request
	at      []time.Duration // when each was sent, since the start
	moves   bool            // after the first request our address is another one
	way     transport.Flow  // brings the answers
}

var errUnreachable = errors.New("unreachable")

func (s *server) SendRegister(_ context.Context, _ *trunk.Trunk, token string, prepare func(sip.Uri) *sip.Request,
) (*sip.Response, transport.Flow, error) {
	host := "192.0.2.1"
	if s.moves && len(s.sent) > 0 {
		host = "203.0.113.7"
	}
	request := prepare(sip.Uri{Scheme: "sip", User: token, Host: host, Port: 5060})
	s.sent = append(s.sent, request)
	s.at = append(s.at, time.Since(s.start))
	answer := s.answers[min(len(s.sent), len(s.answers))-1]
	if answer == nil {
		return nil, nil, errUnreachable
	}
	return answer(request), s.way, nil
}

// respond answers with a status and headers, written "Name: value".
func respond(status int, headers ...string) func(*sip.Request) *sip.Response {
	return func(*sip.Request) *sip.Response {
		response := sip.NewResponse(status, "Test")
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			response.AppendHeader(sip.NewHeader(name, value))
		}
		return response
	}
}

// grant answers 200 with the contact, and what else there is.
func grant(expires string, headers ...string) func(*sip.Request) *sip.Response {
	return func(request *sip.Request) *sip.Response {
		response := respond(200, headers...)(request)
		uri := sip.Uri{Scheme: "sip", User: "other", Host: "192.0.2.9"}
		other := &sip.ContactHeader{Address: uri, Params: sip.NewParams()}
		other.Params.Add("expires", "7")
		response.AppendHeader(other)
		contact, ok := sip.HeaderClone(request.GetHeaders("Contact")[0]).(*sip.ContactHeader)
		if !ok {
			return response
		}
		if expires != "" {
			contact.Params = sip.NewParams()
			contact.Params.Add("expires", expires)
		}
		response.AppendHeader(contact)
		return response
	}
}

const challenge = `WWW-Authenticate: Digest realm="carrier.test", nonce="abc", qop="auth", algorithm=SHA-256`

// run registers for a while, then ends it.
func run(t *testing.T, length time.Duration, answers ...func(*sip.Request) *sip.Response) (*server, trunk.State) {
	t.Helper()
	carrier, err := trunk.New(trunk.Options{
		Name: "Carrier", NextHops: []string{"sip:192.0.2.50"}, Domain: "carrier.test", Register: true,
		Account: "4930", Login: digest.Login{User: "4930", Password: "secret"}, Expires: 10 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{start: time.Now(), answers: answers}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	registration := trunk.NewRegistration(carrier, s, slog.New(slog.DiscardHandler))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		registration.Run(ctx, 0)
	}()
	time.Sleep(length - time.Millisecond)
	state := registration.State()
	<-ended
	if registration.State().Registered {
		t.Error("it is registered after the end")
	}
	return s, state
}

func TestRegistrationIsRefreshedAndEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, state := run(t, 250*time.Second,
			grant("100", "Service-Route: <sip:a.test;lr>,<sip:b.test;lr>", "Service-Route: bad, <sip:c.test;lr>"))
		var routes []string
		for _, route := range state.ServiceRoute {
			routes = append(routes, route.String())
		}
		if !state.Registered || state.Failures != 0 ||
			!slices.Equal(routes, []string{"sip:a.test;lr", "sip:b.test;lr"}) {
			t.Errorf("the state is %+v", state)
		}
		if len(s.sent) < 3 || len(s.sent) > 5 {
			t.Fatalf("%d were sent in 250 s, at %v", len(s.sent), s.at)
		}
		for i, request := range s.sent {
			if request.CSeq().SeqNo != uint32(i+1) || request.CallID().Value() != s.sent[0].CallID().Value() {
				t.Errorf("request %d has %v and %v", i, request.CSeq(), request.CallID())
			}
			if request.Recipient.String() != "sip:carrier.test" || request.To().Address.String() != "sip:4930@carrier.test" {
				t.Errorf("request %d is for %v, %v", i, &request.Recipient, request.To())
			}
		}
		for i := 1; i < len(s.at)-1; i++ {
			if wait := s.at[i] - s.at[i-1]; wait < 80*time.Second || wait > 90*time.Second {
				t.Errorf("a registration of 100 s was refreshed after %v", wait)
			}
		}
		last := s.sent[len(s.sent)-1]
		if last.GetHeader("Expires").Value() != "0" || s.sent[0].GetHeader("Expires").Value() != "600" {
			t.Errorf("the last one asks for %v", last.GetHeader("Expires"))
		}
	})
}

// TestRegistrationAnswers: what else a server may say before it registers us.
func TestRegistrationAnswers(t *testing.T) {
	t.Parallel()
	stale := strings.Replace(challenge, "abc", "def", 1) + ", stale=true"
	for _, test := range []struct {
		name       string
		answers    []func(*sip.Request) *sip.Response
		sent       int // in the first second, before the end
		registered bool
	}{
		{"challenged", []func(*sip.Request) *sip.Response{respond(401, challenge), grant("600")}, 2, true},
		{"by a proxy", []func(*sip.Request) *sip.Response{
			respond(407, strings.Replace(challenge, "WWW", "Proxy", 1)), grant("600"),
		}, 2, true},
		{"stale", []func(*sip.Request) *sip.Response{respond(401, challenge), respond(401, stale), grant("600")}, 3, true},
		{"too brief", []func(*sip.Request) *sip.Response{respond(423, "Min-Expires: 1800"), grant("1800")}, 2, true},
		{"too brief for ever", []func(*sip.Request) *sip.Response{respond(423, "Min-Expires: 1800")}, 2, false},
		{"too brief without a time", []func(*sip.Request) *sip.Response{respond(423)}, 1, false},
		{"expires header", []func(*sip.Request) *sip.Response{grant("", "Expires: 300")}, 1, true},
		{"no time at all", []func(*sip.Request) *sip.Response{grant("")}, 1, true},
		{"not our contact", []func(*sip.Request) *sip.Response{respond(200, "Contact: <sip:other@192.0.2.9>")}, 1, false},
		{"challenged for ever", []func(*sip.Request) *sip.Response{respond(401, challenge)}, 3, false},
		{"another realm", []func(*sip.Request) *sip.Response{respond(401)}, 1, false},
		{"auth-int", []func(*sip.Request) *sip.Response{
			respond(401, strings.Replace(challenge, `"auth"`, `"auth-int"`, 1)),
		}, 1, false},
		{"silent", []func(*sip.Request) *sip.Response{nil}, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, state := run(t, time.Second, test.answers...)
				sent := len(s.sent)
				if state.Registered {
					sent-- // the end of it
				}
				if state.Registered != test.registered || sent != test.sent {
					t.Errorf("registered: %v, after %d requests", state.Registered, sent)
				}
			})
		})
	}
}

// TestRegistrationBacksOff is the bar for a server that fails: at most one try in 30 s after five failures.
func TestRegistrationBacksOff(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*sip.Request) *sip.Response{
		"silent": nil, "500": respond(500), "401 without challenge": respond(401),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, state := run(t, time.Hour, answer)
				if len(s.at) < 8 || state.Failures != uint64(len(s.at)) || state.Registered {
					t.Fatalf("in an hour it tried at %v: %+v", s.at, state)
				}
				for i := 5; i < len(s.at); i++ {
					if wait := s.at[i] - s.at[i-1]; wait < 30*time.Second || wait > 450*time.Second {
						t.Errorf("the wait after %d failures is %v", i, wait)
					}
				}
			})
		})
	}
	t.Run("as told", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, _ := run(t, time.Hour, respond(503, "Retry-After: 1200 (maintenance);duration=5"))
			if len(s.at) != 3 {
				t.Errorf("told to wait 1200 s it tried at %v", s.at)
			}
		})
	})
}

func TestRegistrationStopsWhenRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, state := run(t, 24*time.Hour, respond(401, challenge), respond(403))
		if len(s.sent) != 2 || !state.Refused || state.Registered {
			t.Errorf("after a 403 it tried at %v: %+v", s.at, state)
		}
	})
}

// connection is a flow of which only its identity counts.
type connection struct{ number int }

func (connection) Send([]byte) error          { return nil }
func (connection) Close()                     {}
func (connection) Done() <-chan struct{}      { return make(chan struct{}) }
func (connection) Transport() string          { return "TCP" }
func (connection) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (connection) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.50:5060") }

// TestRegistrationIsMadeAgain when its connection is lost, and no other: soon but not at once, and once for all such
// news.
func TestRegistrationIsMadeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{start: time.Now(), answers: []func(*sip.Request) *sip.Response{grant("3600")}, way: connection{1}}
		carrier := newTrunk(t, trunk.Options{Account: "4930", Register: true})
		registration := trunk.NewRegistration(carrier, s, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			registration.Run(ctx, 0)
		}()
		time.Sleep(time.Minute)
		registration.FlowClosed(connection{2})
		time.Sleep(time.Minute)
		registration.FlowClosed(s.way)
		registration.Again()
		time.Sleep(10 * time.Minute)
		cancel()
		<-ended
		if len(s.at) != 3 || s.at[1] < 121*time.Second || s.at[1] > 123*time.Second {
			t.Errorf("lost after 120 s, it registered at %v", s.at)
		}
	})
}

// TestRegistrationsDoNotMarch: many that fail at once, or were refreshed at once, do not come again at once.
func TestRegistrationsDoNotMarch(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*sip.Request) *sip.Response{"failing": respond(500), "fine": grant("600")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				perSecond := make(map[string]int)
				for range 200 {
					s, _ := run(t, 550*time.Second, answer)
					perSecond[fmt.Sprint(s.at[1].Truncate(100*time.Millisecond))]++
				}
				for when, count := range perSecond {
					if count > 100 {
						t.Errorf("%d of 200 come again at %s", count, when)
					}
				}
			})
		})
	}
}

// TestRegistrationMoves: when our address has changed, the contact at the former one goes with the same request.
func TestRegistrationMoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		carrier, err := trunk.New(trunk.Options{
			Name: "Carrier", NextHops: []string{"sip:192.0.2.50"}, Domain: "carrier.test", Register: true,
			Account: "4930", Login: digest.Login{User: "4930", Password: "secret"}, Expires: 10 * time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &server{start: time.Now(), moves: true, answers: []func(*sip.Request) *sip.Response{grant("600")}}
		ctx, cancel := context.WithCancel(t.Context())
		registration := trunk.NewRegistration(carrier, s, slog.New(slog.DiscardHandler))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			registration.Run(ctx, 0)
		}()
		time.Sleep(time.Second)
		for range 2 {
			registration.Again()
			time.Sleep(20 * time.Second)
		}
		cancel()
		<-ended
		var contacts []string
		for _, request := range s.sent {
			for _, contact := range request.GetHeaders("Contact") {
				contacts = append(contacts, strings.ReplaceAll(contact.Value(), registration.Token(), "us"))
			}
			contacts = append(contacts, "Expires "+request.GetHeader("Expires").Value())
		}
		want := []string{
			"<sip:us@192.0.2.1:5060>", "Expires 600",
			"<sip:us@203.0.113.7:5060>", "<sip:us@192.0.2.1:5060>;expires=0", "Expires 600",
			"<sip:us@203.0.113.7:5060>", "Expires 600",
			"<sip:us@203.0.113.7:5060>", "Expires 0",
		}
		if !slices.Equal(contacts, want) {
			t.Errorf("got\n%s", strings.Join(contacts, "\n"))
		}
	})
}
