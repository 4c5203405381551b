package process

import "testing"

func TestNoPortIsGivenTwice(t *testing.T) {
	t.Parallel()
	given := map[int]bool{}
	for range 200 { // of 2100: by chance alone some would come again
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		if given[port] || port%2 != 0 {
			t.Fatalf("port %d, given before: %v", port, given[port])
		}
		given[port] = true
	}
	first, err := FreePorts(5)
	if err != nil {
		t.Fatal(err)
	}
	for port := first; port < first+10; port += 2 {
		if given[port] || reserve(port) {
			t.Errorf("port %d, of five pairs from %d on, is another's", port, first)
		}
	}
}
