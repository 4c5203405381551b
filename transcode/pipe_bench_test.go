package transcode

import (
	"testing"

	"github.com/pion/rtp"
)

func ways() map[string][2]Format {
	return map[string][2]Format{
		"pass":         {pcmu(0), pcmu(0)},
		"PCMU to PCMA": {pcmu(0), pcma(8)},
		"PCMU to Opus": {pcmu(0), opus48(111, "useinbandfec=1")},
		"Opus to PCMU": {opus48(111, ""), pcmu(0)},
		"Opus to G722": {opus48(111, ""), wide722(9)},
		"G722 to Opus": {wide722(9), opus48(111, "useinbandfec=1")},
		"G722 to PCMU": {wide722(9), pcmu(0)},
		"PCMU to G722": {pcmu(0), wide722(9)},

		"speex/16000 to PCMU": {speexAt(16000), pcmu(0)},
		"speex/16000 to Opus": {speexAt(16000), opus48(111, "")},
		"Opus to speex/16000": {opus48(111, ""), speexAt(16000)},
		"GSM to PCMU":         {fullRate(3), pcmu(0)},
		"PCMU to GSM":         {pcmu(0), fullRate(3)},
	}
}

// drive gives a function that writes one more packet of a running source into a Pipe.
func drive(tb testing.TB, from, to Format) func() {
	tb.Helper()
	pipe, err := Connect([]Format{from}, to, PacketWriterFunc(func(*rtp.Packet) error { return nil }),
		ConnectOptions{MostDelay: -1})
	if err != nil {
		tb.Fatal(err)
	}
	rate := SampleRate(from.Codec)
	if known, _ := find(from.Codec); known.at(8000) {
		rate = 8000
	}
	encoder, err := NewEncoder(from, rate, EncoderOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	pcm, payload := make([]int16, rate/50), make([]byte, 1500)
	for i := range pcm {
		pcm[i] = int16(i * 7919 % 8009)
	}
	n, err := encoder.Encode(pcm, payload)
	if err != nil {
		tb.Fatal(err)
	}
	packet := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: from.PayloadType, SSRC: 1}, Payload: payload[:n]}
	return func() {
		packet.SequenceNumber++
		packet.Timestamp += from.ClockRate / 50
		if err := pipe.WriteRTP(packet); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestPipeAllocations(t *testing.T) {
	for name, way := range ways() {
		write := drive(t, way[0], way[1])
		write() // makes decoder and encoder
		if n := testing.AllocsPerRun(100, write); n != 0 {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
	}
}

func BenchmarkPipe(b *testing.B) {
	for name, way := range ways() {
		b.Run(name, func(b *testing.B) {
			write := drive(b, way[0], way[1])
			b.ReportAllocs()
			for b.Loop() {
				write()
			}
		})
	}
}
