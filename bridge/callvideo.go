package bridge

import (
	"slices"

	"sipbridge/transcode"
)

// crossing is an offer of one party that is made to the other one before it is answered, because it adds pictures, or
// sound: only the other one knows whether it wants any.
type crossing struct {
	from, to *side
	offer    Description
	// late tells that the one that offered waits no more.
	late bool
}

// adds tells whether an offer has a kind of media for a party that has agreed to none of it so far.
func (c *call) adds(to *side, offer Description) bool {
	crossing, err := offerFor(&offer, c.exchange.options.Policy)
	isNew := func(media MediaDescription) bool { return !to.has(media.Kind) }
	return err == nil && c.state == stateAnswered && slices.ContainsFunc(crossing.Media, isNew)
}

// cross offers the other party what it has, and what is added.
func (c *call) cross(from, to *side, offer Description) {
	onward, err := offerFor(&offer, c.exchange.options.Policy)
	if err != nil {
		return // adds has seen one
	}
	if leading, _ := onward.Leading(); !to.has(leading.Kind) {
		to.told = leading.Direction // what was said by the pictures so far is said by the sound now
	}
	if _, shows := onward.First(transcode.Video); shows {
		to.shown = onward.looks()
	}
	for i, media := range onward.Media {
		if agreed, ok := to.agreed.First(media.Kind); ok {
			onward.Media[i] = agreed
		}
	}
	c.crossing = &crossing{from: from, to: to, offer: offer}
	to.leg.Offer(directed(onward, to.told, to.shown))
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

// reconcile takes the pictures or the sound from the one party that has some, when the other one has agreed to none
// meanwhile.
func (c *call) reconcile(one, other *side) {
	for _, kind := range transcode.Kinds() {
		if !c.over && one.has(kind) != other.has(kind) {
			c.show(one, other)
			c.show(other, one)
		}
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

// show tells a party by a new offer what has changed of the media that the other one sends and takes: the camera was
// switched off or on, there are no pictures any more, or no sound, or who looks at them now cannot turn them. What
// becomes of it never comes back.
func (c *call) show(to, from *side) {
	if to.leg == nil || to.ended || c.state != stateAnswered {
		return
	}
	offer := Description{}
	changed := to.has(transcode.Video) && to.shown != from.looks
	for _, media := range directed(to.agreed, to.told, from.looks).Media {
		if seen, ok := from.agreed.First(media.Kind); ok {
			changed = changed || media.Orientation && !seen.Orientation
			media.Orientation = media.Orientation && seen.Orientation
			offer.Media = append(offer.Media, media)
		} else if !media.Refused() {
			changed = true
		}
	}
	if len(offer.Media) == 0 || !changed {
		return
	}
	to.shown = from.looks
	to.leg.Offer(offer.limited(c.exchange.options.Policy.capped(from.takes)))
}
