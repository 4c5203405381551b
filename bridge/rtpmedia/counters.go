package rtpmedia

import "sync/atomic"

// Counters counts what sessions did with packets that they did not simply pass on. The zero value is ready;
// it may be used by any number of sessions and goroutines.
type Counters struct {
	malformed        atomic.Uint64
	unagreed         atomic.Uint64
	wrongPayloadType atomic.Uint64
	wrongSource      atomic.Uint64
	held             atomic.Uint64
	comfortNoise     atomic.Uint64
	badEvents        atomic.Uint64
	reports          atomic.Uint64
	badReports       atomic.Uint64
	byes             atomic.Uint64
	moved            atomic.Uint64
	lost             atomic.Uint64
	unsent           atomic.Uint64
	forged           atomic.Uint64
	replayed         atomic.Uint64
	unkeyed          atomic.Uint64
	unshaken         atomic.Uint64
	badChecks        atomic.Uint64
	revoked          atomic.Uint64
}

// Stats is a snapshot of Counters.
type Stats struct {
	// Malformed counts datagrams on an RTP port that are neither RTP nor RTCP.
	Malformed uint64
	// Unagreed counts packets that came before any agreement.
	Unagreed uint64
	// WrongPayloadType counts packets of a payload type that was not agreed.
	WrongPayloadType uint64
	// WrongSource counts RTP and RTCP packets from a source that is not the party's.
	WrongSource uint64
	// Held counts packets of a party that should not send.
	Held uint64
	// ComfortNoise counts comfort-noise packets (RFC 3389).
	ComfortNoise uint64
	// BadEvents counts ill-formed telephone-events.
	BadEvents uint64
	// Reports counts RTCP sender and receiver reports taken.
	Reports uint64
	// BadReports counts ill-formed RTCP packets.
	BadReports uint64
	// Byes counts RTCP BYE packets, which change nothing.
	Byes uint64
	// Moved counts how often a party's media came from another address than the one sent to so far.
	Moved uint64
	// Lost counts how often a media timeout was told.
	Lost uint64
	// Unsent counts packets that could not be sent: no address yet, or the socket refused.
	Unsent uint64
	// Forged counts packets of protected media that were not sealed with the party's key.
	Forged uint64
	// Replayed counts those that had come before, or come too late or too short.
	Replayed uint64
	// Unkeyed counts those that came before there were keys.
	Unkeyed uint64
	// Unshaken counts DTLS handshakes that failed.
	Unshaken uint64
	// BadChecks counts STUN messages that were no checks of the party.
	BadChecks uint64
	// Revoked counts paths of ICE on which the party has answered nothing for so long that no media may go there.
	Revoked uint64
}

// Stats gives a snapshot.
func (c *Counters) Stats() Stats {
	return Stats{
		Malformed: c.malformed.Load(), Unagreed: c.unagreed.Load(),
		WrongPayloadType: c.wrongPayloadType.Load(), WrongSource: c.wrongSource.Load(),
		Held: c.held.Load(), ComfortNoise: c.comfortNoise.Load(), BadEvents: c.badEvents.Load(),
		Reports: c.reports.Load(), BadReports: c.badReports.Load(), Byes: c.byes.Load(),
		Moved: c.moved.Load(), Lost: c.lost.Load(), Unsent: c.unsent.Load(),
		Forged: c.forged.Load(), Replayed: c.replayed.Load(), Unkeyed: c.unkeyed.Load(), Unshaken: c.unshaken.Load(),
		BadChecks: c.badChecks.Load(), Revoked: c.revoked.Load(),
	}
}
