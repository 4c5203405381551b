package film

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSight counts pictures, and the time in which one stood too long.
func TestSight(t *testing.T) {
	t.Parallel()
	var output strings.Builder
	for i := range 30 {
		at := float64(i) / 15
		if i >= 20 {
			at += 0.5 // seven or eight are missing
		}
		_, _ = fmt.Fprintf(&output, "[Parsed_showinfo_0 @ 0x5] n:%4d pts:%7d pts_time:%g duration:  6000\nframe=%d\n",
			i, i, at, i)
	}
	got := sightOf(output.String())
	want := 500*time.Millisecond + time.Second/15
	if got.Pictures != 30 || (got.Frozen-want).Abs() > time.Millisecond || got.Longest != got.Frozen {
		t.Errorf("seen are %v", got)
	}
	if got := sightOf(""); got != (Sight{}) {
		t.Errorf("with closed eyes %v", got)
	}
}
