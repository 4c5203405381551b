package clicktocall

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestActions goes through what an account does in its life, in the words of webrtc2sip's pages.
func TestActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const email = "alice@example.org"
	token := passwordToken(w.account(email), email)
	address := map[string]any{"address": "sip:alice@example.com"}
	for _, step := range []struct {
		body   string
		status int
		action string
	}{
		{with("req_account_info", "email", email, "auth_token", token), 200, "resp_account_info"},
		{with("req_account_sip_add", "email", email, "auth_token", token, "sip", address), 200, "resp_account_sip_add"},
		{with("req_account_sip_add", "email", email, "auth_token", token, "sip", address), 450, "resp_account_sip_add"},
		{with("req_account_sip_caller_add", "email", email, "auth_token", token, "display_name", "Web",
			"impu", "sip:web@example.com", "impi", "web", "realm", "example.com", "account_sip_id", 1,
			"ha1", strings.Repeat("ab", 16)), 200, "resp_account_sip_caller_add"},
		{with("req_account_origin_add", "email", email, "auth_token", token, "origin", shop), 200, "resp_account_origin_add"},
	} {
		if status, got := w.ask("", step.body); status != step.status || got.Action != step.action {
			t.Fatalf("%s gives %d %+v", step.body, status, got)
		}
	}
	_, got := w.ask("", with("req_account_info", "email", email, "auth_token", token))
	if got.Name != "Alice" || len(got.Accounts) != 1 || got.Accounts[0].Address != "sip:alice@example.com" ||
		len(got.Accounts[0].Callers) != 1 || got.Accounts[0].Callers[0].IMPU != "sip:web@example.com" ||
		len(got.Origins) != 1 || got.Origins[0].Origin != shop {
		t.Fatalf("the account is %+v", got)
	}
	for _, body := range []string{
		with("req_account_sip_caller_delete", "email", email, "auth_token", token, "id", got.Accounts[0].Callers[0].ID),
		with("req_account_sip_delete", "email", email, "auth_token", token, "id", got.Accounts[0].ID),
		with("req_account_origin_delete", "email", email, "auth_token", token, "id", got.Origins[0].ID),
	} {
		if status, _ := w.ask("", body); status != 200 {
			t.Errorf("%s gives %d", body, status)
		}
		if status, _ := w.ask("", body); status != 404 {
			t.Errorf("%s twice gives %d", body, status)
		}
	}
}

func TestBadActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const alice, bob = "alice@example.org", "bob@example.org"
	token, others := passwordToken(w.account(alice), alice), passwordToken(w.account(bob), bob)
	if status, _ := w.ask("", with("req_account_sip_add", "email", alice, "auth_token", token,
		"sip", map[string]any{"address": "alice@example.com"})); status != 200 {
		t.Fatal("no address")
	}
	if status, _ := w.ask("", with("req_account_add", "name", "C", "email", "carol@example.org")); status != 200 {
		t.Fatal("no account")
	}
	add := func(address any) string {
		return with("req_account_sip_add", "email", alice, "auth_token", token, "sip", address)
	}
	for body, want := range map[string]int{
		`{`:                      420,
		`[]`:                     483,
		`null`:                   483,
		`{}`:                     483,
		`{"action": 1}`:          483,
		with("req_unknown"):      483,
		with("req_account_info"): 483,
		with("req_account_add", "name", "x", "email", "no address"):                   450,
		with("req_account_add", "name", "x\r\nBcc: y@z", "email", "x@example.org"):    450,
		with("req_account_add", "name", "x", "email", "<a@b.c>"):                      450,
		with("req_account_activate", "email", "nobody@example.org", "code", "x"):      404,
		with("req_account_activate", "email", "carol@example.org", "code", "x"):       483,
		with("req_account_activate", "email", alice, "code", ""):                      483,
		with("req_account_info", "email", "nobody@example.org", "auth_token", token):  404,
		with("req_account_info", "email", "carol@example.org", "auth_token", token):   403,
		with("req_account_info", "email", alice, "auth_token", others):                403,
		with("req_account_info", "email", alice, "auth_token", nil):                   483,
		with("req_account_sip_delete", "email", bob, "auth_token", others, "id", 1):   404,
		with("req_account_sip_delete", "email", bob, "auth_token", others, "id", "1"): 483,
		with("req_account_sip_caller_add", "email", bob, "auth_token", others, "display_name", "x", "impu",
			"sip:x@example.com", "impi", "x", "realm", "example.com", "account_sip_id", 1, "ha1", strings.Repeat("0", 32)): 404,
		with("req_account_sip_caller_add", "email", alice, "auth_token", token, "display_name", "x", "impu",
			"sip:x@example.com", "impi", "x", "realm", "example.com", "account_sip_id", 1, "ha1", "short"): 450,
		add(map[string]any{"address": "sip:alice@elsewhere.example"}):           403,
		add(map[string]any{"address": "sip:alice@example.com;maddr=192.0.2.9"}): 450,
		add(map[string]any{"address": "sip:a\r\nb@example.com"}):                450,
		add(map[string]any{}): 483,
		add("alice"):          483,
		with("req_account_origin_add", "email", alice, "auth_token", token, "origin", "https://shop.example/"): 450,
		with("req_account_origin_add", "email", alice, "auth_token", token, "origin", "null"):                  450,
	} {
		if status, got := w.ask("", body); status != want || got.Words == "" {
			t.Errorf("%s gives %d %+v, not %d", body, status, got, want)
		}
	}
}

// TestForms: only JSON is an action, only POST does something, and any page may ask.
func TestForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, test := range []struct {
		method, kind, body string
		status             int
	}{
		{"OPTIONS", "", "", 200},
		{"GET", "", "", 405},
		{"POST", "text/plain", with("req_call", "to", "x@example.com"), 450},
		{"POST", "application/json", with("req_call", "to", strings.Repeat("x", maxBody)), 450},
		{"POST", "application/json", with("req_call", "to", "x@example.com"), 403},
	} {
		request := httptest.NewRequest(test.method, "/c2c/", strings.NewReader(test.body))
		request.Header.Set("Content-Type", test.kind)
		recorder := httptest.NewRecorder()
		w.ServeHTTP(recorder, request)
		if recorder.Code != test.status || recorder.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%+v gives %d %v", test, recorder.Code, recorder.Header())
		}
	}
}

// TestSecretsAreNotKept: what the database has is of no use to who reads it.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const email = "alice@example.org"
	password := w.account(email)
	kept, err := w.options.Store.Account(t.Context(), email)
	token := passwordToken(password, email)
	if err != nil || strings.Contains(kept.Secret, password) || strings.Contains(kept.Secret, token) {
		t.Errorf("%+v, %v", kept, err)
	}
	if !matches(kept.Secret, token) || matches(kept.Secret, "x") || matches("", "") || matches("a$b$c", "") {
		t.Error("the hash is not of the password")
	}
	ha1 := strings.Repeat("ab", 16)
	sealed := w.seal(ha1)
	if got, err := w.open(sealed); err != nil || got != ha1 || strings.Contains(sealed, ha1) {
		t.Errorf("%q opens to %q, %v", sealed, got, err)
	}
	other := newWorld(t, func(o *Options) { o.Key = [32]byte{9} })
	if got, err := other.open(sealed); !errors.Is(err, errSealed) || got != "" {
		t.Errorf("another key opens it: %q, %v", got, err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) { o.PasswordTokens = false })
	const email = "alice@example.org"
	password := w.account(email)
	token := passwordToken(password, email)
	if status, _ := w.ask("", with("req_account_info", "email", email, "auth_token", token)); status != 403 {
		t.Errorf("a token without end gives %d", status)
	}
	if status, _ := w.ask("", with("req_account_signin", "email", email, "auth_token", "wrong")); status != 403 {
		t.Errorf("a wrong password gives %d", status)
	}
	if status, _ := w.ask("", with("req_account_signin", "email", email, "password", "wrong")); status != 403 {
		t.Errorf("a wrong password is answered %d", status)
	}
	if status, got := w.ask("", with("req_account_signin", "email", email, "password", password)); status != 200 ||
		got.Token == "" {
		t.Errorf("the password is answered %d %+v", status, got)
	}
	status, got := w.ask("", with("req_account_signin", "email", email, "auth_token", token))
	if status != 200 || got.Token == "" || got.Expires <= w.clock.Now().Unix() {
		t.Fatalf("%d %+v", status, got)
	}
	info := with("req_account_info", "email", email, "auth_token", got.Token)
	if status, _ := w.ask("", info); status != 200 {
		t.Errorf("a session gives %d", status)
	}
	w.clock.pass(13 * time.Hour)
	if status, _ := w.ask("", info); status != 403 {
		t.Errorf("a session that ended gives %d", status)
	}
}

