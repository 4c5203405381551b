// Package mix lets several parties hear each other, each whatever the others say.
//
// What a party says is decoded, and waits a moment for the others; every 20 ms the sound of all is added, and each is
// sent the sum without its own part. Codecs are made of one another by a transcode.Pipe on either side, so that here
// are samples alone. A Mixer has one goroutine, Run.
package mix
