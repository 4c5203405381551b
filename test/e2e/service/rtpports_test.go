package service

import "testing"

// TestPortsAreNotShared holds that two services that run at once have RTP ports of their own.
func TestPortsAreNotShared(t *testing.T) {
	t.Parallel()
	one, err := holdPorts()
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := holdPorts()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if one.String() == other.String() {
		t.Errorf("both have %v", one)
	}
}
