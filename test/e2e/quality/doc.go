// Package quality judges what sipbridge makes of speech: parties of every kind and codec call each other, a sentence
// goes each way, and what is heard is compared with what the codecs alone make of it. A call may cost nothing beyond
// them, and no piece of it may be missing; ffmpeg decodes what phones get, too. Where the kernel loses packets, what is
// heard is compared with what was said.
package quality
