// Package dtmf is about telephone keys: as RTP events and as tones.
//
// A Receiver makes keys of the telephone-event packets that a party sends (RFC 4733), each key once. A
// Sender makes the packets of one key for a party; who sends them paces them. Tone makes the sound
// of a key, or of any mixture of sines, and Detector hears keys in sound. Nothing here knows of sockets or calls.
package dtmf
