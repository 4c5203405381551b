package quality

import (
	"net/netip"
	"sync/atomic"
)

// Faults counts packets that came for nothing. The zero value is ready; any goroutine may count.
type Faults struct {
	undecryptable, wrongPayloadType, wrongSource atomic.Uint64

	stranger  atomic.Pointer[netip.AddrPort]
	wrongType atomic.Uint32
}

// CannotDecrypt counts a packet that is forged, broken or came twice.
func (f *Faults) CannotDecrypt() { f.undecryptable.Add(1) }

// IsOfType counts a packet of a payload type that was not agreed.
func (f *Faults) IsOfType(payloadType uint8) {
	f.wrongPayloadType.Add(1)
	f.wrongType.Store(uint32(payloadType))
}

// IsFrom counts a packet of somebody else than the party. It allocates only when the stranger is another one than
// before, at most once in a hundred packets, so that many strangers cost no more than one.
func (f *Faults) IsFrom(stranger netip.AddrPort) {
	count := f.wrongSource.Add(1)
	if last := f.stranger.Load(); last == nil || (*last != stranger && count%100 == 0) {
		fresh := stranger // not the parameter, which would be allocated for each packet
		f.stranger.Store(&fresh)
	}
}

// Into puts the counts into Stats.
func (f *Faults) Into(stats *Stats) {
	stats.Undecryptable = f.undecryptable.Load()
	stats.WrongPayloadType = f.wrongPayloadType.Load()
	stats.WrongSource = f.wrongSource.Load()
	stats.WrongType = uint8(f.wrongType.Load())
	if last := f.stranger.Load(); last != nil {
		stats.Stranger = *last
	}
}
