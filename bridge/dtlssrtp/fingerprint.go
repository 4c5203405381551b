package dtlssrtp

import (
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// ErrFingerprint means that the peer's certificate is not the one that signalling named, or that this cannot be told.
var ErrFingerprint = errors.New("dtlssrtp: the certificate does not have the fingerprint that was signalled")

// Fingerprint names a certificate in signalling (RFC 8122 section 5).
type Fingerprint struct {
	// Hash is sha-256, sha-384 or sha-512; others prove nothing here.
	Hash string
	// Value is the hash of the certificate, in hexadecimal with colons.
	Value string
}

// check compares the certificate that a peer showed, in DER.
func (f Fingerprint) check(certificates [][]byte) error {
	function := f.function()
	if len(certificates) == 0 || function == nil {
		return fmt.Errorf("%w: %d certificates, %q", ErrFingerprint, len(certificates), f.Hash)
	}
	if !strings.EqualFold(hexadecimal(function, certificates[0]), f.Value) {
		return ErrFingerprint
	}
	return nil
}

func (f Fingerprint) function() hash.Hash {
	switch strings.ToLower(f.Hash) {
	case "sha-256":
		return sha256.New()
	case "sha-384":
		return sha512.New384()
	case "sha-512":
		return sha512.New()
	default:
		return nil
	}
}

// hexadecimal hashes a certificate and writes the hash as signalling does: "4A:AD:...".
func hexadecimal(function hash.Hash, certificate []byte) string {
	_, _ = function.Write(certificate) // never fails
	return strings.ReplaceAll(fmt.Sprintf("% X", function.Sum(nil)), " ", ":")
}
