package bridge_test

import (
	"errors"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// taker is an endpoint that takes messages, and answers them as it is told.
type taker struct {
	bridge.Endpoint

	answer int // 0 for never
	asked  *[]bridge.Request
}

func (t taker) Text(request bridge.Request, _ bridge.Message, done func(bridge.Cause)) {
	*t.asked = append(*t.asked, request)
	if t.answer != 0 {
		done(bridge.Cause{Status: t.answer})
	}
}

// TestTextReachesAllDevices: the first that takes it counts, else the best of the failures.
func TestTextReachesAllDevices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		answers []int
		want    int // 0 for nothing yet
	}{
		{"taken", []int{200}, 200},
		{"taken by the second", []int{486, 202}, 200},
		{"taken by both", []int{200, 200}, 200},
		{"refused", []int{415}, 415},
		{"one says nothing", []int{415, 0}, 0},
		{"best of two", []int{480, 415}, 415},
		{"server's fault is worse", []int{503, 404}, 404},
		{"declined everywhere", []int{480, 603}, 603},
		{"asks for a password", []int{407}, 403},
		{"nobody takes messages", nil, 488},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var asked []bridge.Request
			targets := []bridge.Target{{Endpoint: bridgetest.NewEndpoint("fax"), URI: "sip:fax@test"}}
			for _, answer := range test.answers {
				targets = append(targets, bridge.Target{Endpoint: taker{answer: answer, asked: &asked}, URI: "sip:bob@test"})
			}
			heard := 0
			bridge.Deliver(bridge.Request{To: "sip:1@test", MaxForwards: 7}, targets, bridge.Message{},
				func(cause bridge.Cause) { heard = 1000*heard + cause.Status })
			if heard != test.want || len(asked) != len(test.answers) {
				t.Errorf("%d devices were asked, the answer is %d, want %d", len(asked), heard, test.want)
			}
			for _, request := range asked {
				if request.To != "sip:bob@test" || request.MaxForwards != 6 {
					t.Errorf("asked for %s with %d hops", request.To, request.MaxForwards)
				}
			}
		})
	}
}

func TestTextThatGoesNowhere(t *testing.T) {
	t.Parallel()
	refuse := bridgetest.RouterFunc(func(bridge.Request) ([]bridge.Target, error) {
		return nil, bridge.Cause{Status: 404, Err: errors.New("nobody")}
	})
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Router = refuse })
	for want, request := range map[int]bridge.Request{404: {}, 483: {MaxForwards: 1}} {
		heard := make(chan bridge.Cause, 1)
		if want == 404 {
			f.Text(request, bridge.Message{}, func(cause bridge.Cause) { heard <- cause })
		} else {
			bridge.Deliver(request, nil, bridge.Message{}, func(cause bridge.Cause) { heard <- cause })
		}
		if cause := <-heard; cause.Status != want {
			t.Errorf("%+v ends with %v, want %d", request, cause, want)
		}
	}
}