// TestForgottenPassword: who asks again gets another password, and the old one stands until the link is opened.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const email = "alice@example.org"
	first := w.account(email)
	again := with("req_account_add", "name", "Mallory", "email", email)
	if status, got := w.ask("", again); status != 200 || got.Name != "" {
		t.Fatalf("%d %+v", status, got)
	}
	code, second := w.mails.next(t)
	try := func(password string) int {
		status, _ := w.ask("", with("req_account_info", "email", email, "auth_token", passwordToken(password, email)))
		return status
	}
	if try(first) != 200 || try(second) != 403 {
		t.Error("a wish alone changed the password")
	}
	w.clock.pass(49 * time.Hour)
	if status, _ := w.ask("", with("req_account_activate", "email", email, "code", code)); status != 483 {
		t.Errorf("an old code gives %d", status)
	}
	if status, _ := w.ask("", with("req_account_add", "name", "Mallory", "email", email)); status != 200 {
		t.Fatalf("%d", status)
	}
	code, third := w.mails.next(t)
	link := readableLink(email, code)
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodPost: 200} {
		recorder := httptest.NewRecorder()
		w.ServeHTTP(recorder, httptest.NewRequest(method, link, http.NoBody))
		if recorder.Code != want {
			t.Errorf("%s of the link gives %d", method, recorder.Code)
		}
		if method == http.MethodPost && try(third) != 200 {
			t.Error("the link did not change the password")
		}
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, link, http.NoBody))
	if recorder.Code != 404 {
		t.Errorf("the link works twice: %d", recorder.Code)
	}
	if try(first) != 403 || try(third) != 200 {
		t.Error("the passwords are not as the link left them")
	}
}

// noted is the mail that was sent last.
type noted struct{ to, text string }

func (n *noted) Send(_ context.Context, to, _, text string) error {
	n.to, n.text = to, text
	return nil
}

// TestPasswordAskedInOtherLetters: who asks for a password in other letters, upper or lower case, than the account was
// made with can sign in with it; the mail goes to the address of the account.
func TestPasswordAskedInOtherLetters(t *testing.T) {
	t.Parallel()
	const email, other = "alice@example.org", "Alice@Example.org"
	w := newWorld(t, nil)
	w.account(email)
	sent := &noted{}
	w.options.Mail = sent
	if status, got := w.ask("", with("req_account_add", "name", "Alice", "email", other)); status != 200 {
		t.Fatalf("%d %+v", status, got)
	}
	if sent.to != email {
		t.Errorf("the mail goes to %s", sent.to)
	}
	code, password := mailCode.FindStringSubmatch(sent.text)[1], mailPassword.FindStringSubmatch(sent.text)[1]
	if status, got := w.ask("", with("req_account_activate", "email", other, "code", code)); status != 200 {
		t.Errorf("%d %+v", status, got)
	}
	for _, typed := range []string{email, other} {
		if status, got := w.ask("", with("req_account_signin", "email", typed, "password", password)); status != 200 {
			t.Errorf("%s is answered %d %+v", typed, status, got)
		}
	}
}

