package transcode

import (
	"sync"
	"testing"

	"github.com/pion/rtp"
)

func TestSwitch(t *testing.T) {
	var plug Switch
	var first, second recorder
	send := func() {
		t.Helper()
		if err := plug.WriteRTP(&rtp.Packet{}); err != nil {
			t.Fatal(err)
		}
	}
	send()
	plug.Set(&first)
	send()
	plug.Set(&second)
	send()
	send()
	plug.Set(nil)
	send()
	if len(first.packets) != 1 || len(second.packets) != 2 {
		t.Errorf("%d and %d packets", len(first.packets), len(second.packets))
	}
}

func TestSwitchWhileWriting(t *testing.T) {
	var plug Switch
	var replugging sync.WaitGroup
	replugging.Go(func() {
		for i := range 1000 {
			if i%3 == 0 {
				plug.Set(nil)
			} else {
				plug.Set(PacketWriterFunc(func(*rtp.Packet) error { return nil }))
			}
		}
	})
	for range 1000 {
		if err := plug.WriteRTP(&rtp.Packet{}); err != nil {
			t.Error(err)
		}
	}
	replugging.Wait()
}
