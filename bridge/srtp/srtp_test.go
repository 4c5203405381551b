package srtp_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/bridge/srtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[Value any](tb testing.TB) func(Value, error) Value {
	tb.Helper()
	return func(value Value, err error) Value {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

// pair gives both ends of one direction.
func pair(tb testing.TB, key srtp.Key) (*srtp.Sealer, *srtp.Opener) {
	tb.Helper()
	return must[*srtp.Sealer](tb)(srtp.NewSealer(key)), must[*srtp.Opener](tb)(srtp.NewOpener(key))
}

func seal(tb testing.TB, with *srtp.Sealer, number uint16, payload string) []byte {
	tb.Helper()
	packet := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7, SequenceNumber: number}, Payload: []byte(payload)}
	buffer := make([]byte, packet.MarshalSize()+srtp.Overhead)
	return bytes.Clone(must[[]byte](tb)(with.SealRTP(buffer, must[int](tb)(packet.MarshalTo(buffer)))))
}

// TestSuites seals and opens with each suite: what is carried, how long it gets, and what is not believed.
func TestSuites(t *testing.T) {
	t.Parallel()
	tags := map[srtp.Suite]int{
		srtp.AEADAES128GCM: 16, srtp.AEADAES256GCM: 16, srtp.AESCM128SHA180: 10, srtp.AESCM128SHA132: 4,
		srtp.AESCM256SHA180: 10, srtp.AESCM256SHA132: 4,
	}
	for _, suite := range srtp.Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			t.Parallel()
			sealer, opener := pair(t, srtp.NewKey(suite))
			sealed := seal(t, sealer, 1, "sound")
			if len(sealed) != 12+5+tags[suite] || bytes.Contains(sealed, []byte("sound")) {
				t.Errorf("sealed: %x", sealed)
			}
			spoilt := bytes.Clone(sealed)
			spoilt[1] ^= 1
			var packet rtp.Packet
			if err := opener.OpenRTP(spoilt, &packet); !srtp.IsForged(err) {
				t.Errorf("spoilt: %v", err)
			}
			again := bytes.Clone(sealed)
			if err := opener.OpenRTP(sealed, &packet); err != nil || string(packet.Payload) != "sound" {
				t.Errorf("%v: %+v", err, packet)
			}
			if err := opener.OpenRTP(again, &packet); err == nil || srtp.IsForged(err) {
				t.Errorf("the same packet again: %v", err)
			}
			report := must[[]byte](t)((&rtcp.ReceiverReport{SSRC: 9}).Marshal())
			opened := must[[]byte](t)(opener.OpenRTCP(must[[]byte](t)(sealer.SealRTCP(report))))
			if !bytes.Equal(opened, report) {
				t.Errorf("report: %x", opened)
			}
		})
	}
}

// TestIdentifier: each packet carries it, and is not opened with another one or none.
func TestIdentifier(t *testing.T) {
	t.Parallel()
	for _, suite := range srtp.Suites() {
		key := srtp.NewKey(suite)
		named := key.WithIdentifier(srtp.Identifier{Value: 0x01ab, Size: 4})
		sealer, opener := pair(t, named)
		sealed, bare := seal(t, sealer, 1, "sound"), seal(t, must[*srtp.Sealer](t)(srtp.NewSealer(key)), 1, "sound")
		if len(sealed) != len(bare)+4 || !bytes.Contains(sealed, []byte{0, 0, 1, 0xab}) {
			t.Errorf("%v: %x", suite, sealed)
		}
		report := must[[]byte](t)((&rtcp.ReceiverReport{SSRC: 9}).Marshal())
		if protected := must[[]byte](t)(sealer.SealRTCP(report)); !bytes.Contains(protected, []byte{0, 0, 1, 0xab}) {
			t.Errorf("%v: report %x", suite, protected)
		} else if opened, err := opener.OpenRTCP(protected); err != nil || !bytes.Equal(opened, report) {
			t.Errorf("%v: report: %v", suite, err)
		}
		var packet rtp.Packet
		for _, other := range []srtp.Identifier{{}, {Value: 1, Size: 4}} {
			_, stranger := pair(t, key.WithIdentifier(other))
			if err := stranger.OpenRTP(bytes.Clone(sealed), &packet); !srtp.IsForged(err) {
				t.Errorf("%v: opened as %v: %v", suite, other, err)
			}
		}
		if err := opener.OpenRTP(sealed, &packet); err != nil || string(packet.Payload) != "sound" {
			t.Errorf("%v: %v", suite, err)
		}
		if key == named {
			t.Error("a key with an identifier is one without")
		}
	}
}

