package bridge

import (
	"log/slog"
	"strings"
	"time"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

const (
	// leastLook is the shortest time from which something is concluded.
	leastLook = 2 * time.Second
	// mostWarnings is how often a call says in the log that somebody is not heard.
	mostWarnings = 3
)

// listening looks after an answered call in which somebody is not heard. It is owned by the call's goroutine.
type listening struct {
	ticker *time.Ticker // nil before the answer
	began  time.Time    // of what is looked at now
	// before is what caller and callee had counted then, answered what they had at the answer.
	before, answered [2]MediaStats
	// faults are those of the ways from caller and from callee, as they were found last.
	faults   [2]quality.Fault
	warnings int
}

// looks gives when to look; nil before the call is answered.
func (l *listening) looks() <-chan time.Time {
	if l.ticker == nil {
		return nil
	}
	return l.ticker.C
}

func (l *listening) stop() {
	if l.ticker != nil {
		l.ticker.Stop()
	}
}

// startListening begins to look, from the answer on.
func (c *call) startListening() {
	c.listening.ticker = time.NewTicker(c.exchange.options.Listen)
	c.listening.began = time.Now()
	c.listening.before = [2]MediaStats{c.caller.count().now(), c.callee.count().now()}
	c.listening.answered = c.listening.before
}

// listen looks whether both parties were heard since it looked last, and tells what is wrong.
func (c *call) listen() {
	now := [2]MediaStats{c.caller.count().now(), c.callee.count().now()}
	sound := c.caller.has(transcode.Audio) && c.callee.has(transcode.Audio)
	if !sound || c.transfer != nil { // there is nothing to hear; in a transfer one party waits
		c.listening.before, c.listening.began = now, time.Now()
		return
	}
	ways := [2]quality.Way{c.way(&c.caller, &c.callee, now, 0), c.way(&c.callee, &c.caller, now, 1)}
	found := [2]quality.Fault{ways[0].Fault(), ways[1].Fault()}
	c.listening.before, c.listening.began = now, time.Now()
	if found == c.listening.faults {
		return
	}
	for i, fault := range found {
		if fault != c.listening.faults[i] {
			c.exchange.counts.unheard[fault].Add(1)
		}
	}
	c.listening.faults = found
	c.tellUnheard(ways, found)
}

// way is what was seen of one party's sound; from and to are at i and 1-i in now.
func (c *call) way(from, to *side, now [2]MediaStats, i int) quality.Way {
	came, went := now[i].Since(c.listening.before[i]), now[1-i].Since(c.listening.before[1-i])
	if came.Audio.Heard.IsZero() {
		came.Audio = now[i].Audio // as nothing ever came, what else came tells why, whenever that was
	}
	all := now[i].Sound.Since(c.listening.answered[i].Sound)
	pipe := from.pipes[transcode.Audio]
	return quality.Way{
		From: from.name, To: to.name, HeldBy: holder(from, to), Came: came.Audio, Went: went.Audio,
		Decoded: came.Sound.Decoded, Listened: all.Decoded, Silent: all.Silent,
		Decodes: pipe != nil && pipe.Decodes(),
	}
}

// holder names the party that keeps the one from being heard by the other; empty if none does.
func holder(from, to *side) string {
	switch {
	case !from.wish.Sends():
		return from.name
	case !to.wish.Receives():
		return to.name
	default:
		return ""
	}
}

// tellUnheard puts what has changed into the record and the log.
func (c *call) tellUnheard(ways [2]quality.Way, found [2]quality.Fault) {
	var sentences []string
	trouble := false
	for i := range ways {
		if found[i] > quality.NoFault {
			sentences = append(sentences, ways[i].Sentence())
		}
		trouble = trouble || found[i] > quality.Held
	}
	c.record.Unheard = strings.Join(sentences, "; ")
	switch {
	case !trouble:
		if c.listening.warnings > 0 && len(sentences) == 0 {
			c.log.Info("both parties are heard again")
		}
	case c.listening.warnings < mostWarnings:
		c.listening.warnings++
		c.log.Warn("not both parties are heard", slog.String("why", c.record.Unheard))
	}
}

// listenToTheEnd looks once more, at what came after the last look.
func (c *call) listenToTheEnd() {
	c.listening.stop()
	if c.listening.ticker != nil && time.Since(c.listening.began) >= min(leastLook, c.exchange.options.Listen) {
		c.listen()
	}
}
