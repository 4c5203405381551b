package sipua

import "testing"

// TestWhereResponsesGo: back on a connection; on UDP to the port where the request came from if its sender asked for
// that (RFC 3581), else to the port that its Via names, at the address it came from (RFC 3261 section 18.2.2).
func TestWhereResponsesGo(t *testing.T) {
	const from, named = "192.0.2.9:5070", "192.0.2.9:5080"
	for _, test := range []struct {
		name, word, via string
		there           string // the address that gets the response
		top             string // its first Via
	}{
		{"asked for", "UDP", "192.0.2.9:5080;rport", from, "192.0.2.9:5080;branch=z9hG4bKp;rport=5070"},
		{
			"behind a NAT", "UDP", "10.0.0.1:5080;rport",
			from, "10.0.0.1:5080;branch=z9hG4bKp;received=192.0.2.9;rport=5070",
		},
		{
			"a lie", "UDP", "10.0.0.1:5080;rport=7;received=10.0.0.2",
			from, "10.0.0.1:5080;branch=z9hG4bKp;received=192.0.2.9;rport=5070",
		},
		{"named", "UDP", "192.0.2.9:5080", named, "192.0.2.9:5080;branch=z9hG4bKp"},
		{"named at another address", "UDP", "10.0.0.1:5080", named, "10.0.0.1:5080;branch=z9hG4bKp;received=192.0.2.9"},
		{"a connection", "TCP", "192.0.2.9:5080", from, "192.0.2.9:5080;branch=z9hG4bKp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSetup(t)
			peers := map[string]*peer{from: s.peer(test.word, from), named: s.peer(test.word, named)}
			request := plain(peers[from], "OPTIONS", "sip:nowhere.example")
			request[1] = "Via: SIP/2.0/" + test.word + " " + test.via + ";branch=z9hG4bKp"
			peers[from].say("", request...)
			via := peers[test.there].status(200).Via()
			if got := via.Value(); got != "SIP/2.0/"+test.word+" "+test.top {
				t.Errorf("Via %s", got)
			}
			for address, other := range peers {
				if address != test.there {
					other.quiet()
				}
			}
		})
	}
}
