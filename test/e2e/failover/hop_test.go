package failover

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/sipp"
)

// TestCallMovesToANamedContact: one server answers, and its Contact or Record-Route is the name of another, which gets
// the ACK and the BYE.
func TestCallMovesToANamedContact(t *testing.T) {
	for which, reply := range map[string]sipp.Reply{
		"Contact":      {Contact: "sip:phone@home.test"},
		"Record-Route": {Headers: []string{"Record-Route: <sip:home.test;lr>"}},
	} {
		t.Run(which, func(t *testing.T) {
			front, home := freePort(t), freePort(t)
			dns := startDNS(t, []string{
				fmt.Sprintf("srv-host=_sip._udp.home.test,host.%s,%d,10,10", name, home),
			}, front)
			w := newWorld(t, setting{dns: dns.Address})
			answers := script(t, sipp.Options{Port: front}, func(media sipp.Media) []sipp.Step {
				reply.Code, reply.Reason, reply.SDP = 200, "OK", media.SDP(1, "sendrecv")
				return []sipp.Step{reply.Step(), sipp.AwaitGoOn()}
			})
			goesOn := script(t, sipp.Options{Port: home, Inherits: true}, func(sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Await("ACK"), sipp.AwaitBye()}
			})
			w.call(t, "name")
			must(t, goesOn.Wait(limit))
			must(t, answers.GoOn(limit))
			must(t, answers.Wait(limit))
			for _, message := range answers.Messages() {
				if !message.Sent && (strings.HasPrefix(message.Text, "ACK ") || strings.HasPrefix(message.Text, "BYE ")) {
					t.Errorf("the server that answered got\n%s", message.Text)
				}
			}
			w.mustHaveFailedOver(t, 0)
		})
	}
}

// TestServerDiesInACall: the call was moved to a name of two servers. The first one dies, or says nothing any more; the
// second one gets the same BYE.
func TestServerDiesInACall(t *testing.T) {
	for how, first := range map[string]func(t *testing.T, port int){
		"gone": func(t *testing.T, port int) {
			t.Helper()
			script(t, sipp.Options{Port: port, Inherits: true}, func(sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Await("ACK")}
			})
		},
		"silent": func(t *testing.T, port int) {
			t.Helper()
			conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
			must(t, err)
			t.Cleanup(func() { _ = conn.Close() })
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			front, dies, lives := freePort(t), freePort(t), freePort(t)
			dns := startDNS(t, []string{
				fmt.Sprintf("srv-host=_sip._udp.home.test,host.%s,%d,10,10", name, dies),
				fmt.Sprintf("srv-host=_sip._udp.home.test,host.%s,%d,20,10", name, lives),
			}, front)
			w := newWorld(t, setting{dns: dns.Address, silence: map[string]time.Duration{"silent": silence}[how]})
			first(t, dies)
			script(t, sipp.Options{Port: front}, func(media sipp.Media) []sipp.Step {
				reply := sipp.Reply{
					Code: 200, Reason: "OK", SDP: media.SDP(1, "sendrecv"), Contact: "sip:phone@home.test",
				}
				return []sipp.Step{reply.Step(), sipp.AwaitGoOn()}
			})
			goesOn := script(t, sipp.Options{Port: lives, Inherits: true}, func(sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.AwaitBye()}
			})
			w.call(t, "name")
			must(t, goesOn.Wait(limit))
			w.mustHaveFailedOver(t, 1)
		})
	}
}
