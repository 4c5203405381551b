package service

import (
	"errors"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPortsAreDifferent(t *testing.T) {
	t.Parallel()
	ports, err := FreePorts(t.Context(), 3)
	if err != nil || len(ports) != 3 || ports[0] == ports[1] || ports[1] == ports[2] || ports[0] == ports[2] {
		t.Errorf("got %v, %v", ports, err)
	}
	if _, err := FreePorts(t.Context(), 1<<20); !errors.Is(err, errNoPort) {
		t.Errorf("of too many: %v", err)
	}
}
