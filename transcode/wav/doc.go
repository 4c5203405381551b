// Package wav reads and writes WAV files: RIFF chunks with samples of sound (RFC 2361 names the formats). It reads what
// people record announcements in and writes what calls are recorded in, no more.
//
// A file that is being written is a valid one after each Sync, so that a recording whose program or machine died is
// heard up to there.
package wav
