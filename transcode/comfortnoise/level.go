package comfortnoise

import "math"

// Level gives the payload for noise that is as loud as a sound: its level alone, without a colour.
func Level(pcm []int16) [1]byte {
	power := 0.0
	for _, sample := range pcm {
		power += float64(sample) * float64(sample)
	}
	effective := math.Sqrt(power / float64(max(len(pcm), 1)))
	if effective < 1 {
		return [1]byte{quietest}
	}
	level := math.Round(-20 * math.Log10(effective/overload))
	return [1]byte{byte(min(max(level, 0), quietest))}
}
