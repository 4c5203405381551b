package transcode

import "sync/atomic"

// LossReporter is a PacketWriter that knows how much of what it is given is lost on its way to the party.
type LossReporter interface {
	// ExpectedLoss is in percent; 0 means that next to nothing is lost. Any goroutine may call it.
	ExpectedLoss() int
}

// LossExpecter is an Encoder that can make its packets less vulnerable.
type LossExpecter interface {
	// ExpectLoss says how much of the packets that follow will be lost, in percent; 0 asks for no protection.
	ExpectLoss(percent int) error
}

// lossEstimate is what a party's reports say of the loss on the way to it, smoothed: it rises by half of the difference
// with each report, so that a single bad one does not count for much, and falls by a quarter, because what lost packets
// once will do so again. The zero value expects none. Any goroutine may use it.
type lossEstimate struct {
	// share is in 1/2^16 of the packets.
	share atomic.Uint32
}

// report takes the fraction lost of a reception report, in 1/256 (RFC 3550 section 6.4.1).
func (l *lossEstimate) report(fraction uint8) {
	before := l.share.Load()
	now, after := uint32(fraction)<<8, before
	if now > before {
		after += (now - before + 1) / 2
	} else {
		after -= (before - now + 3) / 4
	}
	l.share.Store(after)
}

// percent rounds down, so that what is left of a loss that is over ends.
func (l *lossEstimate) percent() int { return int(l.share.Load() * 100 >> 16) }

// ReportLoss takes what the party reports of our stream: the fraction lost, in 1/256 (RFC 3550 section 6.4.1). Encoders
// that write into the Sender arm their packets against it.
func (s *Sender) ReportLoss(fraction uint8) { s.loss.report(fraction) }

// ExpectedLoss gives the loss that the party's reports let expect, in percent, less what copies make up for.
func (s *Sender) ExpectedLoss() int {
	loss := s.loss.percent()
	left := loss
	if s.redundancy.agreed() {
		for range wantedCopies(loss) {
			left = left * loss / 100
		}
	}
	return left
}

// ExpectedLoss is that of the writer that is plugged in.
func (s *Switch) ExpectedLoss() int {
	if to := s.to.Load(); to != nil {
		if reporter, ok := (*to).(LossReporter); ok {
			return reporter.ExpectedLoss()
		}
	}
	return 0
}

// ExpectedLoss is what is to be expected behind the pipe, where the source itself is to arm its packets against it:
// where they pass through, and the receiver takes in-band error correction (RFC 7587 section 6.1). A pipe that encodes
// anew does that by itself.
func (p *Pipe) ExpectedLoss() int {
	way := p.current.Load()
	if way.transcoder != nil || way.pictures != nil || !corrects(p.to) {
		return 0
	}
	if reporter, ok := p.dst.(LossReporter); ok {
		return reporter.ExpectedLoss()
	}
	return 0
}

// arm tells the encoder when the loss that is to be expected has changed.
func (t *transcoder) arm() {
	if t.losses == nil {
		return
	}
	expecter, ok := t.encoder.(LossExpecter)
	if loss := t.losses.ExpectedLoss(); ok && loss != t.armed {
		t.armed = loss
		t.fail(expecter.ExpectLoss(loss))
	}
}
