// Package builtin has the numbers that the bridge answers itself, so that a newcomer can hear that it works: echo says
// back what it hears, tone is the milliwatt test tone, and dtmf reads back the keys that were pressed.
//
// Each number is a bridge.Endpoint. Its leg answers at once with the first codec of the offer that can be
// transcoded. Echo has no goroutine, it returns each packet as it comes; the others play sound in a
// goroutine of their leg, which is gone when the leg says Ended.
package builtin