// TestSeveralKeys: packets say by their identifiers which of the keys they were sealed with, and one stream may change
// between them.
func TestSeveralKeys(t *testing.T) {
	t.Parallel()
	for _, suite := range srtp.Suites() {
		var keys []srtp.Key
		var sealers []*srtp.Sealer
		for value := range uint64(3) {
			keys = append(keys, srtp.NewKey(suite).WithIdentifier(srtp.Identifier{Value: value, Size: 4}))
			sealers = append(sealers, must[*srtp.Sealer](t)(srtp.NewSealer(keys[value])))
		}
		opener := must[*srtp.Opener](t)(srtp.NewOpener(keys[0], keys[1]))
		var packet rtp.Packet
		for i, number := range []uint16{65533, 65534, 65535} {
			if err := opener.OpenRTP(seal(t, sealers[i%2], number, "more sound"), &packet); err != nil {
				t.Errorf("%v: packet %d: %v", suite, number, err)
			}
		}
		report := must[[]byte](t)((&rtcp.ReceiverReport{SSRC: 9}).Marshal())
		if _, err := opener.OpenRTCP(must[[]byte](t)(sealers[1].SealRTCP(report))); err != nil {
			t.Errorf("%v: report: %v", suite, err)
		}
		if err := opener.OpenRTP(seal(t, sealers[2], 1, "sound"), &packet); !srtp.IsForged(err) {
			t.Errorf("%v: a key that was not named: %v", suite, err)
		}
		for _, other := range []srtp.Key{keys[0], srtp.NewKey(suite)} {
			if _, err := srtp.NewOpener(keys[0], other); err == nil {
				t.Errorf("%v: packets would not tell two keys from each other", suite)
			}
		}
	}
}

// TestIdentifierFits holds which values so many octets have room for.
func TestIdentifierFits(t *testing.T) {
	t.Parallel()
	for identifier, want := range map[srtp.Identifier]bool{
		{}: false, {Value: 1}: false, {Value: 255, Size: 1}: true, {Value: 256, Size: 1}: false,
		{Value: 1<<64 - 1, Size: 8}: true, {Value: 1, Size: 9}: false,
	} {
		if identifier.Fits() != want {
			t.Errorf("%+v fits: %v", identifier, !want)
		}
	}
}

// TestLibsrtpVector opens a packet that the reference implementation made with AES_CM_128_HMAC_SHA1_80: the vector that
// libsrtp and others test with.
func TestLibsrtpVector(t *testing.T) {
	t.Parallel()
	decode := func(text string) []byte {
		return must[[]byte](t)(hex.DecodeString(strings.ReplaceAll(text, " ", "")))
	}
	key := must[srtp.Key](t)(srtp.KeyOf(srtp.AESCM128SHA180,
		decode("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6")))
	sealed := decode("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb")
	var packet rtp.Packet
	if err := must[*srtp.Opener](t)(srtp.NewOpener(key)).OpenRTP(sealed, &packet); err != nil {
		t.Fatal(err)
	}
	if want := bytes.Repeat([]byte{0xab}, 16); !bytes.Equal(packet.Payload, want) {
		t.Errorf("got %x", packet.Payload)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, suite := range srtp.Suites() {
		key := srtp.NewKey(suite)
		if named, ok := srtp.SuiteNamed(strings.ToLower(suite.String())); !ok || named != suite {
			t.Errorf("%v: not found by its name", suite)
		}
		if again := must[srtp.Key](t)(srtp.KeyOf(suite, key.Octets())); again != key || again == srtp.NewKey(suite) {
			t.Errorf("%v: keys differ that are the same, or the reverse", suite)
		}
		if text := fmt.Sprintf("%v %+v %#v %s", key, key, key, key); strings.Count(text, suite.String()) != 4 ||
			len(text) != 4*len(suite.String())+3 {
			t.Errorf("a key shows itself: %s", text)
		}
		for _, octets := range [][]byte{nil, key.Octets()[1:], append(key.Octets(), 1)} {
			if _, err := srtp.KeyOf(suite, octets); !errors.Is(err, srtp.ErrKey) {
				t.Errorf("%v, %d octets: %v", suite, len(octets), err)
			}
		}
	}
	if _, ok := srtp.SuiteNamed("NULL_HMAC_SHA1_80"); ok {
		t.Error("a suite that hides nothing was found")
	}
	if _, err := srtp.NewSealer(srtp.Key{}); err == nil {
		t.Error("a Sealer without a key")
	}
	if _, err := srtp.NewOpener(srtp.Key{}); err == nil {
		t.Error("an Opener without a key")
	}
}

func TestNothingIsAllocated(t *testing.T) { //nolint:paralleltest // counts allocations
	for _, suite := range srtp.Suites() {
		sealer, opener := pair(t, srtp.NewKey(suite))
		most := 0.0
		if strings.Contains(suite.String(), "SHA1") {
			most = 1 // the hash is from a pool, which forgets at random under the race detector
		}
		packet := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}, Payload: make([]byte, 160)}
		buffer := make([]byte, 1500)
		var opened rtp.Packet
		if got := testing.AllocsPerRun(1000, func() {
			packet.SequenceNumber++
			size, _ := packet.MarshalTo(buffer)
			sealed, err := sealer.SealRTP(buffer, size)
			if err == nil {
				err = opener.OpenRTP(sealed, &opened)
			}
			if err != nil {
				t.Error(err)
			}
		}); got > most {
			t.Errorf("%v: %v allocations a packet", suite, got)
		}
	}
}
