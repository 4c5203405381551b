// Package trunk is what the bridge knows of a server whose customer it is, such as an ITSP's or a PBX: how to reach it,
// as whom to register and to answer its challenges, which numbers and which callers it is shown, and in which codecs
// and tones it wants to be spoken to.
//
// A Trunk does not change and sends nothing itself. A Registration keeps the bridge registered at it, over whatever
// Sender it is given; calls are package sipua's, which asks the Trunk how to write them.
package trunk
