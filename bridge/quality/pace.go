package quality

import "time"

const (
	// longestMinimum is the least mean time between the reports of a party, unless pictures or much bandwidth want more
	// (RFC 3550 section 6.2).
	longestMinimum = 5 * time.Second
	// picturesMinimum is that while there are pictures, by the reports on which their sender finds its bit rate (RFC 4585
	// section 3.4 allows it).
	picturesMinimum = time.Second
	// compensation is for what the randomness of the time takes from its mean (RFC 3550 section 6.3.1).
	compensation = 1.21828
	// headers are those of IPv4 and UDP in octets, which count (RFC 3550 section 6.2).
	headers = 28
	// firstSize is what reports are taken to be long before there was one.
	firstSize = 100 + headers
	// members are the two ends of a leg.
	members = 2
)

// The bit rates of sessions whose descriptions say nothing: of telephone sound, and of small pictures.
const (
	usualSound    = 64_000
	usualPictures = 512_000
)

// The highest bit rates that are believed: anybody can write any number, and would have reports by the thousand.
const (
	mostSound    = 256_000
	mostPictures = 2_000_000
)

// Share is how much of the bandwidth RTCP may take, in bit/s (RFC 3556).
type Share struct {
	Bitrate uint64
	// Given tells that the description says so.
	Given bool
}

// Or gives another one if this is not given.
func (s Share) Or(other Share) Share {
	if s.Given {
		return s
	}
	return other
}

// Session is what decides on how often reports are due.
type Session struct {
	// Bitrate is that of the media in bit/s; 0 where it was not said.
	Bitrate uint64
	// Senders and Receivers are what the reports of those who send, and of those who do not, may take together.
	Senders, Receivers Share
	// Pictures tells that there are some.
	Pictures bool
}

// bitrate is that of the media.
func (s Session) bitrate() uint64 {
	usual, most := uint64(usualSound), uint64(mostSound)
	if s.Pictures {
		usual, most = usualPictures, mostPictures
	}
	if s.Bitrate == 0 {
		return usual
	}
	return min(s.Bitrate, most)
}

// shares gives what reports may take, in bit/s: as is said, else 1.25 and 3.75 % of the media (RFC 3556 section 2).
func (s Session) shares() (senders, receivers float64) {
	senders, receivers = float64(s.bitrate())/80, float64(s.bitrate())*3/80
	if s.Senders.Given {
		senders = float64(s.Senders.Bitrate)
	}
	if s.Receivers.Given {
		receivers = float64(s.Receivers.Bitrate)
	}
	return senders, receivers
}

// Reports tells whether there is to be any RTCP at all.
func (s Session) Reports() bool {
	senders, receivers := s.shares()
	return senders+receivers > 0
}

// minimum is the least mean time between reports.
func (s Session) minimum() time.Duration {
	least := longestMinimum
	if s.Pictures {
		least = picturesMinimum
	}
	return min(least, time.Duration(360*1000*float64(time.Second)/float64(s.bitrate())))
}

// Pace says when reports are due (RFC 3550 section 6.3). The zero value is ready. Who uses it locks.
type Pace struct{ average float64 }

// Passed counts a packet of RTCP that was sent or came, with its length in octets.
func (p *Pace) Passed(octets int) {
	p.average = p.size() + (float64(octets+headers)-p.size())/16
}

func (p *Pace) size() float64 {
	if p.average == 0 {
		return firstSize
	}
	return p.average
}

// Pause gives the time from a report of ours to the next one. Sends tells that we sent since the last one, hears that
// the party may do so. Random is from 0 to 1. It reports false where we may make no reports; then it is the time until
// that is to be looked at again.
func (p *Pace) Pause(session Session, sends, hears bool, random float64) (pause time.Duration, allowed bool) {
	mean := session.minimum()
	share, sharers := session.part(sends, hears)
	if share > 0 {
		mean = max(mean, time.Duration(p.size()*8*sharers/share*float64(time.Second)))
	}
	return time.Duration(float64(mean) * (0.5 + random) / compensation), share > 0
}

// part gives what our reports may take together with those of so many: of all, or of those who send or do not, as we
// do, if those who send are few by their share (RFC 3550 section 6.3.1).
func (s Session) part(sends, hears bool) (share, sharers float64) {
	forSenders, forReceivers := s.shares()
	senders := 0.0
	for _, one := range [members]bool{sends, hears} {
		if one {
			senders++
		}
	}
	switch few := senders/members <= forSenders/(forSenders+forReceivers); {
	case few && sends:
		return forSenders, senders
	case few || forReceivers == 0 && !sends:
		return forReceivers, members - senders
	default:
		return forSenders + forReceivers, members
	}
}
