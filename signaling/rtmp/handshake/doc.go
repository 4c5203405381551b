// Package handshake opens an RTMP connection (Adobe's RTMP specification, section 5.2). Besides the simple one it
// knows the handshake with digests, in both of its layouts: Flash plays H.264 only from servers that prove themselves
// with it.
//
// The digests prove nothing to us, for their keys are public; they are only what Flash asks for.
package handshake
