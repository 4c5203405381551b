package transcode

import (
	"sync"
	"testing"
)

// TestPictureLimitCountsRefusalsAlone counts no question, and lets no stream that is refused look like one that runs.
func TestPictureLimitCountsRefusalsAlone(t *testing.T) {
	t.Parallel()
	const tries = 100_000
	limit := &PictureLimit{most: 1}
	if !limit.take() || limit.Free(1) || limit.Refused() != 0 {
		t.Fatalf("%d run, %d refused", limit.Running(), limit.Refused())
	}
	var trying sync.WaitGroup
	trying.Go(func() {
		for range tries {
			limit.take()
		}
	})
	for range tries {
		if !limit.Free(0) {
			t.Error("a stream that is refused takes a place")
			break
		}
	}
	trying.Wait()
	limit.Refuse()
	if limit.Running() != 1 || limit.Refused() != tries+1 {
		t.Errorf("%d run, %d refused", limit.Running(), limit.Refused())
	}
	limit.giveBack()
	if !limit.take() {
		t.Error("the place is not given back")
	}
}
