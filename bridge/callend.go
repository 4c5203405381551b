package bridge

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"time"
)

// finish hangs up what is left and waits until both legs are over.
func (c *call) finish() {
	c.listenToTheEnd()
	c.giveUpTransfer()
	for _, side := range [2]*side{&c.caller, &c.callee} {
		if side.leg != nil && !side.ended {
			c.dismiss(side.leg, c.causeFor(side))
		}
		side.unplug()
	}
	c.departed.Wait()
	c.caller.closePictures()
	c.callee.closePictures()
	if c.recording != nil {
		c.recording.Close()
	}
	c.noteLegs()
	c.record.CallerMedia, c.record.CalleeMedia = c.caller.count().now(), c.callee.count().now()
	c.exchange.countEnd(c.record)
}

// causeFor gives the cause that a leg is told. A caller that was not answered hears the callee's final response,
// headers included, so that a challenge reaches who can answer it.
func (c *call) causeFor(side *side) Cause {
	if side == &c.caller && c.state != stateAnswered {
		return finalCause(c.record.Cause)
	}
	return c.record.Cause
}

// finalCause makes of a leg's end the final response for a caller. One without a failure status becomes
// 480; so does a redirection that was not followed, for its contacts are not the caller's business.
func finalCause(cause Cause) Cause {
	switch {
	case cause.Status < 400:
		return Cause{Status: 480, Text: "Temporarily Unavailable", Err: cause}
	case cause.Status > 699:
		return Cause{Status: 500, Text: "Server Internal Error", Err: cause}
	default:
		return cause
	}
}

// noteLegs puts into the record what the legs say now; the media are counted at the end.
func (c *call) noteLegs() {
	if c.failed {
		return // what the caller hears now is no party
	}
	caller, callee := c.caller.info(), c.callee.info()
	c.record.noteDialog(caller.Dialog)
	c.record.noteDialog(callee.Dialog)
	c.record.CallerTransport, c.record.CalleeTransport = caller.Transport, callee.Transport
	if callee.Party != (Party{}) {
		c.record.Callee = callee.Party
	}
	c.record.CallerCodec, c.record.CalleeCodec = c.caller.codec(), c.callee.codec()
	c.record.CallerPath, c.record.CalleePath = c.caller.path(), c.callee.path()
}

func (c *call) tellStarted() {
	if c.exchange.options.Observer != nil {
		c.exchange.options.Observer.CallStarted(c.record)
	}
}

// tellEnded tells the Observer, and the log in one line.
func (c *call) tellEnded() {
	if c.exchange.options.Observer != nil {
		c.exchange.options.Observer.CallEnded(c.record)
	}
	r := c.record
	var spoken time.Duration
	if !r.Answered.IsZero() {
		spoken = r.Ended.Sub(r.Answered)
	}
	c.log.LogAttrs(context.Background(), c.storyLevel(), "call ended",
		slog.String("call_ids", strings.Join(r.CallIDs, " ")),
		slog.String("from", r.Caller.URI), slog.String("from_transport", r.CallerTransport),
		slog.String("user", c.request.User),
		slog.String("to", r.Callee.URI), slog.String("to_transport", r.CalleeTransport),
		slog.String("asked_for", c.request.To),
		slog.Bool("answered", !r.Answered.IsZero()),
		slog.String("set_up", cmp.Or(r.Answered, r.Ended).Sub(r.Started).Round(time.Millisecond).String()),
		slog.String("duration", spoken.Round(time.Millisecond).String()),
		r.mediaGroup("from_media", r.CallerPath, r.CallerCodec, r.CallerMedia),
		r.mediaGroup("to_media", r.CalleePath, r.CalleeCodec, r.CalleeMedia),
		slog.String("unheard", r.Unheard),
		slog.String("transfers", transferStory(r.Transfers)), slog.String("recording", r.Recording),
		slog.String("ended_by", r.EndedBy), slog.Int("status", r.Cause.Status),
		slog.String("reason", r.Cause.Text), slog.String("error", errorText(r.Cause)))
}

// storyLevel keeps strangers from filling the log, by numbers that lead nowhere or by calls given up at once.
func (c *call) storyLevel() slog.Level {
	switch {
	case c.request.Origin != OriginUnknown, !c.record.Answered.IsZero():
		return slog.LevelInfo
	case c.callee.leg == nil, !c.exchange.strangers.Allow():
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

func errorText(cause Cause) string {
	if cause.Err == nil {
		return ""
	}
	return cause.Err.Error()
}
