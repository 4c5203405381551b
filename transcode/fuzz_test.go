package transcode

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/comfortnoise"
)

// chaos makes packets of bytes: eight of header, the last of which is the length of the payload, then the payload.
func chaos(data []byte, packet *rtp.Packet) (rest []byte, ok bool) {
	if len(data) < 8 {
		return nil, false
	}
	packet.PayloadType = data[0]
	packet.Marker = data[1]&1 != 0
	packet.SSRC = uint32(data[1] >> 6)
	packet.SequenceNumber += uint16(int8(data[2])) + uint16(data[3]&0x0f)<<12
	packet.Timestamp += uint32(int32(int8(data[4])) << (data[5] & 31))
	n := min(int(data[7]), len(data)-8)
	packet.Payload = data[8 : 8+n]
	return data[8+n:], true
}

func seeds(f *testing.F) {
	f.Helper()
	for _, packets := range []string{
		"\x00\x00\x01\x00\x50\x01\x00\x04abcd" + "\x00\x00\x01\x00\x50\x01\x00\x04abcd" +
			"\x6f\x40\x02\x00\x78\x03\x00\x03\x48\x01\x02",
		"\x6f\x00\x01\x00\x78\x03\x00\x03\x48\x01\x02" + "\x6f\x00\x03\x00\x78\x05\x00\x03\x48\x01\x02" +
			"\x6f\x00\xff\x00\x80\x05\x00\x00",
		"\x09\x00\x01\x00\x04\x01\x00\x04abcd" + "\x09\x00\x03\x00\x08\x01\x00\x04abcd" +
			"\x66\x40\x02\x00\x78\x03\x00\x01\x03" + "\x66\x40\x04\x00\x78\x03\x00\x02\x04\x0f",
		"\x08\x00\x01\x00\x50\x01\x00\x02ab" + "\x08\x00\x7f\x04\x50\x1f\x00\x02ab" + "\x0d\x00\x01\x00\x50\x01\x00\x02ab",
	} {
		f.Add([]byte(packets))
	}
}

// FuzzPipe holds that a Pipe's packets are well formed, of its receiver's format, and as many as its counters say.
func FuzzPipe(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, to := range []Format{pcmu(0), opus48(111, "useinbandfec=1"), wide722(9)} {
			sent := 0
			last := rtp.Header{}
			dst := PacketWriterFunc(func(packet *rtp.Packet) error {
				if len(packet.Payload) == 0 {
					return nil
				}
				noise := packet.PayloadType == comfortnoise.PayloadType && to.ClockRate == comfortnoise.ClockRate
				if packet.PayloadType != to.PayloadType && !noise || packet.Version != 2 {
					t.Fatalf("header %+v", packet.Header)
				}
				sent++
				last = packet.Header
				return nil
			})
			from := []Format{pcmu(0), pcma(8), opus48(111, ""), wide722(9), fullRate(3)}
			from = append(from, speexAt(8000), speexAt(16000), speexAt(32000))
			pipe, err := Connect(from, to, dst, ConnectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			packet, in := &rtp.Packet{}, 0
			for rest, ok := chaos(data, packet); ok; rest, ok = chaos(rest, packet) {
				in++
				if err := pipe.WriteRTP(packet); err != nil {
					t.Fatal(err)
				}
			}
			pipe.Close()
			if stats := pipe.Stats(); int(stats.In) != in || int(stats.Out) != sent {
				t.Fatalf("%d in, %d out, last %+v: %+v", in, sent, last, stats)
			}
		}
	})
}

// FuzzSender holds that no packet index, as SRTP counts it (RFC 3711 section 3.3.1), is used twice, whatever the
// sources do: that would give away what is said.
func FuzzSender(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		now := time.Unix(1e9, 0)
		used, highest := map[int64]bool{}, int64(1<<20)
		s := NewSender(SenderOptions{
			Now: func() time.Time { return now },
			Write: func(header *rtp.Header, _ []byte) error {
				if len(used) == 0 {
					highest += int64(header.SequenceNumber)
				}
				index := highest + int64(int16(header.SequenceNumber-uint16(highest)))
				if used[index] {
					t.Fatalf("number %d was used before", header.SequenceNumber)
				}
				used[index], highest = true, max(highest, index)
				return nil
			},
		})
		s.SetFormats([]Format{pcmu(0), pcma(8), opus48(111, "")})
		defer s.Close()
		packet := &rtp.Packet{}
		for rest, ok := chaos(data, packet); ok; rest, ok = chaos(rest, packet) {
			now = now.Add(time.Duration(len(rest)) * time.Millisecond)
			if err := s.WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
		}
		if stats := s.Stats(); int(stats.Packets) != len(used) {
			t.Fatalf("%d packets were written: %+v", len(used), stats)
		}
	})
}
