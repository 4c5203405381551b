package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// shortestSecret is the length of the hash, below which a secret can be guessed (RFC 7518 section 3.2).
	shortestSecret = 32
	// shortestRSA is in bits (RFC 7518 section 3.3).
	shortestRSA = 2048
)

// ErrKey is the error of a key that no token can be checked with.
var ErrKey = errors.New("token: unusable key")

// Key checks signatures. Its algorithm follows from what it is, and a token can't choose another one (RFC 8725
// section 3.1).
type Key struct {
	// id is what a token names in kid; empty for a key that is tried when a token names none.
	id     string
	method jwt.SigningMethod
	key    any
}

// SecretKey is a secret that the application shares with us, for HS256. It has at least 32 bytes.
func SecretKey(id, secret string) (Key, error) {
	if len(secret) < shortestSecret {
		return Key{}, fmt.Errorf("%w: a secret has at least %d bytes", ErrKey, shortestSecret)
	}
	return Key{id: id, method: jwt.SigningMethodHS256, key: []byte(secret)}, nil
}

// PublicKey is the application's public key or certificate in PEM: RSA from 2048 bits on for RS256, ECDSA on P-256 for
// ES256, Ed25519 for EdDSA.
func PublicKey(id string, text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, fmt.Errorf("%w: no PEM", ErrKey)
	}
	public, err := parsePublic(block)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	method, err := methodFor(public)
	return Key{id: id, method: method, key: public}, err
}

func parsePublic(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	default:
		return nil, fmt.Errorf("it is a %s, not a public key", block.Type)
	}
}

func methodFor(public crypto.PublicKey) (jwt.SigningMethod, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < shortestRSA {
			return nil, fmt.Errorf("%w: RSA with %d bits is too short", ErrKey, public.N.BitLen())
		}
		return jwt.SigningMethodRS256, nil
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return nil, fmt.Errorf("%w: of the curves only P-256 is known", ErrKey)
		}
		return jwt.SigningMethodES256, nil
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA, nil
	default:
		return nil, fmt.Errorf("%w: %T", ErrKey, public)
	}
}
