package emodel

import (
	"math"
	"time"
)

// Connection is one way of sound, from mouth to ear.
type Connection struct {
	// Codec is the name as in SDP, such as "PCMU".
	Codec string
	// Loss is the share of packets that never came in time, from 0 to 1.
	Loss float64
	// Delay is the time from mouth to ear.
	Delay time.Duration
}

// What follows from the defaults of G.107, table 2.
const (
	// signal is the basic signal-to-noise ratio Ro, and Roe (G.107 clauses 7.2 and 7.4).
	signal = 94.77
	// simultaneous is Is, the impairments that come with speech itself (clause 7.3).
	simultaneous = 1.42
	// talkerEcho is TELR, and listenerEcho WEPL, both in dB.
	talkerEcho, listenerEcho = 65, 110
)

// Rating gives R (clause 7.1).
func (c Connection) Rating() float64 {
	delay := float64(c.Delay) / float64(time.Millisecond)
	r := signal - simultaneous - talkerEchoCost(delay) - listenerEchoCost(delay) - delayCost(delay) - c.equipmentCost()
	return min(max(r, 0), 100)
}

// MOS gives the mean opinion score of the connection.
func (c Connection) MOS() float64 { return MOS(c.Rating()) }

// MOS gives the mean opinion score of a rating (annex B).
func MOS(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	default:
		return max(1, 1+0.035*r+7e-6*r*(r-60)*(100-r))
	}
}

// equipmentCost is Ie-eff (clause 7.5), for loss that comes at random.
func (c Connection) equipmentCost() float64 {
	codec := impairmentOf(c.Codec)
	percent := min(max(c.Loss, 0), 1) * 100
	return codec.alone + (95-codec.alone)*percent/(percent+codec.robustness)
}

// talkerEchoCost is Idte (clause 7.4), of a delay in milliseconds.
func talkerEchoCost(delay float64) float64 {
	masked := talkerEcho - 40*math.Log10((1+delay/10)/(1+delay/150)) + 6*math.Exp(-0.3*delay*delay)
	rest := signal - (80 + 2.5*(masked-14))
	return (rest/2 + math.Sqrt(rest*rest/4+100) - 1) * (1 - math.Exp(-delay))
}

// listenerEchoCost is Idle (clause 7.4); the echo takes the way twice.
func listenerEchoCost(delay float64) float64 {
	rest := signal - 10.5*(listenerEcho+7)*math.Pow(2*delay+1, -0.25)
	return rest/2 + math.Sqrt(rest*rest/4+169)
}

// delayCost is Idd (clause 7.4): what a delay costs without any echo.
func delayCost(delay float64) float64 {
	if delay <= 100 {
		return 0
	}
	x := math.Log2(delay / 100)
	return 25 * (math.Pow(1+math.Pow(x, 6), 1./6) - 3*math.Pow(1+math.Pow(x/3, 6), 1./6) + 2)
}
