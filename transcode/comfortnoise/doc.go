// Package comfortnoise reads and makes descriptions of background noise (RFC 3389), and noise of them: what is heard
// while a party that is silent sends nothing.
package comfortnoise
