package payload

import "bytes"

// Size reads from a sequence parameter set how large the pictures are, in pixels, before any cropping (ITU-T H.264
// section 7.3.2.1.1); that of a layer begins alike (section 7.3.2.1.3). It reports false for one that is cut or not to
// be believed, or has scaling lists, which no party to a call sends.
func Size(set []byte) (width, height int, ok bool) {
	if kind := TypeOf(set); len(set) < 4 || kind != SequenceSet && kind != LayerSet {
		return 0, 0, false
	}
	// Zeros are kept apart by a 3 (section 7.3.1).
	plain := bytes.ReplaceAll(set[4:], []byte{0, 0, 3}, []byte{0, 0})
	b := &bits{data: plain}
	b.number() // seq_parameter_set_id
	switch set[1] {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128:
		b.high()
	}
	b.number() // log2_max_frame_num_minus4
	b.order()
	b.number() // max_num_ref_frames
	b.bit()    // gaps_in_frame_num_value_allowed_flag
	across, down := b.number()+1, b.number()+1
	if b.bit() == 0 { // frame_mbs_only_flag: the map is of fields
		down *= 2
	}
	const most = 1 << 12 // macroblocks
	if b.failed || across > most || down > most {
		return 0, 0, false
	}
	return 16 * across, 16 * down, true
}

// bits reads bits, the highest of each octet first.
type bits struct {
	data   []byte
	at     int
	failed bool
}

func (b *bits) bit() int {
	if b.at/8 >= len(b.data) {
		b.failed = true
		return 0
	}
	value := b.data[b.at/8] >> (7 - b.at%8) & 1
	b.at++
	return int(value)
}

// number reads an Exp-Golomb code (section 9.1).
func (b *bits) number() int {
	zeros := 0
	for b.bit() == 0 {
		if zeros++; zeros > 31 || b.failed {
			b.failed = true
			return 0
		}
	}
	value := 1
	for range zeros {
		value = value<<1 | b.bit()
	}
	return value - 1
}

// high passes over what only the high profiles have.
func (b *bits) high() {
	if b.number() == 3 { // chroma_format_idc
		b.bit()
	}
	b.number()
	b.number()
	b.bit()
	if b.bit() != 0 { // seq_scaling_matrix_present_flag
		b.failed = true
	}
}

// order passes over the order of pictures.
func (b *bits) order() {
	switch b.number() {
	case 0:
		b.number()
	case 1:
		b.bit()
		b.number()
		b.number()
		for range min(b.number(), 255) {
			b.number()
		}
	}
}
