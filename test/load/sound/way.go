package sound

import "time"

// Way is one direction of a call: what its sender plays, and how its receiver knows when that was sent. Next and
// Arrived are called by one goroutine each.
type Way interface {
	// Play has other packets played. It is called before the first Next.
	Play(packets [][]byte)
	// Next gives the payload to send now. It is valid until the next call.
	Next() []byte
	// Arrived takes a payload that was received at the time, and gives the delay if the payload tells it.
	Arrived(payload []byte, at time.Time) (delay time.Duration, ok bool)
}
