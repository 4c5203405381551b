package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"

	"sipbridge/configs"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/token"
)

const tokenSecret = "0123456789abcdef0123456789abcdef"

// accessToken is one for alice that ends after some time.
func accessToken(t *testing.T, left time.Duration) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "alice", "aud": "phone.example", "exp": time.Now().Add(left).Unix(),
	}).SignedString([]byte(tokenSecret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTokenInsteadOfPassword registers and calls on a WebSocket with a token, without a challenge.
func TestTokenInsteadOfPassword(t *testing.T) {
	r := start(t, fmt.Sprintf(onFreePorts, "", false, "31000-31999"), "SIPBRIDGE_MEDIA_RTP_PORTS=32000-32999",
		`SIPBRIDGE_USERS=[{"name":"alice"}]`, "SIPBRIDGE_TOKENS_AUDIENCE=phone.example",
		`SIPBRIDGE_TOKENS_KEYS=[{"id":"one","secret":"`+tokenSecret+`"}]`)
	address := "ws" + strings.TrimPrefix(r.page(t), "http") + "ws?access_token="
	dialer := websocket.Dialer{Subprotocols: []string{"sip"}, HandshakeTimeout: patience}
	_, refused, err := dialer.Dial(address+accessToken(t, -time.Hour), nil)
	if err == nil || refused.StatusCode != http.StatusUnauthorized {
		t.Fatalf("an old token: %v", err)
	}
	_ = refused.Body.Close()
	client, response, err := dialer.Dial(address+accessToken(t, time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	defer func() { _ = client.Close() }()
	for _, test := range []struct{ user, want string }{{"alice", "SIP/2.0 200"}, {"bob", "SIP/2.0 403"}} {
		request := fmt.Sprintf("REGISTER sip:localhost SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK%[1]s\r\n"+
			"From: <sip:%[1]s@localhost>;tag=1\r\nTo: <sip:%[1]s@localhost>\r\nCall-ID: %[1]s\r\nCSeq: 1 REGISTER\r\n"+
			"Contact: <sip:%[1]s@x.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n", test.user)
		if err := client.WriteMessage(websocket.TextMessage, []byte(request)); err != nil {
			t.Fatal(err)
		}
		if err := client.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, answer, err := client.ReadMessage()
		if err != nil || !strings.HasPrefix(string(answer), test.want) {
			t.Fatalf("%s is answered %q, %v", test.user, answer, err)
		}
	}
}

func TestTemporaryAccounts(t *testing.T) {
	t.Parallel()
	config := &configs.Config{Users: []configs.User{{Name: "alice", Domain: "test"}}}
	config.Tokens.TemporarySecret = "0123456789abcdef"
	canonical := func(host string) string { return host }
	soon, past := time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Hour).Unix()
	for name, want := range map[string]bool{
		fmt.Sprintf("%d:alice", soon): true, fmt.Sprintf("%d:alice", past): false, fmt.Sprintf("%d:bob", soon): false,
		"alice": false,
	} {
		ha1, ok := newAccounts(config, canonical).HA1(name, "test", digest.SHA256)
		if ok != want {
			t.Errorf("%s: %v", name, ok)
		}
		account, _ := token.ParseTemporary(name)
		if ok && ha1 != digest.HA1(digest.SHA256, name, "test", account.Password("0123456789abcdef")) {
			t.Errorf("%s has another password", name)
		}
	}
	config.Tokens.AnyUser = true
	if _, ok := newAccounts(config, canonical).HA1(fmt.Sprintf("%d:bob", soon), "test", digest.MD5); !ok {
		t.Error("a guest has no account")
	}
	config.Tokens.TemporarySecret = ""
	if _, ok := newAccounts(config, canonical).HA1(fmt.Sprintf("%d:alice", soon), "test", digest.MD5); ok {
		t.Error("an account without a secret")
	}
}
