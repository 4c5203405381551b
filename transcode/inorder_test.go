package transcode

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// order writes down what comes.
type order string

func (o *order) Restart()                { *o += "!" }
func (o *order) Lose()                   { *o += "?" }
func (o *order) Play(packet *rtp.Packet) { *o += order(fmt.Sprintf("%d ", packet.SequenceNumber)) }

func TestInOrder(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for name, test := range map[string]struct {
		numbers []uint16
		pause   time.Duration // before each
		want    string
	}{
		"in order":              {[]uint16{65534, 65535, 0, 1}, 0, "!65534 65535 0 1 "},
		"out of order":          {[]uint16{1, 3, 4, 2, 5, 3}, time.Millisecond, "!1 2 3 4 5 "},
		"lost":                  {[]uint16{1, 3, 4, 5}, 60 * time.Millisecond, "!1 ?3 4 5 "},
		"two lost":              {[]uint16{1, 3, 5, 6, 7, 8, 9}, 60 * time.Millisecond, "!1 ?3 ?5 6 7 8 9 "},
		"a large hole":          {[]uint16{1, 1001, 1002}, 0, "!1 ?1001 1002 "},
		"a large hole and more": {[]uint16{1, 3, 1001, 1002}, 0, "!1 ?3 ?1001 1002 "},
		"late":                  {[]uint16{1, 1001, 5, 1002}, 0, "!1 ?1001 1002 "},
	} {
		var got order
		o, now := &inOrder{}, start
		for _, number := range test.numbers {
			now = now.Add(test.pause)
			o.put(&rtp.Packet{Header: rtp.Header{SequenceNumber: number}}, now, &got)
		}
		if string(got) != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func FuzzInOrder(f *testing.F) {
	f.Add([]byte{0, 1, 0, 3, 0, 2, 255, 255, 0, 0})
	f.Fuzz(func(_ *testing.T, numbers []byte) {
		var got order
		o, now := &inOrder{}, time.Now()
		for i := 0; i+1 < len(numbers); i += 2 {
			now = now.Add(time.Duration(numbers[i+1]) * time.Millisecond)
			number := uint16(numbers[i])<<8 | uint16(numbers[i+1])
			o.put(&rtp.Packet{Header: rtp.Header{SequenceNumber: number}}, now, &got)
		}
	})
}
