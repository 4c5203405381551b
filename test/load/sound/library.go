package sound

import "sync"

// Library encodes the loop of a codec once for each quality. It may be used from any goroutine.
type Library struct {
	codec Codec

	mu    sync.Mutex // also held while a loop is encoded, so that nobody else encodes it too
	loops map[Quality][][]byte
}

// NewLibrary makes an empty library.
func NewLibrary(codec Codec) *Library { return &Library{codec: codec, loops: map[Quality][][]byte{}} }

// Loop gives the packets of a quality.
func (l *Library) Loop(quality Quality) ([][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if packets, ok := l.loops[quality]; ok {
		return packets, nil
	}
	packets, err := l.codec.Loop(quality)
	if err == nil {
		l.loops[quality] = packets
	}
	return packets, err
}
