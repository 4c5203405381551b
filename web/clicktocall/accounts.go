package clicktocall

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"sipbridge/web/clicktocall/store"
)

// passwordLength is in characters of base 32: 80 bits.
const passwordLength = 16

// addAccount makes an account, and mails a password and the link that puts it into force. For an account that there
// is already it does the same, so nobody learns by this whether there is one, and who forgot the password gets another.
func (s *Service) addAccount(ctx context.Context, asked fields, r *http.Request) (Status, answer, error) {
	values, err := asked.texts("name", "email")
	if err != nil {
		return 0, answer{}, err
	}
	name, email := values[0], values[1]
	if !isEmail(email) {
		return 0, answer{}, refuse(BadValue, "Invalid value: email")
	}
	if s.options.Mail == nil {
		return 0, answer{}, refuse(Failed, "No mail can be sent")
	}
	if err := s.captcha(ctx, asked, r); err != nil {
		return 0, answer{}, err
	}
	now := s.options.Now()
	if !s.mails.allow(strings.ToLower(email), now) {
		s.counts.limited.Add(1)
		return 0, answer{}, refuse(Busy, "Too many mails")
	}
	if err := s.options.Store.Purge(ctx, now.Add(-zombie), now); err != nil {
		return 0, answer{}, err
	}
	switch known, err := s.options.Store.Account(ctx, email); {
	case err == nil:
		email = known.Email // its letters, in upper or lower case: they are hashed, and the mailbox is that of the owner
	case !errors.Is(err, store.ErrNone):
		return 0, answer{}, err
	}
	password, code := strings.ToLower(rand.Text()[:passwordLength]), strings.ToLower(rand.Text())
	account := store.Account{
		Name: name, Email: email, Code: fingerprint(code), Asked: now,
		Next: s.hashed(passwordToken(password, email)),
	}
	if err := s.options.Store.Ask(ctx, account); err != nil {
		return 0, answer{}, err
	}
	subject, text := s.welcome(name, email, code, password)
	return Done, answer{}, s.options.Mail.Send(ctx, email, subject, text)
}

// captcha has the client show that it is no program, if that is asked.
func (s *Service) captcha(ctx context.Context, asked fields, r *http.Request) error {
	if s.options.Captcha == nil {
		return nil
	}
	value, err := asked.text("captcha_value")
	if err != nil {
		return err
	}
	solved, err := s.options.Captcha.Solved(ctx, value, source(r).String())
	if err == nil && !solved {
		return refuse(Denied, "The captcha is not solved")
	}
	return err
}

// isEmail tells whether text is a plain address, as it may stand in a mail.
func isEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text && len(text) <= maxEmail
}

// activate puts the password that was mailed into force.
func (s *Service) activate(ctx context.Context, asked fields, _ *http.Request) (Status, answer, error) {
	values, err := asked.texts("email", "code")
	if err != nil {
		return 0, answer{}, err
	}
	return Done, answer{}, s.activateBy(ctx, values[0], values[1])
}

func (s *Service) activateBy(ctx context.Context, email, code string) error {
	if !s.accounts.allow(strings.ToLower(email), s.options.Now()) {
		s.counts.limited.Add(1)
		return refuse(Busy, "Too many requests")
	}
	account, err := s.options.Store.Account(ctx, email)
	if err != nil {
		return notFound(err, "Failed to find account")
	}
	given := fingerprint(strings.ToLower(code))
	late := s.options.Now().Sub(account.Asked) > zombie
	if account.Code == "" || late || subtle.ConstantTimeCompare([]byte(given), []byte(account.Code)) != 1 {
		return refuse(BadField, "Activation code mismatch")
	}
	return notFound(s.options.Store.Activate(ctx, account), "Activation code mismatch")
}

// signIn gives a token that ends, for the password or the token that is made of it.
func (s *Service) signIn(ctx context.Context, asked fields, _ *http.Request) (Status, answer, error) {
	token, err := asked.text("auth_token")
	password, missing := asked.text("password")
	if err != nil && missing != nil {
		return 0, answer{}, err
	}
	account, err := s.claimant(ctx, asked)
	if err != nil {
		return 0, answer{}, err
	}
	if missing == nil {
		token = passwordToken(password, account.Email)
	}
	if !s.hashMatches(account.Secret, token) {
		return 0, answer{}, refuse(Denied, "Authentication token mismatch")
	}
	now := s.options.Now()
	session, until := rand.Text(), now.Add(s.options.SessionLife)
	if err = s.options.Store.Purge(ctx, now.Add(-zombie), now); err == nil {
		err = s.options.Store.AddSession(ctx, account.ID, fingerprint(session), until)
	}
	return Done, answer{Name: account.Name, Token: session, Expires: until.Unix()}, err
}

// owning is what an action does with the account that has proved itself.
type owning func(ctx context.Context, asked fields, account store.Account) error

// owned has the account prove itself, does the action, and tells how the account stands then.
func (s *Service) owned(do owning) doing {
	return func(ctx context.Context, asked fields, _ *http.Request) (Status, answer, error) {
		account, token, err := s.claimed(ctx, asked)
		if err == nil {
			err = s.prove(ctx, account, token)
		}
		if err == nil {
			err = do(ctx, asked, account)
		}
		if err != nil {
			return 0, answer{}, err
		}
		view, err := s.view(ctx, account)
		return Done, view, err
	}
}

// claimed gives the account that an action is for, and the token that is to prove it.
func (s *Service) claimed(ctx context.Context, asked fields) (account store.Account, token string, err error) {
	if token, err = asked.text("auth_token"); err == nil {
		account, err = s.claimant(ctx, asked)
	}
	return account, token, err
}

// claimant gives the account that an action is for; it has proved nothing yet.
func (s *Service) claimant(ctx context.Context, asked fields) (store.Account, error) {
	email, err := asked.text("email")
	if err != nil {
		return store.Account{}, err
	}
	if !s.accounts.allow(strings.ToLower(email), s.options.Now()) {
		s.counts.limited.Add(1)
		return store.Account{}, refuse(Busy, "Too many requests")
	}
	account, err := s.options.Store.Account(ctx, email)
	if err != nil {
		return store.Account{}, notFound(err, "Failed to find account")
	}
	if !account.Activated() {
		return store.Account{}, refuse(Denied, "Operation not allowed (Account not activated)")
	}
	return account, nil
}

// prove checks a session, or the password's token where that is enough.
func (s *Service) prove(ctx context.Context, account store.Account, token string) error {
	good, err := s.options.Store.HasSession(ctx, account.ID, fingerprint(token), s.options.Now())
	if err != nil {
		return err
	}
	if good || s.options.PasswordTokens && s.hashMatches(account.Secret, token) {
		return nil
	}
	return refuse(Denied, "Authentication token mismatch")
}

// hashed and hashMatches compute one hash after the other, or many clients at once would take all memory.
func (s *Service) hashed(token string) string {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return hash(token)
}

func (s *Service) hashMatches(kept, token string) bool {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return matches(kept, token)
}
