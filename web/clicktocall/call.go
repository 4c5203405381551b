package clicktocall

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"sipbridge/web/clicktocall/store"
)

// call makes a guest of a visitor who clicked a button, if the owner of the address allows the web site. "to" is a
// SIP address, or the e-mail address of an account, which stands for its first SIP address. No answer tells whether it
// was the address or the web site that was wrong.
func (s *Service) call(ctx context.Context, asked fields, r *http.Request) (Status, answer, error) {
	to, err := asked.text("to")
	if err != nil {
		return 0, answer{}, err
	}
	now := s.options.Now()
	guest := Guest{Origin: r.Header.Get("Origin"), Until: now.Add(s.options.GuestLife)}
	if guest.To, guest.As, err = s.callee(ctx, to, guest.Origin); err != nil {
		s.counts.refused.Add(1)
		return 0, answer{}, err
	}
	guest, token, ok := s.guests.welcome(guest, s.options.Domain, now)
	if !ok {
		s.counts.limited.Add(1)
		return 0, answer{}, refuse(Busy, "Too many calls")
	}
	s.counts.welcomed.Add(1)
	return Done, answer{
		Token: token, Expires: guest.Until.Unix(), WebSocket: s.options.WebSocketPath,
		From: "sip:" + guest.User, To: buttonURI(s.options.Domain),
		ICEServers: s.options.ICEServers(local(r), source(r), guest),
	}, nil
}

// callee finds whom a page of an origin may call as to, and as whom.
func (s *Service) callee(ctx context.Context, to, origin string) (string, *Identity, error) {
	denied := refuse(Denied, "This web site may not call that address")
	if !IsOrigin(origin) {
		return "", nil, denied
	}
	address, isSIP := sipAddress(to)
	for _, button := range s.options.Buttons {
		if known, ok := sipAddress(button.To); ok && isSIP && known == address && slices.Contains(button.Origins, origin) {
			return address, nil, nil
		}
	}
	if s.options.Store == nil {
		return "", nil, denied
	}
	found, err := s.ownedBySite(ctx, to, address, origin)
	if errors.Is(err, store.ErrNone) {
		return "", nil, denied
	}
	if err != nil {
		return "", nil, err
	}
	if !s.options.Allowed(found.Address) { // what may be called may have changed since
		return "", nil, denied
	}
	as, err := s.identity(found)
	return found.Address, as, err
}

// ownedBySite finds the address of an account that allows the web site. The error is store.ErrNone if there is none.
func (s *Service) ownedBySite(ctx context.Context, to, address, origin string) (store.Address, error) {
	owners, err := s.options.Store.Owners(ctx, address)
	if err != nil {
		return store.Address{}, err
	}
	if owner, err := s.options.Store.Account(ctx, to); err == nil && owner.Activated() {
		owners = append(owners, owner)
	}
	for _, owner := range owners {
		allows, err := s.allows(ctx, owner, origin)
		if err != nil {
			return store.Address{}, err
		}
		if !allows {
			continue
		}
		addresses, err := s.options.Store.Addresses(ctx, owner.ID)
		if err != nil {
			return store.Address{}, err
		}
		byMail := strings.EqualFold(owner.Email, to)
		for _, one := range addresses {
			if byMail || one.Address == address {
				return one, nil
			}
		}
	}
	return store.Address{}, store.ErrNone
}

func (s *Service) allows(ctx context.Context, owner store.Account, origin string) (bool, error) {
	origins, err := s.options.Store.Origins(ctx, owner.ID)
	return slices.ContainsFunc(origins, func(o store.Origin) bool { return o.Origin == origin }), err
}

// identity gives as whom an address is called: its first caller whom the server of that very domain will ask to prove
// himself, or anybody could be called as anybody. nil is a visitor.
func (s *Service) identity(address store.Address) (*Identity, error) {
	domain := domainOf(address.Address)
	for _, caller := range address.Callers {
		if domainOf(caller.IMPU) != domain {
			continue
		}
		ha1, err := s.open(caller.HA1)
		if err != nil {
			return nil, err
		}
		if login := s.options.Login(domain, caller.IMPI, ha1); login != nil {
			return &Identity{Name: caller.DisplayName, URI: caller.IMPU, Login: login}, nil
		}
	}
	return nil, nil
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
