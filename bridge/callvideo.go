package bridge

import "sipbridge/transcode"

// crossing is an offer of one party that is made to the other one before it is answered, because it adds pictures: only
// the other one knows whether it wants any.
type crossing struct {
	from, to *side
	offer    Description
	// late tells that the one that offered waits no more.
	late bool
}

// addsPictures tells whether an offer has pictures for a party that has agreed to none so far.
func (c *call) addsPictures(to *side, offer Description) bool {
	_, adds := c.exchange.options.Policy.pictures(offer)
	return adds && c.state == stateAnswered && !to.has(transcode.Video)
}

// cross offers the other party what it has, and the pictures.
func (c *call) cross(from, to *side, offer Description) {
	video, _ := c.exchange.options.Policy.pictures(offer)
	video.Direction = from.wish.And(video.Direction)
	audio, _ := to.agreed.First(transcode.Audio)
	audio.Direction = to.told
	to.shown = video.Direction
	c.crossing = &crossing{from: from, to: to, offer: offer}
	to.leg.Offer(Description{Media: []MediaDescription{audio, video}})
}

// crossed answers the offer that waited for a party, whatever became of it there.
func (c *call) crossed(by *side) {
	waiting := c.crossing
	if waiting == nil || waiting.to != by {
		return
	}
	c.crossing = nil
	switch {
	case c.over:
	case waiting.late:
		c.show(waiting.to, waiting.from)
	default:
		c.answerOffer(waiting.from, waiting.to, waiting.offer)
	}
}

// reconcile takes the pictures from the one party that has some, when the other one has agreed to none meanwhile.
func (c *call) reconcile(one, other *side) {
	if !c.over && one.has(transcode.Video) != other.has(transcode.Video) {
		c.show(one, other)
		c.show(other, one)
	}
}

// giveUpCrossing notes that nobody waits any more for the answer to what a party offered.
func (c *call) giveUpCrossing(from *side) {
	if c.crossing != nil && c.crossing.from == from {
		c.crossing.late = true
	}
}

// replaced settles what waits for the leg of a side, or for its answer, because another one takes its place.
func (c *call) replaced(s *side) {
	c.giveUpCrossing(s)
	c.crossed(s)
}

// show tells a party by a new offer what has changed of the pictures that the other one sends and takes: the camera was
// switched off or on, or there are none any more. What becomes of it never comes back.
func (c *call) show(to, from *side) {
	if to.leg == nil || to.ended || c.state != stateAnswered || !to.has(transcode.Video) {
		return
	}
	if from.has(transcode.Video) && to.shown == from.looks {
		return
	}
	offer := directed(to.agreed, to.told, from.looks)
	if !from.has(transcode.Video) {
		audio, _ := offer.First(transcode.Audio)
		offer = audioOnly(audio)
	}
	to.shown = from.looks
	to.leg.Offer(offer)
}
