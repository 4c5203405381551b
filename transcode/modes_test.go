//go:build amr

package transcode

import (
	"slices"
	"testing"
	"testing/synctest"

	"sipbridge/transcode/amr"
)

// modesOf gives the mode of each frame of packets.
func modesOf(t *testing.T, format Format, packets []kept) []int {
	t.Helper()
	packed, _ := amrFormat(format)
	var modes []int
	for _, packet := range packets {
		if got := amr.Request(packet.payload); got != amr.NoRequest {
			t.Errorf("we ask for mode %d", got)
		}
		err := packed.Unpack(packet.payload, func(frame []byte) error {
			modes = append(modes, int(frame[0]>>3&15))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return modes
}

// TestOptionalModes has a party ask for another mode in its packets, and holds that it is spoken to so, in both forms
// and within what it agreed to, until it asks for none.
func TestOptionalModes(t *testing.T) {
	t.Parallel()
	wide := Format{Codec: Codec{Name: "AMR-WB", ClockRate: 16000}, PayloadType: 96, Parameters: "mode-set=0,2,8"}
	for _, test := range []struct {
		to       Format
		asks     byte
		from, at int // the mode before and after
	}{
		{amrOf(""), 2, 7, 2},
		{amrOf("octet-align=1"), 0, 7, 0},
		{amrOf("mode-set=0,7"), 5, 7, 7},
		{wide, 8, 2, 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newParty()
			sender := NewSender(SenderOptions{Write: p.write})
			defer sender.Close()
			sender.SetFormats([]Format{test.to})
			var plug Switch
			plug.Set(sender)
			pipe := connect(t, []Format{pcmu(0)}, test.to, &plug, ConnectOptions{})
			in := newSource(t, pcmu(0), 20)
			for i := range 30 {
				switch i {
				case 10:
					sender.HearRequest([]byte{test.asks<<4 | 0xf})
				case 20:
					sender.HearRequest([]byte{0xf0})
				}
				write(t, pipe, in.packet())
			}
			want := slices.Concat(slices.Repeat([]int{test.from}, 10), slices.Repeat([]int{test.at}, 10),
				slices.Repeat([]int{test.from}, 10))
			if got := modesOf(t, test.to, p.got()); !slices.Equal(got, want) {
				t.Errorf("%s %s: modes %v, want %v", test.to, test.to.Parameters, got, want)
			}
		})
	}
}
