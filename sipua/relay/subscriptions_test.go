package relay

import (
	"strconv"
	"testing"
	"time"
)

func held(user, callID string, flow *connection) *subscription {
	return &subscription{callID: callID, tag: "t", user: user, flow: flow, until: time.Now().Add(time.Hour)}
}

// TestSubscriptionsAreBounded: for each user, who may ask again for the same, as which nobody else may come.
func TestSubscriptionsAreBounded(t *testing.T) {
	t.Parallel()
	const alice = "alice@up.example"
	all, flow := newSubscriptions(), newConnection()
	for i := range maxSubscriptions {
		if !all.add(held(alice, strconv.Itoa(i), flow)) {
			t.Fatalf("only %d fit", i)
		}
	}
	if all.add(held(alice, "one more", flow)) {
		t.Error("one more fits")
	}
	again := held(alice, "0", flow)
	if !all.add(again) || all.find(subscriptionKey{"0", "t"}) != again {
		t.Error("she may not ask again")
	}
	if all.add(held("mallory@up.example", "0", newConnection())) {
		t.Error("mallory takes it over")
	}
	if !all.add(held("bob@up.example", "bob's", newConnection())) {
		t.Error("another user has no room")
	}
	again.until = time.Now().Add(-time.Second)
	if !all.add(held(alice, "one more", flow)) {
		t.Error("what has ended takes room")
	}
	all.forget(flow)
	if all.size() != 1 {
		t.Errorf("%d are left beside bob's", all.size()-1)
	}
}

// TestNotificationsWaitForTheAnswer to the SUBSCRIBE, in order, and not too many.
func TestNotificationsWaitForTheAnswer(t *testing.T) {
	t.Parallel()
	s, told := &subscription{}, []int{}
	for i := range mostEarly {
		if !s.whenAnswered(func() { told = append(told, i) }) {
			t.Fatalf("only %d wait", i)
		}
	}
	if s.whenAnswered(func() { told = append(told, -1) }) || len(told) != 0 {
		t.Errorf("too many wait, or did not: %v", told)
	}
	s.release()
	if !s.whenAnswered(func() { told = append(told, mostEarly) }) {
		t.Error("later ones still wait")
	}
	for i, got := range told {
		if got != i {
			t.Errorf("told %v", told)
		}
	}
	if len(told) != mostEarly+1 {
		t.Errorf("told %v", told)
	}
}
