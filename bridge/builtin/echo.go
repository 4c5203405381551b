package builtin

import (
	"sipbridge/bridge"
	"sipbridge/transcode"
)

// echoLeg says back each packet that it hears, at once and as it is. It needs no goroutine.
type echoLeg struct{ *leg }

func dialEcho(request bridge.Request) bridge.Leg {
	echo := echoLeg{newLeg("Echo", request)}
	echo.media.in = transcode.PacketWriterFunc(echo.media.say)
	answer, _, err := answer(request.Offer)
	if err != nil {
		echo.end(bridge.CauseOf(err))
		return echo
	}
	echo.emit(bridge.Answered{Answer: answer})
	return echo
}

// Hangup ends the leg.
func (e echoLeg) Hangup(cause bridge.Cause) {
	e.leg.Hangup(cause)
	e.end(cause)
}
