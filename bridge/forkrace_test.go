package bridge

import "testing"

func TestBestFailureIsTheFirstOfEquals(t *testing.T) {
	t.Parallel()
	for _, statuses := range [][]int{{480, 404}, {504, 500}, {486, 480}, {603, 600, 486}, {407, 401}, {302, 480}} {
		failures := make([]Cause, len(statuses))
		for i, status := range statuses {
			failures[i] = Cause{Status: status}
		}
		if got := bestFailure(failures).Status; got != statuses[0] {
			t.Errorf("of %v got %d, want the first", statuses, got)
		}
	}
}
