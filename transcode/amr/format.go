package amr

import (
	"strconv"
	"strings"
)

// Band is narrow or wide.
type Band uint8

// The bands, which SDP calls AMR and AMR-WB.
const (
	Narrow Band = iota
	Wide
)

// SampleRate is that of the sound, and the RTP clock rate, in Hz.
func (b Band) SampleRate() int {
	if b == Wide {
		return 16000
	}
	return 8000
}

// FrameSamples is the sound in a frame: 20 ms.
func (b Band) FrameSamples() int { return b.SampleRate() / 50 }

// sid and the frame types behind it carry no speech: silence, and nothing at all (3GPP TS 26.101 and 26.201, table 1a).
const (
	narrowSID = 8
	wideSID   = 9
	noData    = 15
)

// bits gives the number of bits of each frame type's speech or silence; -1 for types that are reserved.
func (b Band) bits() [16]int {
	if b == Wide {
		return [16]int{132, 177, 253, 285, 317, 365, 397, 461, 477, 40, -1, -1, -1, -1, 0, 0}
	}
	return [16]int{95, 103, 118, 134, 148, 159, 204, 244, 39, -1, -1, -1, -1, -1, -1, 0}
}

// Format is how a party packs AMR.
type Format struct {
	Band         Band
	OctetAligned bool
	// Mode is the one that is encoded while the party asks for no other: an index of bit rates.
	Mode int

	// modes are those that the party takes. everySecond and neighbors bound how they change.
	modes                  modes
	everySecond, neighbors bool
}

// period is how many frames are between two changes of the mode, or a multiple of it.
func (f Format) period() int {
	if f.everySecond {
		return 2
	}
	return 1
}

// ParseFormat reads the value of an a=fmtp line (RFC 4867 section 8). It reports false for what is not spoken here.
func ParseFormat(band Band, parameters string) (Format, bool) {
	f := Format{Band: band, Mode: usualMode(band)}
	for field := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(field, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "octet-align":
			f.OctetAligned = value == "1"
		case "crc", "robust-sorting":
			if value != "0" {
				return Format{}, false
			}
		case "interleaving":
			return Format{}, false
		case "channels":
			if value != "1" {
				return Format{}, false
			}
		case "mode-set":
			set, ok := readModes(band, value)
			if !ok {
				return Format{}, false
			}
			f.modes, f.Mode = set, set.best(usualMode(band))
		case "mode-change-period":
			f.everySecond = value == "2"
		case "mode-change-neighbor":
			f.neighbors = value == "1"
		}
	}
	return f, true
}

// usualMode is 12.2 kbit/s of the narrow band, the best one, and 12.65 of the wide one, from which on it sounds full.
func usualMode(band Band) int {
	if band == Wide {
		return 2
	}
	return 7
}

// readModes reads the list of a mode-set.
func readModes(band Band, list string) (set modes, ok bool) {
	for text := range strings.SplitSeq(list, ",") {
		mode, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || mode < 0 || mode >= sidOf(band) {
			return 0, false
		}
		set |= 1 << mode
	}
	return set, true
}

func sidOf(band Band) int {
	if band == Wide {
		return wideSID
	}
	return narrowSID
}
