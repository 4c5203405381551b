package failover

import (
	"fmt"
	"strings"
	"testing"

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
			w := newWorld(t, dns.Address, 0)
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
