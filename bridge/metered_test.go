package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// metered is an endpoint that asks and counts.
type metered struct{ *bridgetest.Endpoint }

func (metered) Metered(request bridge.Request) bool { return request.To != "" }

// TestMeteredTransferIsNotPassedOn: a trunk that would call the target by itself is not asked to, for that call would
// neither be asked for nor counted.
func TestMeteredTransferIsNotPassedOn(t *testing.T) {
	t.Parallel()
	phone := bridgetest.NewEndpointOf(bridge.LegInfo{Origin: bridge.OriginUpstream, Trunk: "carrier", Refers: true})
	f := newFixture(t, func(options *bridge.ExchangeOptions) {
		options.PassTransfers, options.Router = true, bridgetest.RouteTo(metered{phone})
	})
	f.phone = phone
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, caller.Leg, 200)
	if bridgetest.Count[bridgetest.Refer](callee.Leg) != 0 {
		t.Error("the trunk was asked to call the target")
	}
}
