package h264

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// maxParameterSets bounds the text of sprop-parameter-sets: a sequence and a picture parameter set take some forty
// octets.
const maxParameterSets = 1024

// Parameters are those of an a=fmtp line that matter (RFC 6184 section 8.1).
type Parameters struct {
	ID ProfileLevelID
	// Mode is the packetization-mode: 0 single NAL units, 1 non-interleaved.
	Mode int
	// Sets are the parameter sets of the stream that the describing party sends, as base64; empty where none are given.
	Sets string
	// Asymmetric is level-asymmetry-allowed: each party may send by the level of the other one.
	Asymmetric bool
	// limits are max-mbps and its like: what the party can decode beyond its level, in the order of limitNames; -1 where
	// not given.
	limits [5]int
}

// limitNames are the parameters by which a receiver asks for more than its level says (RFC 6184 section 8.1).
func limitNames() [5]string { return [5]string{"max-mbps", "max-fs", "max-cpb", "max-dpb", "max-br"} }

// ParseParameters reads an a=fmtp line. It reports false for what nobody could send: another packetization mode, or a
// profile-level-id that is none.
func ParseParameters(text string) (Parameters, bool) {
	id, ok := ParseProfileLevelID(parameter(text, "profile-level-id"))
	p := Parameters{
		ID: id, Mode: max(number(text, "packetization-mode"), 0), Asymmetric: number(text, "level-asymmetry-allowed") == 1,
	}
	for i, name := range limitNames() {
		p.limits[i] = number(text, name)
	}
	if sets := parameter(text, "sprop-parameter-sets"); validSets(sets) {
		p.Sets = sets
	}
	return p, ok && p.Mode <= 1
}

func validSets(text string) bool {
	if len(text) > maxParameterSets || strings.ContainsAny(text, "\r\n") { // which base64 would read over
		return false
	}
	for set := range strings.SplitSeq(text, ",") {
		if _, err := base64.StdEncoding.DecodeString(set); err != nil {
			return false
		}
	}
	return true
}

// String gives the line.
func (p Parameters) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "profile-level-id=%s", p.ID)
	if p.Mode > 0 {
		fmt.Fprintf(&text, ";packetization-mode=%d", p.Mode)
	}
	if p.Asymmetric {
		text.WriteString(";level-asymmetry-allowed=1")
	}
	for i, name := range limitNames() {
		if p.limits[i] >= 0 {
			fmt.Fprintf(&text, ";%s=%d", name, p.limits[i])
		}
	}
	if p.Sets != "" {
		fmt.Fprintf(&text, ";sprop-parameter-sets=%s", p.Sets)
	}
	return text.String()
}

// Fits tells whether two parties that said these lines can use one configuration: profile and packetization mode have
// to be the same, the level need not (RFC 6184 section 8.2.2).
func (p Parameters) Fits(other Parameters) bool {
	return p.ID.family() != ProfileUnknown && p.ID.family() == other.ID.family() && p.Mode == other.Mode
}

// Decodes tells whether who takes p can decode the stream of who says other: each profile has all that the lesser one
// has. How the stream is packed says nothing of that.
func (p Parameters) Decodes(other Parameters) bool {
	rank := map[Profile]int{ConstrainedBaseline: 1, Main: 2, High: 3}
	lesser := rank[other.ID.family()]
	return lesser > 0 && lesser <= rank[p.ID.family()]
}

// Repackable tells whether two parties that said these lines differ in nothing but the packetization mode: what one of
// them sends only has to be packed anew for the other one.
func (p Parameters) Repackable(other Parameters) bool { return p.Fits(other.repacked()) }

// Repacked gives the line with the other packetization mode, for a stream that is packed anew. Its parameter sets,
// which stand in the line itself, are not said twice.
func (p Parameters) Repacked() Parameters {
	p = p.repacked()
	p.Sets = ""
	return p
}

func (p Parameters) repacked() Parameters {
	p.Mode = 1 - p.Mode
	return p
}

// Common tells whether the profile is the one that everybody has.
func (p Parameters) Common() bool { return p.ID.family() == ConstrainedBaseline }

// Constrained gives the line with the profile as browsers spell it, of those that interoperate: they know them only
// with the constraints that everybody keeps.
func (p Parameters) Constrained() Parameters {
	p.ID = p.ID.constrained()
	return p
}

// Answer gives the line that answers an offer p, when far is what the other party said, who decodes and sends the
// packets: the profile as it was offered, and the lower one of both levels, or, if both allow each direction its own,
// that of the other party (RFC 6184 section 8.2.2).
func (p Parameters) Answer(far Parameters) Parameters {
	answer := far
	answer.Mode, answer.ID, answer.Asymmetric = p.Mode, p.ID.withLevelOf(far.ID), p.Asymmetric && far.Asymmetric
	if p.ID.below(far.ID) && !answer.Asymmetric {
		answer.ID = p.ID
	}
	return answer
}
