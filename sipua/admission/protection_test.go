package admission

import "testing"

// TestIsScanner by what a message says of its program, well formed or not.
func TestIsScanner(t *testing.T) {
	t.Parallel()
	c := New(Options{Protection: Protection{Scanners: []string{"friendly-scanner", "SIPVicious"}}})
	found := uint64(0)
	for lines, want := range map[string]bool{
		"User-Agent: friendly-scanner":            true,
		"USER-AGENT : Friendly-Scanner/1":         true,
		"Broken\r\nuser-agent:sipvicious":         true,
		"User-Agent: baresip":                     false,
		"Subject: User-Agent: friendly-scanner":   false,
		"User-Agents: friendly-scanner":           false,
		"\r\nUser-Agent: friendly-scanner":        false, // in the body
		"User-Agent: x\r\nUser-Agent: sipvicious": false,
		"": false,
	} {
		if got := c.IsScanner([]byte("\r\nOPTIONS sip:x SIP/2.0\r\n" + lines)); got != want {
			t.Errorf("%q: %v", lines, got)
		}
		if want {
			found++
		}
	}
	if got := c.Stats().Scanners; got != found {
		t.Errorf("%d are counted, want %d", got, found)
	}
	if New(Options{}).IsScanner([]byte("\r\nUser-Agent: friendly-scanner")) {
		t.Error("nobody asked to look for it")
	}
}

func FuzzUserAgent(f *testing.F) {
	f.Add([]byte("OPTIONS sip:x SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n"))
	f.Add([]byte("\r\nUser-Agent\t: x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if name, found := userAgentOf(raw); !found && name != "" {
			t.Error("a name that was not found")
		}
	})
}
