package builtin

import (
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// Options says how the built-in numbers behave. The zero value is good.
type Options struct {
	// Pause is how long dtmf waits after the last key before it reads back. Default: 1 s.
	Pause time.Duration
	// Encoder says how tones are encoded.
	Encoder transcode.EncoderOptions
}

// Endpoints gives the built-in numbers by name: echo, tone and dtmf.
func Endpoints(options Options) map[string]bridge.Endpoint {
	if options.Pause <= 0 {
		options.Pause = time.Second
	}
	telephone := []int{8000} // Hz: enough for any tone here, and cheap
	return map[string]bridge.Endpoint{
		"echo": endpoint(dialEcho),
		"tone": endpoint(func(request bridge.Request) bridge.Leg {
			// The frequency is not 1000 Hz, which divides the sample rate and so would meet only a few codes (ITU-T
			// G.711 section 4 has those of the digital milliwatt).
			return dialPlayer(request, performance{
				name: "Tone", rates: telephone, encoder: options.Encoder,
				create: func(rate int) (source, error) { return dtmf.NewTone(rate, 0, 1004), nil },
			})
		}),
		"dtmf": endpoint(func(request bridge.Request) bridge.Leg {
			return dialPlayer(request, performance{
				name: "Keys", rates: telephone, encoder: options.Encoder,
				create: func(rate int) (source, error) { return newReader(rate, options.Pause), nil },
			})
		}),
	}
}

// endpoint makes a bridge.Endpoint of a function.
type endpoint func(bridge.Request) bridge.Leg

// Dial calls e.
func (e endpoint) Dial(request bridge.Request) bridge.Leg { return e(request) }

// answer chooses the first codec of an offer that can be transcoded, and refuses the pictures. It reports false if
// there is none.
func answer(offer *bridge.Description) (answer bridge.Description, chosen transcode.Format, ok bool) {
	if offer == nil {
		return bridge.Description{}, transcode.Format{}, false
	}
	answer = bridge.Description{Media: make([]bridge.MediaDescription, len(offer.Media))}
	for i, media := range offer.Media {
		answer.Media[i] = bridge.MediaDescription{Kind: media.Kind, Direction: bridge.Inactive}
		if ok || media.Kind != transcode.Audio {
			continue
		}
		for _, format := range media.Formats {
			if transcode.Transcodable(format.Codec) {
				chosen, ok = format, true
				answer.Media[i].Formats = []transcode.Format{format}
				answer.Media[i].Direction = media.Direction.Mirror()
				break
			}
		}
	}
	return answer, chosen, ok
}

func notAcceptable() bridge.Cause { return bridge.Cause{Status: 488, Text: "Not Acceptable Here"} }