func readableLink(email, code string) string {
	s := Service{options: Options{URL: ""}}
	_, text := s.welcome("", email, code, "")
	return strings.Fields(text[strings.Index(text, linkPath):])[0]
}

func TestRates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	frozen := w.clock.Now()
	w.options.Now = func() time.Time { return frozen }
	limited := 0
	for range 40 {
		if status, _ := w.ask("", with("req_call", "to", "x@example.com")); status == 429 {
			limited++
		}
	}
	if limited != 10 {
		t.Errorf("%d of 40 requests of one source were refused", limited)
	}
	w.source = "192.0.2.2:1"
	if status, _ := w.ask("", with("req_call", "to", "x@example.com")); status != 403 {
		t.Errorf("another source gets %d", status)
	}
	limited = 0
	for i := range 30 {
		w.source = "[2001:db8:0:" + string(rune('a'+i%6)) + "::1]:1"
		body := with("req_account_info", "email", "alice@example.org", "auth_token", "guess")
		if status, _ := w.ask("", body); status == 429 {
			limited++
		}
	}
	if limited != 10 {
		t.Errorf("%d of 30 guesses for one account from many sources were refused", limited)
	}
	limited = 0
	for range 5 {
		w.source = "198.51.100.7:1"
		if status, _ := w.ask("", with("req_account_add", "name", "x", "email", "x@example.org")); status == 429 {
			limited++
		}
	}
	if limited != 2 || w.Stats().Limited != 22 {
		t.Errorf("%d of 5 mails to one address were refused, %d in all", limited, w.Stats().Limited)
	}
}

func TestCaptcha(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.FormValue("secret") + " " + r.FormValue("remoteip")
		_, _ = w.Write([]byte(`{"success": ` + r.FormValue("response") + `}`))
	}))
	defer server.Close()
	w := newWorld(t, func(o *Options) { o.Captcha = SiteVerify{URL: server.URL, Secret: "s"} })
	for value, want := range map[string]int{"true": 200, "false": 403, "broken": 603} {
		status, _ := w.ask("", with("req_account_add", "name", "x", "email", "x@example.org", "captcha_value", value))
		if status != want {
			t.Errorf("%s gives %d", value, status)
		}
		if got := <-asked; got != "s 192.0.2.1" {
			t.Errorf("the service was asked with %q", got)
		}
	}
	if status, _ := w.ask("", with("req_account_add", "name", "x", "email", "x@example.org")); status != 483 {
		t.Errorf("none gives %d", status)
	}
}

func TestWithoutAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) { o.Store, o.Mail = nil, nil })
	if status, _ := w.ask("", with("req_account_info", "email", "a@b.c", "auth_token", "x")); status != 603 {
		t.Errorf("%d", status)
	}
	w = newWorld(t, func(o *Options) { o.Mail = nil })
	if status, _ := w.ask("", with("req_account_add", "email", "a@b.c", "name", "x")); status != 603 {
		t.Errorf("%d", status)
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"action":"req_call","to":"sip:a@b","id":1,"sip":{"address":"x"}}`))
	f.Add([]byte(`{"action":null,"sip":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		asked, err := parseFields(body)
		if err != nil {
			return
		}
		if text, err := asked.text("action"); err == nil && strings.ContainsAny(text, "\r\n\x00") {
			t.Errorf("%q", text)
		}
		if inner, err := asked.object("sip"); err == nil {
			if text, err := inner.text("address"); err == nil {
				if address, ok := sipAddress(text); ok && strings.ContainsAny(address, "\r\n;?<> ") {
					t.Errorf("%q", address)
				}
			}
		}
	})
}
