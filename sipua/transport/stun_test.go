package transport

import (
	"encoding/hex"
	"net/netip"
	"testing"

	"github.com/pion/stun/v4"
)

func TestSTUNAnswer(t *testing.T) {
	t.Parallel()
	for _, remote := range []string{"192.0.2.9:5070", "[2001:db8::9]:65535"} {
		request := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewSoftware("phone"))
		answer, ok := stunAnswer(request.Raw, netip.MustParseAddrPort(remote))
		if !ok {
			t.Fatal("not answered")
		}
		response := &stun.Message{Raw: answer}
		var mapped stun.XORMappedAddress
		if err := response.Decode(); err != nil {
			t.Fatal(err)
		}
		if err := mapped.GetFrom(response); err != nil {
			t.Fatal(err)
		}
		if response.Type != stun.BindingSuccess || response.TransactionID != request.TransactionID ||
			mapped.String() != remote {
			t.Errorf("%s is told %v, %s", remote, response, mapped)
		}
	}
}

func TestNoSTUNRequest(t *testing.T) {
	t.Parallel()
	const good = "000100002112a442000102030405060708090a0b"
	for name, text := range map[string]string{
		"good":           good,
		"too short":      good[:38],
		"other length":   good + "00",
		"wrong length":   "00010004" + good[8:],
		"without cookie": "00010000" + "00000000" + good[16:],
		"a response":     "0101" + good[4:],
		"an indication":  "0011" + good[4:],
		"nothing":        "",
	} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := stunAnswer(data, netip.MustParseAddrPort("192.0.2.9:1")); ok != (name == "good") {
			t.Errorf("%s: answered %v", name, ok)
		}
	}
}

func FuzzSTUN(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x00\x21\x12\xa4\x42............"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if answer, ok := stunAnswer(data, netip.MustParseAddrPort("[2001:db8::9]:1")); ok && len(answer) > 44 {
			t.Errorf("%d bytes are answered with %d", len(data), len(answer))
		}
	})
}

func FuzzReflexive(f *testing.F) {
	f.Add([]byte("\x01\x01\x00\x0c\x21\x12\xa4\x42............\x00\x20\x00\x08\x00\x01aabbbb"))
	f.Add([]byte("\x01\x11\x00\x00\x21\x12\xa4\x42............"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, answer, ok := parseReflexive(data)
		if !ok || !answer.mapped.IsValid() {
			return
		}
		if answer.mapped.Port() == 0 || answer.mapped.Addr().IsUnspecified() {
			t.Errorf("%x says %v", data, answer.mapped)
		}
		response := &stun.Message{Raw: data}
		var mapped stun.XORMappedAddress
		if response.Decode() != nil || mapped.GetFrom(response) != nil {
			return // it takes octets for part of the family that are to be passed over
		}
		if address, _ := netip.AddrFromSlice(mapped.IP); address.Unmap() != answer.mapped.Addr() {
			t.Errorf("%x says %v, not %v", data, answer.mapped, mapped)
		}
	})
}
