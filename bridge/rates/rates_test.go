package rates

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	start := time.Now()
	n := &Notice{}
	for _, step := range []struct {
		ms      int
		bitrate uint64
		want    uint64 // 0: not passed on
	}{
		{0, 1_000_000, 1_000_000},
		{10, 1_040_000, 0}, // nothing worth telling
		{20, 2_000_000, 0}, // too soon
		{30, 500_000, 500_000},
		{400, 600_000, 0},
		{600, 600_000, 600_000},
		{601, 1, least},
		{602, 0, 0},
	} {
		got, news := n.Take(step.bitrate, start.Add(time.Duration(step.ms)*time.Millisecond))
		if got != step.want || news != (step.want != 0) {
			t.Errorf("at %d ms, %d: %d, %t", step.ms, step.bitrate, got, news)
		}
	}
}

func TestTemporary(t *testing.T) {
	t.Parallel()
	for _, bitrate := range []uint64{0, 1, 50_000, 131_071, 131_072, 384_000, 2_000_000, 1 << 40} {
		sent := Temporary{Format: FormatRequest, Sender: 7, Source: 9, Bitrate: bitrate}
		packet := *sent.Packet()
		got, err := ReadTemporary(packet, 9)
		if err != nil {
			t.Fatal(err)
		}
		if got.Bitrate > bitrate || got.Bitrate+bitrate>>16 < bitrate || got.Sender != 7 || got.Format != FormatRequest {
			t.Errorf("%+v became %+v", sent, got)
		}
		if other, err := ReadTemporary(packet, 8); err != nil || other.Bitrate != 0 {
			t.Errorf("for another stream: %+v, %v", other, err)
		}
	}
}

// TestTemporaryOfRFC5104 reads a request made by hand: 512 kbit/s is 128000 times 2 to the power of 2, 40 octets of
// overhead.
func TestTemporaryOfRFC5104(t *testing.T) {
	t.Parallel()
	packet := []byte{
		0x83, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0,
		0, 0, 0, 5, 0, 0, 0, 0,
		0, 0, 0, 2, 0x0b, 0xe8, 0x00, 0x28,
	}
	if got, err := ReadTemporary(packet, 2); err != nil || got.Bitrate != 512_000 {
		t.Errorf("%+v, %v", got, err)
	}
	packet[3] = 2
	if got, err := ReadTemporary(packet[:12], 2); err != nil || got.Bitrate != 0 {
		t.Errorf("without entries: %+v, %v", got, err)
	}
	if _, err := ReadTemporary(packet[:10], 2); err == nil {
		t.Error("cut packet was read")
	}
}

func FuzzTemporary(f *testing.F) {
	f.Add([]byte(*Temporary{Format: FormatRequest, Sender: 1, Source: 2, Bitrate: 3}.Packet()))
	f.Fuzz(func(t *testing.T, packet []byte) {
		if got, err := ReadTemporary(packet, 2); err == nil && got.Bitrate != 0 && got.Source != 2 {
			t.Errorf("%+v", got)
		}
	})
}

// TestArrivals tells of each packet whether and when it came.
func TestArrivals(t *testing.T) {
	t.Parallel()
	a := NewArrivals(1)
	var told []rtcp.Packet
	for i := range 40 {
		if i == 17 {
			continue // lost
		}
		told = append(told, a.Take(2, uint16(65530+i), a.start.Add(time.Duration(i)*10*time.Millisecond))...)
	}
	if len(told) != 3 {
		t.Fatalf("told %d times in 400 ms", len(told))
	}
	came, numbers := 0, 0
	for _, packet := range told {
		feedback, ok := packet.(*rtcp.TransportLayerCC)
		if !ok || feedback.SenderSSRC != 1 || feedback.MediaSSRC != 2 {
			t.Fatalf("told %v", packet)
		}
		came += len(feedback.RecvDeltas)
		numbers += int(feedback.PacketStatusCount)
	}
	if numbers != 31 || came != 30 {
		t.Errorf("told of %d packets, of which %d came", numbers, came)
	}
}
