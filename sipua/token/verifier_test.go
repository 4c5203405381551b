package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const secret = "a secret of at least thirty-two bytes"

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// claims are those of a good token, with some changed; nil removes one.
func claims(changed map[string]any) jwt.MapClaims {
	all := jwt.MapClaims{"sub": "alice", "aud": "sip.example", "exp": noon().Add(time.Minute).Unix()}
	for name, value := range changed {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

func signed(tb testing.TB, method jwt.SigningMethod, key any, id string, all jwt.MapClaims) string {
	tb.Helper()
	unsigned := jwt.NewWithClaims(method, all)
	if id != "" {
		unsigned.Header["kid"] = id
	}
	text, err := unsigned.SignedString(key)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func mustKey(tb testing.TB, key Key, err error) Key {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func verifier(keys ...Key) *Verifier {
	return New(Options{Keys: keys, Audience: "sip.example", Domain: "home.example", Now: noon})
}

func publicPEM(tb testing.TB, key crypto.PublicKey) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestClaims(t *testing.T) {
	t.Parallel()
	key, err := SecretKey("", secret)
	v := verifier(mustKey(t, key, err))
	for name, test := range map[string]struct {
		changed map[string]any
		user    string
		err     error
	}{
		"name":                {nil, "alice@home.example", nil},
		"address":             {map[string]any{"sub": "Bob@UP.example"}, "Bob@up.example", nil},
		"several audiences":   {map[string]any{"aud": []string{"x", "sip.example"}}, "alice@home.example", nil},
		"ended within leeway": {map[string]any{"exp": noon().Add(-59 * time.Second).Unix()}, "alice@home.example", nil},
		"begins within it":    {map[string]any{"nbf": noon().Add(59 * time.Second).Unix()}, "alice@home.example", nil},
		"ended":               {map[string]any{"exp": noon().Add(-61 * time.Second).Unix()}, "", ErrExpired},
		"not yet":             {map[string]any{"nbf": noon().Add(61 * time.Second).Unix()}, "", ErrExpired},
		"without end":         {map[string]any{"exp": nil}, "", ErrInvalid},
		"for somebody else":   {map[string]any{"aud": "other.example"}, "", ErrInvalid},
		"for nobody":          {map[string]any{"aud": nil}, "", ErrInvalid},
		"without user":        {map[string]any{"sub": nil}, "", ErrInvalid},
		"user with injection": {map[string]any{"sub": "alice\r\nX: y"}, "", ErrInvalid},
		"user with a colon":   {map[string]any{"sub": "1:alice"}, "", ErrInvalid},
		"user in brackets":    {map[string]any{"sub": "alice@a@b"}, "", ErrInvalid},
		"end of another type": {map[string]any{"exp": "tomorrow"}, "", ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			grant, err := v.Verify(signed(t, jwt.SigningMethodHS256, []byte(secret), "", claims(test.changed)))
			if !errors.Is(err, test.err) || grant.User != test.user {
				t.Errorf("got %+v, %v", grant, err)
			}
			if err == nil && grant.Until.Before(noon()) {
				t.Errorf("it ended %v", grant.Until)
			}
		})
	}
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	key, err := SecretKey("", secret)
	v := New(Options{
		Keys: []Key{mustKey(t, key, err)}, Audience: "sip.example", Issuer: "https://shop.example",
		Now: noon,
	})
	issuers := map[string]error{"https://shop.example": nil, "https://evil.example": ErrInvalid, "": ErrInvalid}
	for issuer, want := range issuers {
		text := signed(t, jwt.SigningMethodHS256, []byte(secret), "", claims(map[string]any{"iss": issuer}))
		if _, err := v.Verify(text); !errors.Is(err, want) {
			t.Errorf("issuer %q: %v", issuer, err)
		}
	}
}

func TestAlgorithms(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method  jwt.SigningMethod
		private any
		public  crypto.PublicKey
	}{
		{jwt.SigningMethodRS256, rsaKey, &rsaKey.PublicKey},
		{jwt.SigningMethodES256, curve, &curve.PublicKey},
		{jwt.SigningMethodEdDSA, edwards, public},
	} {
		t.Run(test.method.Alg(), func(t *testing.T) {
			t.Parallel()
			text := publicPEM(t, test.public)
			key, err := PublicKey("one", text)
			v := verifier(mustKey(t, key, err))
			for id, want := range map[string]error{"": nil, "one": nil, "two": ErrInvalid} {
				if _, err := v.Verify(signed(t, test.method, test.private, id, claims(nil))); !errors.Is(err, want) {
					t.Errorf("key %q: %v", id, err)
				}
			}
			// The public key, which everybody has, as the secret of HS256; and no signature at all.
			for method, forged := range map[jwt.SigningMethod]any{
				jwt.SigningMethodHS256: text, jwt.SigningMethodNone: jwt.UnsafeAllowNoneSignatureType,
			} {
				if _, err := v.Verify(signed(t, method, forged, "", claims(nil))); !errors.Is(err, ErrInvalid) {
					t.Errorf("%s: %v", method.Alg(), err)
				}
			}
		})
	}
}

// Two keys are good at once while one takes the place of the other.
func TestRotation(t *testing.T) {
	t.Parallel()
	old, err := SecretKey("2025", secret)
	mustKey(t, old, err)
	other := strings.ToUpper(secret)
	fresh, err := SecretKey("2026", other)
	v := verifier(old, mustKey(t, fresh, err))
	for _, test := range []struct {
		id, secret string
		want       error
	}{
		{"2025", secret, nil},
		{"2026", other, nil},
		{"", secret, nil},
		{"", other, nil},
		{"2026", secret, ErrInvalid},
		{"2024", secret, ErrInvalid},
	} {
		text := signed(t, jwt.SigningMethodHS256, []byte(test.secret), test.id, claims(nil))
		if _, err := v.Verify(text); !errors.Is(err, test.want) {
			t.Errorf("key %q: %v", test.id, err)
		}
	}
	if _, err := verifier().Verify(signed(t, jwt.SigningMethodHS256, []byte(secret), "", claims(nil))); err == nil {
		t.Error("without keys a token is good")
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"none": nil, "no PEM": []byte("abc"), "short RSA": publicPEM(t, &weak.PublicKey),
		"other curve": publicPEM(t, &curve.PublicKey),
		"private":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"garbage":     pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
	} {
		if _, err := PublicKey("", text); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := SecretKey("", secret[:31]); !errors.Is(err, ErrKey) {
		t.Errorf("short secret: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	key, err := SecretKey("", secret)
	v := verifier(mustKey(f, key, err))
	good := signed(f, jwt.SigningMethodHS256, []byte(secret), "", claims(nil))
	f.Add(good)
	f.Add(signed(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "", claims(nil)))
	f.Add("a.b.c")
	f.Add(strings.Repeat(".", maxToken+1))
	f.Fuzz(func(t *testing.T, text string) {
		grant, err := v.Verify(text)
		if err == nil && (text != good || grant.User != "alice@home.example") {
			t.Errorf("%q is good for %q", text, grant.User)
		}
		if err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrExpired) {
			t.Errorf("error %v", err)
		}
	})
}
