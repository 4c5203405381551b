package transcode

import (
	"sync/atomic"

	"sipbridge/transcode/picture"
)

// PictureLimit bounds how many streams of pictures are transcoded at one time: each costs a good part of a core. Its
// methods may be called from any goroutine; a nil one allows none.
type PictureLimit struct {
	most    int64
	running atomic.Int64
	refused atomic.Uint64
}

// NewPictureLimit makes one. It is nil, which allows none, if the program was built without the codecs.
func NewPictureLimit(most int) *PictureLimit {
	if !picture.Available || most <= 0 {
		return nil
	}
	return &PictureLimit{most: int64(most)}
}

// Free tells whether so many more streams may begin. A no is not counted: nobody is refused yet.
func (l *PictureLimit) Free(streams int) bool {
	return l != nil && l.running.Load()+int64(streams) <= l.most
}

// Refuse counts that pictures were refused because Free said no.
func (l *PictureLimit) Refuse() {
	if l != nil {
		l.refused.Add(1)
	}
}

// Running counts the streams that are transcoded now.
func (l *PictureLimit) Running() int {
	if l == nil {
		return 0
	}
	return int(l.running.Load())
}

// Refused counts how often pictures were refused for want of room.
func (l *PictureLimit) Refused() uint64 {
	if l == nil {
		return 0
	}
	return l.refused.Load()
}

// take takes a place, and reports false if there is none.
func (l *PictureLimit) take() bool {
	if l == nil {
		return false
	}
	for running := l.running.Load(); running < l.most; running = l.running.Load() {
		if l.running.CompareAndSwap(running, running+1) {
			return true
		}
	}
	l.refused.Add(1)
	return false
}

func (l *PictureLimit) giveBack() { l.running.Add(-1) }
