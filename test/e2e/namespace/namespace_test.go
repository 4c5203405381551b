package namespace

import (
	"net"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheKernelLosesPackets sends packets to a port to which some are lost and to one to which none is.
func TestTheKernelLosesPackets(t *testing.T) {
	Run(t, func(t *testing.T) {
		t.Helper()
		interfaces, err := net.Interfaces()
		if err != nil || len(interfaces) != 1 || interfaces[0].Name != "lo" {
			t.Fatalf("the network has %v, %v", interfaces, err)
		}
		const count = 400
		for _, percent := range []int{0, 20} {
			sender, port := connected(t)
			way, err := Lose(t.Context(), port, false, percent)
			if err != nil {
				t.Fatal(err)
			}
			for range count {
				if _, err = sender.Write([]byte("sound")); err != nil {
					t.Fatal(err)
				}
			}
			lost, passed, err := way.Count(t.Context())
			if err != nil || lost+passed != count {
				t.Errorf("of %d packets %d were lost and %d not, %v", count, lost, passed, err)
			}
			// Five standard deviations are 40.
			if want := count * percent / 100; lost < want-40 || lost > want+40 || percent == 0 && lost > 0 {
				t.Errorf("%d %%: %d of %d packets were lost", percent, lost, count)
			}
		}
	})
}

// connected gives a socket that sends to another one, and the port of that.
func connected(t *testing.T) (sender *net.UDPConn, port int) {
	t.Helper()
	receiver, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address, ok := receiver.LocalAddr().(*net.UDPAddr)
	if !ok {
		t.Fatal("a socket without an address")
	}
	sender, err = net.DialUDP("udp4", nil, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = sender.Close(), receiver.Close() // nothing more is to come
	})
	return sender, address.Port
}
