package sipua

import (
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// contentMediaControl is the type of RFC 5168, with which phones ask for a full picture that know no RTCP feedback.
const contentMediaControl = "application/media_control+xml"

// fullPicture asks for one (RFC 5168 section 7.1).
const fullPicture = `<?xml version="1.0" encoding="utf-8"?>` +
	`<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>` + "\r\n"

// infoPause is the least time between two such requests: a full picture costs as much as many others.
const infoPause = 500 * time.Millisecond

// pictures is what the party said last of its video.
type pictures struct {
	// offered tells that it has some; direction is what it does with them, and sound what it did with its sound then.
	offered          bool
	direction, sound bridge.Direction
}

func picturesIn(description bridge.Description) pictures {
	video, ok := description.First(transcode.Video)
	return pictures{offered: ok, direction: video.Direction, sound: audioDirection(description)}
}

// askKeyframe asks the party for a full picture: by RTCP, or by INFO if it takes none there.
func (l *leg) askKeyframe() {
	_, has := l.agreed.First(transcode.Video)
	if l.media.AskKeyframe() || !has || l.state != stateConfirmed || time.Since(l.keyframeAsked) < infoPause {
		return
	}
	l.keyframeAsked = time.Now()
	l.sendInfo(contentMediaControl, []byte(fullPicture))
}

// samePictures tells whether an offer that has pictures if any are agreed on leaves them as they are: it does not ask
// again for those that were refused, and the party does not switch its camera. What changes together with the sound
// is a hold.
func (l *leg) samePictures(offer bridge.Description) bool {
	now, before := picturesIn(offer), l.pictures
	held := now.sound != before.sound
	return !now.offered || before.offered && (now.direction == before.direction || held)
}
