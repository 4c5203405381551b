package transaction

import "testing"

func FuzzQuotedKey(f *testing.F) {
	f.Add([]byte("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport\r\nMax-"))
	f.Add([]byte("ACK\r\nVia:;branch=\r\n"))
	f.Fuzz(func(t *testing.T, quoted []byte) {
		if key, ok := quotedKey(quoted); ok && len(key) > len(quoted)+2 {
			t.Errorf("%q", key)
		}
	})
}
