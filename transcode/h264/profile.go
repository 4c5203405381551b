package h264

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// Profile is what profile_idc and the constraint flags of a profile-level-id mean together (RFC 6184 section 8.1,
// table 5).
type Profile uint8

// The profiles that phones and browsers name.
const (
	ProfileUnknown Profile = iota
	ConstrainedBaseline
	Baseline
	Main
	Extended
	ConstrainedHigh
	High
	OtherHigh // High 10, 4:2:2, 4:4:4 and their like
)

// defaultID stands for a missing profile-level-id: Baseline, level 1 (RFC 6184 section 8.1).
const defaultID = "42000A"

// ProfileLevelID is the value of profile-level-id: the three octets at the start of a sequence parameter set.
type ProfileLevelID struct {
	IDC, IOP, Level uint8
}

// constraintSet3 in profile_iop means level 1b, where level_idc is 11.
const constraintSet3 = 0x10

// ParseProfileLevelID reads six hexadecimal digits; empty stands for Baseline, level 1.
func ParseProfileLevelID(text string) (id ProfileLevelID, ok bool) {
	if text == "" {
		text = defaultID
	}
	octets, err := hex.DecodeString(text)
	if err != nil || len(octets) != 3 {
		return ProfileLevelID{}, false
	}
	return ProfileLevelID{IDC: octets[0], IOP: octets[1], Level: octets[2]}, true
}

// String gives the six digits.
func (id ProfileLevelID) String() string {
	return hex.EncodeToString([]byte{id.IDC, id.IOP, id.Level})
}

// Profile names the profile. Several spellings mean the same one.
func (id ProfileLevelID) Profile() Profile {
	set := func(flag uint) bool { return id.IOP&(0x80>>flag) != 0 }
	switch id.IDC {
	case 66:
		if set(1) {
			return ConstrainedBaseline
		}
		return Baseline
	case 77:
		if set(0) {
			return ConstrainedBaseline
		}
		return Main
	case 88:
		if set(0) && set(1) {
			return ConstrainedBaseline
		}
		return Extended
	case 100:
		if set(4) && set(5) {
			return ConstrainedHigh
		}
		return High
	case 110, 122, 244, 44:
		return OtherHigh
	default:
		return ProfileUnknown
	}
}

// family puts together what interoperates in fact: in calls nobody's Baseline has the error resilience tools that set
// it apart from Constrained Baseline, nor anybody's High the interlaced pictures, or those that look ahead, which
// Constrained High has not.
func (id ProfileLevelID) family() Profile {
	switch profile := id.Profile(); profile {
	case Baseline:
		return ConstrainedBaseline
	case ConstrainedHigh:
		return High
	default:
		return profile
	}
}

// constrained spells Constrained Baseline and Constrained High as browsers do, whichever of their family is said.
func (id ProfileLevelID) constrained() ProfileLevelID {
	const allOfBaseline, ofHigh = 0xe0, 0x0c // constraint_set0 to 2; 4 and 5
	switch id.family() {                     //nolint:exhaustive // others have one spelling
	case ConstrainedBaseline:
		id.IDC, id.IOP = 66, id.IOP|allOfBaseline
	case High:
		id.IOP |= ofHigh
	}
	return id
}

// below tells whether a level is lower than another one. Level 1b lies between 1 and 1.1.
func (id ProfileLevelID) below(other ProfileLevelID) bool { return id.rank() < other.rank() }

func (id ProfileLevelID) rank() int {
	if id.Level == 11 && id.IOP&constraintSet3 != 0 && id.family() != High {
		return 2*10 + 1
	}
	return 2 * int(id.Level)
}

// withLevelOf gives the profile with the level of another description.
func (id ProfileLevelID) withLevelOf(other ProfileLevelID) ProfileLevelID {
	id.Level = other.Level
	if id.IDC == 66 || id.IDC == 77 || id.IDC == 88 {
		id.IOP = id.IOP&^constraintSet3 | other.IOP&constraintSet3
	}
	return id
}

// parameter gives the value of one parameter of an a=fmtp line.
func parameter(parameters, name string) string {
	for field := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(field, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// number gives the value of a parameter that is a number; -1 where it is missing or none.
func number(parameters, name string) int {
	value, err := strconv.ParseUint(parameter(parameters, name), 10, 31)
	if err != nil {
		return -1
	}
	return int(value)
}
