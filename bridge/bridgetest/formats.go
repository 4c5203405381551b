package bridgetest

import (
	"sipbridge/bridge"
	"sipbridge/transcode"
)

// PCMU is G.711 µ-law with its static payload type.
func PCMU() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}, PayloadType: 0}
}

// PCMA is G.711 A-law with its static payload type.
func PCMA() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: 8}
}

// Opus is Opus with the payload type that Chromium gives it.
func Opus() transcode.Format {
	return transcode.Format{
		Codec:       transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2},
		PayloadType: 111,
		Parameters:  "minptime=10;useinbandfec=1",
	}
}

// Audio is a Description of one audio section that sends and receives.
func Audio(formats ...transcode.Format) bridge.Description {
	return AudioIn(bridge.SendRecv, formats...)
}

// AudioIn is a Description of one audio section with a direction.
func AudioIn(direction bridge.Direction, formats ...transcode.Format) bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{{
		Kind: transcode.Audio, Direction: direction, Formats: formats,
	}}}
}
