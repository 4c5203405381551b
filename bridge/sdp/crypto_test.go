package sdp_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
)

const secured = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 0\r\n"

// cryptoOf reads what stands behind "a=crypto:" in a section.
func cryptoOf(t *testing.T, values ...string) []sdp.Crypto {
	t.Helper()
	var text strings.Builder
	text.WriteString(secured)
	for _, value := range values {
		text.WriteString("a=crypto:" + value + "\r\n")
	}
	session, err := sdp.Parse([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return session.Media[0].Crypto
}

func inline(octets int) string {
	return "inline:" + base64.StdEncoding.EncodeToString(make([]byte, octets))
}

// keyList is a list of so many keys.
func keyList(count int) string {
	keys := make([]string, count)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s|2^31|%d:4", inline(30), i+1)
	}
	return strings.Join(keys, ";")
}

// TestCryptoIsRead holds which a=crypto lines are taken, and that the others are passed over.
func TestCryptoIsRead(t *testing.T) {
	t.Parallel()
	const name = "AES_CM_128_HMAC_SHA1_80 "
	good, rfc := inline(30), "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // of RFC 4568 section 9.2
	for value, want := range map[string]bool{
		"1 " + name + good:                              true,
		"1 " + name + rfc + "|2^20":                     true,
		"7 aes_cm_128_hmac_sha1_32 " + good:             true,
		"1 AEAD_AES_128_GCM " + inline(28):              true,
		"1 AEAD_AES_256_GCM " + inline(44) + "|2^48":    true,
		"2 AEAD_AES_256_GCM " + inline(44)[:7+59]:       true, // without its padding
		"0 " + name + good + "|1048576":                 true,
		"1 " + name + good + " WSH=64":                  true,
		"1 " + name + good + " -WHATEVER":               true,
		"1 " + name + rfc + "|2^20|1:4":                 true, // an MKI
		"1 " + name + good + "|1:4":                     true,
		"1 AES_256_CM_HMAC_SHA1_80 " + inline(46):       true,
		"1 AES_256_CM_HMAC_SHA1_32 " + inline(46):       true,
		"1 AES_256_CM_HMAC_SHA1_32 " + inline(30):       false,
		"1 AES_192_CM_HMAC_SHA1_80 " + inline(38):       false,
		"1 " + name + good + "|256:1":                   false, // too large a number
		"1 " + name + good + "|1:128":                   false,
		"1 " + name + good + "|1:":                      false,
		"1 " + name + good + "|1:0":                     false,
		"1 " + name + good + "|-1:4":                    false,
		"1 " + name + good + "|2^20|":                   false,
		"1 " + name + good + "|2^20|1:4|2:4":            false,
		"1 " + name + good + "|1:4|2^20":                false,
		"1 " + name + good + "|2^10|1:4":                false,
		"1 " + name + good + "|1:4;" + good + "|2:4":    true,
		"1 " + name + good + ";" + good:                 false, // which one is it?
		"1 " + name + good + "|1:4;" + good:             false,
		"1 " + name + good + "|1:4;" + good + "|1:4":    false,
		"1 " + name + good + "|1:4;" + good + "|2:2":    false,
		"1 " + name + good + "|1:4;":                    false,
		"1 " + name + keyList(4):                        true,
		"1 " + name + keyList(5):                        false,
		"1 " + name + good + "|2^10":                    false,
		"1 " + name + good + "|17":                      false,
		"1 " + name + good + "|2^99":                    false,
		"1 " + name + good + "|":                        false,
		"1 " + name + good + " UNENCRYPTED_SRTP":        false,
		"1 " + name + good + " UNAUTHENTICATED_SRTP":    false,
		"1 " + name + good + " KDR=1":                   false,
		"1 " + name + good + " FEC_ORDER=FEC_SRTP":      false,
		"1 " + name + inline(29):                        false,
		"1 " + name + "inline:ab!d":                     false,
		"1 " + name + "uri:https://example.com":         false,
		"1 " + name + "inline":                          false,
		"1 NULL_HMAC_SHA1_80 " + good:                   false,
		"1 F8_128_HMAC_SHA1_80 " + good:                 false,
		"x " + name + good:                              false,
		"9999999999 " + name + good:                     false,
		"-1 " + name + good:                             false,
		"1 " + name:                                     false,
		"1 " + name + good + strings.Repeat(" -x", 199): false,
	} {
		if got := len(cryptoOf(t, value)) == 1; got != want {
			t.Errorf("%s: taken: %v", value, got)
		}
	}
}

// TestCryptoKeepsItsPlace holds that a line that can't be used hides no other one, that there is a limit, and that
// lines of the session level count where a section has none.
func TestCryptoKeepsItsPlace(t *testing.T) {
	t.Parallel()
	lines := cryptoOf(t, "1 F8_128_HMAC_SHA1_80 "+inline(30), "2 AEAD_AES_128_GCM "+inline(28),
		"3 AES_CM_128_HMAC_SHA1_80 "+inline(30))
	if len(lines) != 2 || lines[0].Tag != 2 || lines[0].Key.Suite() != srtp.AEADAES128GCM || lines[1].Tag != 3 {
		t.Errorf("got %v", lines)
	}
	var many []string
	for tag := range 100 {
		many = append(many, fmt.Sprintf("%d AES_CM_128_HMAC_SHA1_80 %s", tag, inline(30)))
	}
	if got := len(cryptoOf(t, many...)); got != sdp.MaxCrypto {
		t.Errorf("%d lines were taken", got)
	}
	session, err := sdp.Parse([]byte("v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " + inline(30) + "\r\n" +
		"m=audio 4000 RTP/SAVP 0\r\n"))
	if err != nil || len(session.Media[0].Crypto) != 1 {
		t.Errorf("of the session level: %v, %+v", err, session)
	}
}

// TestCryptoIsPrinted holds that a line reads as it was printed, and that a description in a log tells no key.
func TestCryptoIsPrinted(t *testing.T) {
	t.Parallel()
	for _, suite := range srtp.Suites() {
		line := sdp.Crypto{Tag: 5, Key: srtp.NewKey(suite).WithIdentifier(srtp.Identifier{Value: 300, Size: 2})}
		line.Further[0] = srtp.NewKey(suite).WithIdentifier(srtp.Identifier{Value: 301, Size: 2})
		session := &sdp.Session{Origin: sdp.Origin{Address: "192.0.2.1"}, Media: []sdp.Media{
			{Type: "audio", Port: 4000, Protocol: "RTP/SAVP", Crypto: []sdp.Crypto{line}},
		}}
		again, err := sdp.Parse([]byte(marshal(t, session)))
		if err != nil || len(again.Media[0].Crypto) != 1 || again.Media[0].Crypto[0] != line {
			t.Errorf("%s: %v", suite, err)
		}
		key := base64.StdEncoding.EncodeToString(line.Key.Octets())
		if text := fmt.Sprintf("%v %+v %#v", session, session.Media, line); strings.Contains(text, key) ||
			strings.Contains(text, fmt.Sprintf("%d", line.Key.Octets()[:4])) {
			t.Errorf("the key shows itself: %s", text)
		}
	}
}

// FuzzCrypto reads a=crypto lines that anybody may send; what is taken has to read the same once it was printed.
func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 " + inline(30) + "|2^20 WSH=64")
	f.Add("1 AEAD_AES_256_GCM " + inline(44))
	f.Add("1 AES_CM_128_HMAC_SHA1_80 " + keyList(2))
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32")
	f.Fuzz(func(t *testing.T, value string) {
		first, err := sdp.Parse([]byte(secured + "a=crypto:" + value + "\r\n"))
		if err != nil || len(first.Media) != 1 {
			return // it was more than one line
		}
		again, err := sdp.Parse([]byte(marshal(t, first)))
		if err != nil || fmt.Sprint(again.Media[0].Crypto) != fmt.Sprint(first.Media[0].Crypto) {
			t.Errorf("%v: %v became %v", err, first.Media[0].Crypto, again)
		}
		for i, line := range first.Media[0].Crypto {
			if again.Media[0].Crypto[i] != line {
				t.Error("another key")
			}
		}
	})
}
