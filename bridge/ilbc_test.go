//go:build libavcodec

package bridge

import (
	"errors"
	"testing"
)

// TestReceiveOnlyCodecs holds what is answered to a party that would rather send a codec that we cannot make.
func TestReceiveOnlyCodecs(t *testing.T) {
	t.Parallel()
	ilbc, opus := format("iLBC", 8000, 97), format("opus", 48000, 111)
	pcmu, pcma := format("PCMU", 8000, 0), format("PCMA", 8000, 8)
	answered := ilbc
	answered.Parameters = "mode=30"
	for _, test := range []struct {
		name   string
		offer  Description
		far    Description
		policy Policy
		want   *Description // nil: refused
	}{
		{"rather", audio(SendRecv, ilbc, pcmu), audio(SendRecv, opus), Policy{}, new(audio(SendRecv, pcmu, answered))},
		{"shared", audio(SendRecv, ilbc, pcmu, pcma), audio(SendRecv, pcma), Policy{}, new(audio(SendRecv, pcma, answered))},
		{"if need be", audio(SendRecv, pcmu, ilbc), audio(SendRecv, opus), Policy{}, new(audio(SendRecv, pcmu))},
		{"alone", audio(SendRecv, ilbc), audio(SendRecv, opus), Policy{}, nil},
		{"both", audio(SendRecv, ilbc), audio(SendRecv, ilbc), Policy{}, nil},
	} {
		got, err := answerFor(test.offer, test.far, test.policy)
		checkDescription(t, got, err, test.want)
	}
	offer := audio(SendRecv, ilbc, pcmu)
	got, err := offerFor(&offer, Policy{})
	checkDescription(t, got, err, new(audio(SendRecv, pcmu, pcma, opus)))

	alone := audio(SendRecv, ilbc)
	_, err = offerFor(&alone, Policy{})
	cause, ok := errors.AsType[Cause](err)
	if !ok || cause.Status != 488 || len(cause.Headers) != 1 || cause.Headers[0].Name != "Warning" {
		t.Errorf("iLBC alone: %+v", err)
	}
}
