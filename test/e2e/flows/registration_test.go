package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// registering is a phone of Bob that registers, as in RFC 3665 section 2.
type registering struct {
	*raw

	number int
}

// TestRegistrations are the flows of RFC 3665 section 2, one after the other: over TLS, as the RFC has them, and over
// UDP and TCP. The service asks for SHA-256 on each.
func TestRegistrations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, word := range []string{"UDP", "TCP", "TLS"} {
		t.Run(word, func(t *testing.T) {
			bob := &registering{raw: w.newRawOn(t, "bob", word)}
			first, second := "<sip:bob@"+bob.address()+">", "<sip:bob.builder@"+bob.address()+">"
			flow := func(name string, play func()) {
				t.Run(name, func(t *testing.T) {
					bob.t = t
					play()
				})
			}
			flow("2.1 Successful New Registration", func() {
				bob.mustBeBound(bob.register("Builder-2!", "Contact: "+first), first)
			})
			flow("2.2 Update of Contact List", func() {
				bob.mustBeBound(bob.register("Builder-2!", "Contact: "+second), first, second)
			})
			flow("2.3 Request for Current Contact List", func() {
				bob.mustBeBound(bob.register("Builder-2!"), first, second)
			})
			flow("2.4 Cancellation of Registration", func() {
				bob.mustBeBound(bob.register("Builder-2!", "Contact: *", "Expires: 0"))
			})
			flow("2.5 Unsuccessful Registration", func() {
				if answer := bob.register("wrong", "Contact: "+first); !strings.HasPrefix(answer, "SIP/2.0 401") {
					t.Errorf("a wrong password is answered\n%s", answer)
				}
			})
		})
	}
}

// register sends a REGISTER, answers the challenge, and gives the final response.
func (r *registering) register(password string, more ...string) string {
	r.t.Helper()
	const uri, who = "sip:localhost", "<sip:bob@localhost>"
	r.number++
	r.send("", r.request("REGISTER", uri, fmt.Sprintf("%s;tag=a%d", who, r.number), who, r.number, more...)...)
	challenge := header(r.await("SIP/2.0 401"), "WWW-Authenticate")
	r.number++
	more = append(more, "Authorization: "+authorization(challenge, "bob", password, "REGISTER", uri))
	r.send("", r.request("REGISTER", uri, fmt.Sprintf("%s;tag=a%d", who, r.number), who, r.number, more...)...)
	for {
		answer := r.await("SIP/2.0 ")
		if strings.HasPrefix(header(answer, "CSeq"), fmt.Sprint(r.number)) {
			return answer
		}
	}
}

// mustBeBound: the 200 lists these contacts, each with its expiry, and no other.
func (r *registering) mustBeBound(answer string, want ...string) {
	r.t.Helper()
	if !strings.HasPrefix(answer, "SIP/2.0 200") {
		r.t.Fatalf("not registered:\n%s", answer)
	}
	var contacts []string
	for line := range strings.Lines(answer) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "Contact: "); ok {
			contact, expires, _ := strings.Cut(value, ">;expires=")
			if expires == "" || strings.HasPrefix(expires, "0") {
				r.t.Errorf("%s says nothing of when it expires", value)
			}
			contacts = append(contacts, contact+">")
		}
	}
	slices.Sort(contacts)
	slices.Sort(want)
	if !slices.Equal(contacts, want) {
		r.t.Errorf("bound are %q, want %q", contacts, want)
	}
}
