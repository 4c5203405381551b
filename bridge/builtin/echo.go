package builtin

import (
	"slices"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// echoLeg says and shows back each packet that it gets, at once and as it is. It needs no goroutine.
type echoLeg struct {
	*leg

	// shown is what is done with pictures; the zero value is nothing, for there are none. Only Offer changes it, and
	// the call gives one command after the other.
	shown shown
}

// shown is what echo does with pictures.
type shown int

const (
	noPictures shown = iota
	// sentBack says that pictures come, and go back.
	sentBack
	// awaited says that there is a section for them, in which none come: so there are none to show.
	awaited
)

func dialEcho(request bridge.Request) bridge.Leg {
	echo := &echoLeg{leg: newLeg("Echo", request)}
	echo.media.in[transcode.Audio] = transcode.PacketWriterFunc(echo.media.say)
	echo.media.in[transcode.Video] = &echo.media.out[transcode.Video]
	answer, _, _ := answer(request.Offer)
	echo.shown = showBack(answer, request.Offer)
	if _, ok := answer.Leading(); !ok {
		echo.end(notAcceptable())
		return echo
	}
	echo.emit(bridge.Answered{Answer: answer})
	return echo
}

// Offer takes pictures that are added to the call, too; the sound stays as it is. Who shows nothing any more is told
// that nothing comes back, or the last picture would stand there for ever.
func (e *echoLeg) Offer(offer bridge.Description) {
	answer, _, _ := answer(&offer)
	before, now := e.shown, showBack(answer, &offer)
	if _, ok := answer.Leading(); !ok {
		e.emit(bridge.Refused{Cause: notAcceptable()})
		return
	}
	e.shown = now
	e.emit(bridge.Accepted{Answer: answer})
	if before != noPictures && now != noPictures && before != now {
		e.emit(bridge.Offered{Offer: now.in(answer)})
	}
}

// showBack takes the first pictures of an offer that can cross.
func showBack(answer bridge.Description, offer *bridge.Description) shown {
	if offer == nil {
		return noPictures
	}
	for i, media := range offer.Media {
		if formats := transcode.Crossing(media.Formats); media.Kind == transcode.Video && len(formats) > 0 {
			answer.Media[i].Formats, answer.Media[i].Direction = formats[:1], bridge.Inactive
			if !media.Direction.Sends() {
				return awaited
			}
			answer.Media[i].Direction = media.Direction.Mirror()
			return sentBack
		}
	}
	return noPictures
}

// in gives an offer of what was agreed, with what is done with pictures now.
func (s shown) in(agreed bridge.Description) bridge.Description {
	offer := bridge.Description{Media: slices.Clone(agreed.Media)}
	for i := range offer.Media {
		if offer.Media[i].Kind == transcode.Video && !offer.Media[i].Refused() {
			offer.Media[i].Direction = bridge.NewDirection(s == sentBack, true)
		}
	}
	return offer
}

// LimitPictures limits what is shown back, which is what comes.
func (e *echoLeg) LimitPictures(bitrate uint64) { e.emit(bridge.RateAsked{Bitrate: bitrate}) }

// AskKeyframe asks for what is shown back.
func (e *echoLeg) AskKeyframe() { e.emit(bridge.KeyframeAsked{}) }

// Hangup ends the leg.
func (e *echoLeg) Hangup(cause bridge.Cause) {
	e.leg.Hangup(cause)
	e.end(cause)
}
