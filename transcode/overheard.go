package transcode

// overheard decodes sound that passes through until anything is to be heard in it: a party that has said nothing at all
// may have no microphone, which nobody would tell from the packets. After that it costs nothing any more. It belongs to
// who writes, but for the counts.
type overheard struct {
	format     Format
	workspaces *Workspaces
	counts     *soundCounts

	rate    int     // of decoder, in Hz
	decoder Decoder // nil before the first packet, and in the end
	over    bool
}

// newOverheard gives nil for what cannot be decoded.
func newOverheard(pipe *Pipe, format Format, workspaces *Workspaces) *overheard {
	known, ok := find(format.Codec)
	if !ok {
		return nil
	}
	if workspaces == nil {
		workspaces = &Workspaces{}
	}
	lowest := known.rates[len(known.rates)-1]
	return &overheard{format: format, workspaces: workspaces, counts: &pipe.sound, rate: lowest}
}

// take listens to a payload. What cannot be decoded tells nothing.
func (o *overheard) take(payload []byte) {
	if o == nil || o.over || len(payload) == 0 || !o.open() {
		return
	}
	work := o.workspaces.take()
	defer o.workspaces.give(work)
	work.fit(int(int64(o.rate)*int64(MaxPacketTime)/1e9), 0)
	if n, err := o.decoder.Decode(payload, work.pcm); err == nil && o.counts.hear(work.pcm[:n], o.rate) {
		o.decoder, o.over = nil, true
	}
}

// open makes the decoder when the first packet comes, and reports false if there is none.
func (o *overheard) open() bool {
	if o.decoder == nil {
		var err error
		o.decoder, err = NewDecoder(o.format, o.rate)
		o.over = err != nil
	}
	return !o.over
}
