package toll

import (
	"fmt"
	"testing"
	"time"
)

// TestIdleMetersAreDropped: what is remembered of users who called once does not grow without end.
func TestIdleMetersAreDropped(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	policy, err := New(Options{Rules: []Rule{{CallsPerMinute: 1}}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		release, err := policy.Admit(Call{User: fmt.Sprint("user", i), Trunk: "t", Number: "1"})
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	now = now.Add(2 * time.Minute)
	if _, err := policy.Admit(Call{User: "last", Trunk: "t", Number: "1"}); err != nil {
		t.Fatal(err)
	}
	if left := len(policy.meters); left != 2 {
		t.Errorf("%d meters are left, not those of the last user and the trunk", left)
	}
}
