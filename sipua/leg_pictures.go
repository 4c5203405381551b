package sipua

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// contentMediaControl is the type of RFC 5168, with which phones ask for a full picture that know no RTCP feedback.
const contentMediaControl = "application/media_control+xml"

// fullPicture asks for one (RFC 5168 section 7.1).
const fullPicture = `<?xml version="1.0" encoding="utf-8"?>` +
	`<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>` + "\r\n"

// pictures is what the party said last of its video.
type pictures struct {
	// offered and sounds tell that it has some, and that it has sound; direction is what it does with them, and leading
	// what its leading section said then.
	offered, sounds    bool
	direction, leading bridge.Direction
}

func picturesIn(description bridge.Description) pictures {
	video, offered := description.First(transcode.Video)
	_, sounds := description.First(transcode.Audio)
	return pictures{
		offered: offered, sounds: sounds, direction: video.Direction, leading: directionOf(description),
	}
}

// askKeyframe asks the party for a full picture: by RTCP, or by INFO if it takes none there.
func (l *leg) askKeyframe() {
	_, has := l.agreed.First(transcode.Video)
	asking := &l.fullPictures
	if l.media.AskKeyframe() || !has || l.state != stateConfirmed || !asking.mayAsk(time.Now()) {
		return
	}
	asking.asked, asking.waiting = time.Now(), true
	l.sendInfo(l.dialog, contentMediaControl, []byte(fullPicture), func(response *sip.Response, err error) {
		if err == nil && response.IsProvisional() {
			return
		}
		asking.waiting = false
		asking.unknown = err == nil && slices.Contains([]int{405, 415, 469, 501}, response.StatusCode)
	})
}

// nothingAdded tells whether an offer that has what is agreed on leaves that as it is: it does not ask again for
// pictures or sound that were refused, and the party does not switch its camera. What changes together with the leading
// section is a hold.
func (l *leg) nothingAdded(offer bridge.Description) bool {
	now, before := picturesIn(offer), l.pictures
	_, heard := l.agreed.First(transcode.Audio)
	if now.sounds && !before.sounds && !heard {
		return false
	}
	held := now.leading != before.leading
	return !now.offered || before.offered && (now.direction == before.direction || held)
}
