package builtin

import (
	"sipbridge/bridge"
	"sipbridge/transcode"
)

// echoLeg says and shows back each packet that it gets, at once and as it is. It needs no goroutine.
type echoLeg struct{ *leg }

func dialEcho(request bridge.Request) bridge.Leg {
	echo := echoLeg{newLeg("Echo", request)}
	echo.media.in[transcode.Audio] = transcode.PacketWriterFunc(echo.media.say)
	echo.media.in[transcode.Video] = &echo.media.out[transcode.Video]
	answer, _, _ := answer(request.Offer)
	showBack(answer, request.Offer)
	if _, ok := answer.Leading(); !ok {
		echo.end(notAcceptable())
		return echo
	}
	echo.emit(bridge.Answered{Answer: answer})
	return echo
}

// Offer takes pictures that are added to the call, too; the sound stays as it is.
func (e echoLeg) Offer(offer bridge.Description) {
	answer, _, _ := answer(&offer)
	showBack(answer, &offer)
	if _, ok := answer.Leading(); !ok {
		e.emit(bridge.Refused{Cause: notAcceptable()})
		return
	}
	e.emit(bridge.Accepted{Answer: answer})
}

// showBack takes the first pictures of an offer that can cross.
func showBack(answer bridge.Description, offer *bridge.Description) {
	if offer == nil {
		return
	}
	for i, media := range offer.Media {
		if formats := transcode.Crossing(media.Formats); media.Kind == transcode.Video && len(formats) > 0 {
			answer.Media[i].Formats, answer.Media[i].Direction = formats[:1], media.Direction.Mirror()
			return
		}
	}
}

// LimitPictures limits what is shown back, which is what comes.
func (e echoLeg) LimitPictures(bitrate uint64) { e.emit(bridge.RateAsked{Bitrate: bitrate}) }

// AskKeyframe asks for what is shown back.
func (e echoLeg) AskKeyframe() { e.emit(bridge.KeyframeAsked{}) }

// Hangup ends the leg.
func (e echoLeg) Hangup(cause bridge.Cause) {
	e.leg.Hangup(cause)
	e.end(cause)
}
