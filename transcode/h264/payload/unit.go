package payload

import (
	"encoding/base64"
	"strings"
)

// Types of NAL units (H.264 table 7-1, and RFC 6184 table 1).
const (
	InstantRefresh   = 5 // a slice of an IDR picture, from which decoding can begin
	SequenceSet      = 7 // SPS
	PictureSet       = 8 // PPS
	AccessDelimiter  = 9
	LayerSet         = 15 // subset SPS: that of another layer of the pictures
	lastSingle       = 23
	aggregationA     = 24 // STAP-A
	fragmentationA   = 28 // FU-A
	typeMask         = 0x1f
	referenceMask    = 0x60
	fragmentBegins   = 0x80
	fragmentEnds     = 0x40
	fragmentHeader   = 2
	aggregatedLength = 2
)

// TypeOf gives the type of a NAL unit; 0 of an empty one.
func TypeOf(unit []byte) int {
	if len(unit) == 0 {
		return 0
	}
	return int(unit[0] & typeMask)
}

// Has tells whether there is a unit of a type among them.
func Has(units [][]byte, unitType int) bool {
	for _, unit := range units {
		if TypeOf(unit) == unitType {
			return true
		}
	}
	return false
}

// maxSets is how many parameter sets a description may have.
const maxSets = 16

// ParseSets reads the value of sprop-parameter-sets (RFC 6184 section 8.1). What is no parameter set is left out.
func ParseSets(text string) (units [][]byte) {
	for len(text) > 0 && len(units) < maxSets {
		var word string
		word, text = cutComma(text)
		unit, err := base64.StdEncoding.DecodeString(word)
		if kind := TypeOf(unit); err == nil && (kind == SequenceSet || kind == PictureSet) {
			units = append(units, unit)
		}
	}
	return units
}

// FormatSets writes the value of sprop-parameter-sets: all parameter sets, in the order given.
func FormatSets(units [][]byte) string {
	words := make([]string, 0, len(units))
	for _, unit := range units {
		if kind := TypeOf(unit); kind == SequenceSet || kind == PictureSet {
			words = append(words, base64.StdEncoding.EncodeToString(unit))
		}
	}
	return strings.Join(words, ",")
}

func cutComma(text string) (word, rest string) {
	for i := range len(text) {
		if text[i] == ',' {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}
