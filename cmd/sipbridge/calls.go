package main

import (
	"math"
	"time"

	"sipbridge/bridge"
	"sipbridge/web/admin"
)

// calls are the running calls for the operator; nil if they are not to be shown.
func (s *service) calls() func() []admin.Call {
	if !s.config.Admin.Calls {
		return nil
	}
	return func() []admin.Call {
		running := s.exchange.Calls()
		shown := make([]admin.Call, len(running))
		for i, call := range running {
			shown[i] = admin.Call{
				ID: call.ID, State: call.State, Started: call.Started, Unheard: call.Unheard,
				Caller: shownLeg(call.Caller, call.CallerTransport, call.CallerCodec, call.CallerPath, call.CallerMedia),
				Callee: shownLeg(call.Callee, call.CalleeTransport, call.CalleeCodec, call.CalleePath, call.CalleeMedia),
			}
		}
		return shown
	}
}

func shownLeg(party bridge.Party, transport, codec, path string, media bridge.MediaStats) admin.Leg {
	return admin.Leg{
		Party: party.URI, Transport: transport, Codec: codec, Path: path,
		Received: media.Audio.Received, Lost: media.Audio.Lost,
		Sent: media.Audio.Sent, LostThere: media.Audio.RemoteLost,
		Jitter: milliseconds(media.Audio.Jitter), RoundTrip: milliseconds(media.Audio.RoundTrip),
		MOS: hundredths(media.Score(codec)), MOSThere: hundredths(media.RemoteScore(codec)),
		Decoded: hundredths(media.Sound.Decoded.Seconds()), Concealed: hundredths(media.Sound.Concealed.Seconds()),
		Clipped: hundredths(media.Sound.Clipped.Seconds()), Silent: hundredths(media.Sound.Silent.Seconds()),
	}
}

func milliseconds(length time.Duration) float64 {
	return hundredths(float64(length) / float64(time.Millisecond))
}

func hundredths(value float64) float64 { return math.Round(value*100) / 100 }
