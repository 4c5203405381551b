package clicktocall

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"sipbridge/web/clicktocall/store"
)

// What one account may have.
const (
	maxAddresses = 10
	maxCallers   = 5
	maxOrigins   = 20
)

// info changes nothing.
func (s *Service) info(context.Context, fields, store.Account) error { return nil }

// view tells how an account stands.
func (s *Service) view(ctx context.Context, account store.Account) (answer, error) {
	addresses, err := s.options.Store.Addresses(ctx, account.ID)
	if err != nil {
		return answer{}, err
	}
	origins, err := s.options.Store.Origins(ctx, account.ID)
	if err != nil {
		return answer{}, err
	}
	view := answer{Name: account.Name}
	for _, address := range addresses {
		view.Accounts = append(view.Accounts, viewOf(address))
	}
	for _, origin := range origins {
		view.Origins = append(view.Origins, originView(origin))
	}
	return view, nil
}

func viewOf(address store.Address) addressView {
	view := addressView{ID: address.ID, Address: address.Address}
	for _, caller := range address.Callers {
		view.Callers = append(view.Callers, callerView{
			ID: caller.ID, DisplayName: caller.DisplayName, IMPU: caller.IMPU, IMPI: caller.IMPI, Realm: caller.Realm,
		})
	}
	return view
}

// addAddress lets the account be called at one more SIP address, if such addresses may be called at all.
func (s *Service) addAddress(ctx context.Context, asked fields, account store.Account) error {
	sip, err := asked.object("sip")
	if err != nil {
		return err
	}
	text, err := sip.text("address")
	if err != nil {
		return err
	}
	address, ok := sipAddress(text)
	if !ok {
		return refuse(BadValue, "Invalid value: address")
	}
	if !s.options.Allowed(address) {
		return refuse(Denied, "Addresses of this domain cannot be called from here")
	}
	return notFound(s.options.Store.AddAddress(ctx, account.ID, address, maxAddresses), "Failed to add SIP account")
}

// deleting gives the action that takes one thing from its account; words tell that it has no such thing.
func deleting(words string, remove func(ctx context.Context, account, id int64) error) owning {
	return func(ctx context.Context, asked fields, account store.Account) error {
		id, err := asked.number("id")
		if err != nil {
			return err
		}
		return notFound(remove(ctx, account.ID, id), words)
	}
}

// addCaller says as whom an address of the account is called. The hash of the password is sealed. Its realm has to be
// the domain: that is what the bridge answers challenges of a domain's server with.
func (s *Service) addCaller(ctx context.Context, asked fields, account store.Account) error {
	values, err := asked.texts("display_name", "impu", "impi", "realm", "ha1")
	if err != nil {
		return err
	}
	id, err := asked.number("account_sip_id")
	if err != nil {
		return err
	}
	impu, ok := sipAddress(values[1])
	if !ok || !hexadecimal.MatchString(values[4]) || !strings.EqualFold(values[3], domainOf(impu)) {
		return refuse(BadValue, "Invalid value: impu, realm or ha1")
	}
	caller := store.Caller{
		Address: id, DisplayName: values[0], IMPU: impu, IMPI: values[2], Realm: values[3],
		HA1: s.seal(strings.ToLower(values[4])),
	}
	return notFound(s.options.Store.AddCaller(ctx, account.ID, caller, maxCallers), "Failed to add SIP caller account")
}

// addOrigin lets the account's addresses be called from one more web site.
func (s *Service) addOrigin(ctx context.Context, asked fields, account store.Account) error {
	origin, err := asked.text("origin")
	if err != nil {
		return err
	}
	if !IsOrigin(origin) {
		return refuse(BadValue, "Invalid value: origin")
	}
	return notFound(s.options.Store.AddOrigin(ctx, account.ID, origin, maxOrigins), "Failed to add origin")
}

var (
	// hexadecimal is an MD5 hash.
	hexadecimal = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)
	// plainAddress is a SIP URI with nothing but a user and a host: what more a URI may have could lead elsewhere.
	plainAddress = regexp.MustCompile(`^sips?:[A-Za-z0-9\-_.!~*'()&=+$,]{1,128}@[A-Za-z0-9\-.]{1,128}$`)
)

// sipAddress reads a SIP address, with or without scheme; its host comes in lower case.
func sipAddress(text string) (string, bool) {
	if !strings.HasPrefix(text, "sip:") && !strings.HasPrefix(text, "sips:") {
		text = "sip:" + text
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 || !plainAddress.MatchString(text) {
		return "", false
	}
	return text[:at] + strings.ToLower(text[at:]), true
}

// IsOrigin tells whether text is a web site as a browser names it (RFC 6454 section 6.2).
func IsOrigin(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Hostname() != "" &&
		text == parsed.Scheme+"://"+parsed.Host && text == strings.ToLower(text)
}
