package admin

import "time"

// Call is a running call as /calls shows it.
type Call struct {
	ID      string    `json:"id"`
	State   string    `json:"state"`
	Started time.Time `json:"started"`
	// Caller and Callee are the two legs.
	Caller Leg `json:"caller"`
	Callee Leg `json:"callee"`
	// Unheard says who is not heard by whom, and why; empty if both parties are heard.
	Unheard string `json:"unheard,omitempty"`
}

// Leg is one party of a Call, with what was measured of its sound.
type Leg struct {
	Party     string `json:"party"`
	Transport string `json:"transport"`
	Codec     string `json:"codec"`
	Path      string `json:"path"`
	// Received and Lost count packets from the party, Sent and LostThere those to it, the last by its reports.
	Received  uint64 `json:"received"`
	Lost      uint64 `json:"lost"`
	Sent      uint64 `json:"sent"`
	LostThere uint64 `json:"lost_there"`
	// Jitter and RoundTrip are in milliseconds.
	Jitter    float64 `json:"jitter_ms"`
	RoundTrip float64 `json:"round_trip_ms"`
	// MOS and MOSThere are mean opinion scores, of the sound from the party and to it; 0 where unknown.
	MOS      float64 `json:"mos"`
	MOSThere float64 `json:"mos_there"`
	// Decoded is how much of the party's sound was decoded, in seconds; Clipped and Silent how much of that was too loud,
	// or nothing to be heard; Concealed how much was made up for what did not come.
	Decoded   float64 `json:"decoded_s"`
	Concealed float64 `json:"concealed_s"`
	Clipped   float64 `json:"clipped_s"`
	Silent    float64 `json:"silent_s"`
}
