package main

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua"
	"sipbridge/sipua/token"
	"sipbridge/web/admin"
	"sipbridge/web/clicktocall"
	"sipbridge/web/clicktocall/store"
)

// addClickToCall opens the accounts, if there is anything to call by a button.
func (s *service) addClickToCall(ctx context.Context, domains sipua.Domains) error {
	config := s.config.ClickToCall
	if !config.Enabled() {
		return nil
	}
	options := clicktocall.Options{
		Allowed: s.mayBeCalled(domains), Key: sha256.Sum256([]byte(config.Secret)),
		PasswordTokens: config.PasswordTokens, URL: config.URL, Domain: domains.Local[0], CallsAtOnce: config.Calls,
		Login:      func(domain, user, ha1 string) any { return s.agent.Login(domain, user, ha1) },
		ICEServers: s.guestICEServers, Logger: s.log,
	}
	for _, button := range config.Buttons {
		options.Buttons = append(options.Buttons, clicktocall.Button(button))
	}
	if config.Captcha.URL != "" {
		options.Captcha = clicktocall.SiteVerify(config.Captcha)
	}
	if config.Database != "" {
		var err error
		if s.callers, err = store.Open(ctx, config.Database); err != nil {
			return err
		}
		options.Store, options.Mail = s.callers, clicktocall.SMTP(config.Mail)
	}
	var err error
	s.clickToCall, err = clicktocall.New(options)
	return err
}

// mayBeCalled tells which SIP addresses accounts may have: in a domain of our own those that lead to a user, so that
// nobody gets a number dialled.
func (s *service) mayBeCalled(domains sipua.Domains) func(address string) bool {
	listed := s.config.ClickToCall.Domains
	return func(address string) bool {
		host := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
		local := domains.IsLocal(host)
		allowed := local
		if len(listed) > 0 {
			allowed = slices.ContainsFunc(listed, func(domain string) bool { return strings.EqualFold(domain, host) })
		}
		return allowed && (!local || s.leadsToUser(address))
	}
}

// leadsToUser tells whether the routes bring a user's call of an address to a user of ours.
func (s *service) leadsToUser(address string) bool {
	_, _, ok := s.router.Owner(bridge.Request{Origin: bridge.OriginUser, To: address})
	return ok
}

// isGuest tells whether a user is a guest of click-to-call, who may do nothing but call.
func (s *service) isGuest(user string) bool {
	return s.clickToCall != nil && s.clickToCall.IsGuest(user)
}

// welcome lets pages of other web sites connect with the token of a guest.
func (s *service) welcome() func(origin, text string) bool {
	if s.clickToCall == nil {
		return nil
	}
	return s.clickToCall.MayConnect
}

// authorize tells whose token a page connects with: a guest's, or a user's.
func (s *service) authorize() func(text string) (user string, until time.Time, err error) {
	users := authorizer(s.tokens)
	if s.clickToCall == nil {
		return users
	}
	return func(text string) (user string, until time.Time, err error) {
		if guest, ok := s.clickToCall.Authorize(text); ok {
			return guest.User, guest.Until, nil
		}
		if users == nil {
			return "", time.Time{}, token.ErrInvalid
		}
		return users(text)
	}
}

// aside routes what is not a call by the bridge. Guests have only those.
func (s *service) aside(request bridge.Request) ([]bridge.Target, error) {
	if s.isGuest(request.User) {
		return nil, bridge.Cause{Status: 403}
	}
	return s.router.Route(request)
}

func (s *service) clickToCallMetrics() []admin.Sample {
	if s.clickToCall == nil {
		return nil
	}
	stats := s.clickToCall.Stats()
	const refused = "Calls by buttons that were refused."
	return []admin.Sample{
		gauge("click_to_call_guests", "Guests who may start calls now.", float64(stats.Guests)),
		counter("click_to_call_welcomed_total", "Guests who were let in.", stats.Welcomed),
		counter("click_to_call_refused_total", refused, stats.Refused, because("site")),
		counter("click_to_call_refused_total", refused, stats.Limited, because("rate")),
		counter("click_to_call_refused_total", refused, stats.Strayed, because("destination")),
	}
}
