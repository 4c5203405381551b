package builtin

import (
	"sipbridge/bridge"
	"sipbridge/transcode"
	"sipbridge/transcode/pcm"
)

// Announcement gives an endpoint that plays a sound once, as early media (RFC 3960), and ends with 200: what a caller
// hears before anybody answers, which costs him nothing.
func Announcement(sound pcm.Sound, encoder transcode.EncoderOptions) bridge.Endpoint {
	const wide, telephone = 16000, 8000 // Hz
	rates := []int{telephone}
	if sound.SampleRate >= wide {
		rates = []int{wide, telephone}
	}
	return endpoint(func(request bridge.Request) bridge.Leg {
		return dialPlayer(request, performance{
			early: true, rates: rates, encoder: encoder,
			create: func(rate int) (source, error) { return newRecorded(sound, rate) },
		})
	})
}
