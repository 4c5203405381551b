package resolver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// ask answers a question: from the cache if that is fresh, else from a server unless ctx has ended, else from the cache
// if that will do.
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	q := question{name: dns.Fqdn(strings.ToLower(name)), kind: kind}
	if _, ok := dns.IsDomainName(q.name); !ok || q.name == "." {
		return nil, fmt.Errorf("%w: %q is no domain name", ErrFailed, name)
	}
	known, found := r.cache.find(q)
	now := r.options.Now()
	switch {
	case found && !now.After(known.fresh):
	case ctx.Err() == nil:
		known = r.refresh(ctx, q)
	case !found || !now.Before(known.stale):
		return nil, fmt.Errorf("%w: %w", ErrFailed, ctx.Err())
	}
	return known.records, known.err
}

// refresh asks the servers, once for all that want to know.
func (r *Resolver) refresh(ctx context.Context, q question) answer {
	key := dns.Type(q.kind).String() + " " + q.name
	result, _, _ := r.flights.Do(key, func() (any, error) {
		old, found := r.cache.find(q)
		now := r.options.Now()
		if found && !now.After(old.fresh) { // somebody else was quicker
			return old, nil
		}
		usable := found && old.learned && now.Before(old.stale)
		limit := questionTime
		if usable {
			limit = serverTime
		}
		// Others wait for the answer too, so that the end of this caller's patience does not count.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		fresh := r.learn(limited, q)
		if !fresh.learned && usable {
			r.counts.stale.Add(1)
			fresh = old
			fresh.fresh = now.Add(negativeTime)
		}
		r.cache.put(q, fresh, now)
		return fresh, nil
	})
	learned, ok := result.(answer)
	if !ok { // never
		return answer{err: ErrFailed}
	}
	return learned
}

// learn asks the servers in turn, each twice at most, until one answers.
func (r *Resolver) learn(ctx context.Context, q question) answer {
	r.counts.asked.Add(1)
	var faults []error
	for attempt := range 2 * len(r.servers) {
		records, ttl, err := r.askServer(ctx, r.servers[attempt%len(r.servers)], q)
		if err == nil {
			until := r.options.Now().Add(ttl)
			return answer{records: records, learned: true, fresh: until, stale: until.Add(staleTime)}
		}
		faults = append(faults, err)
		if ctx.Err() != nil {
			break
		}
	}
	r.counts.failed.Add(1)
	until := r.options.Now().Add(negativeTime)
	return answer{
		fresh: until, stale: until,
		err: fmt.Errorf("%w to %s %s: %w", ErrFailed, dns.Type(q.kind), q.name, errors.Join(faults...)),
	}
}

// askServer puts a question to one server: over UDP, and once more over TCP if the answer did not fit.
func (r *Resolver) askServer(ctx context.Context, server string, q question) ([]dns.RR, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTime)
	defer cancel()
	request := new(dns.Msg)
	request.SetQuestion(q.name, q.kind)
	request.SetEdns0(datagram, false)
	reply, err := exchange(ctx, "udp", server, request)
	if err == nil && reply.Truncated {
		reply, err = exchange(ctx, "tcp", server, request)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("server %s: %w", server, err)
	}
	records, ttl, err := read(reply, q)
	if err != nil {
		return nil, 0, fmt.Errorf("server %s: %w", server, err)
	}
	return records, ttl, nil
}

func exchange(ctx context.Context, network, server string, request *dns.Msg) (*dns.Msg, error) {
	client := dns.Client{Net: network, UDPSize: datagram}
	reply, _, err := client.ExchangeContext(ctx, request, server)
	return reply, err
}

// errAnswer is why a reply is not used.
var errAnswer = errors.New("unusable reply")

// read takes the records that answer a question out of a reply, along the aliases in it, and how long they count.
func read(reply *dns.Msg, q question) ([]dns.RR, time.Duration, error) {
	switch {
	case !reply.Response || len(reply.Question) != 1 || reply.Question[0].Qtype != q.kind ||
		!strings.EqualFold(reply.Question[0].Name, q.name):
		return nil, 0, fmt.Errorf("%w: it answers something else", errAnswer)
	case reply.Rcode == dns.RcodeNameError:
		return nil, negativeTime, nil
	case reply.Rcode != dns.RcodeSuccess:
		return nil, 0, fmt.Errorf("%w: %s", errAnswer, dns.RcodeToString[reply.Rcode])
	}
	owner, ttl := q.name, maxTTL
	for range maxAliases {
		records, alias, lasts := ownedBy(owner, q.kind, reply.Answer)
		ttl = min(ttl, lasts)
		if len(records) > 0 {
			return records, max(ttl, minTTL), nil
		}
		if alias == "" {
			break
		}
		owner = alias
	}
	return nil, negativeTime, nil
}

// ownedBy gives the records of a name and kind, or else the name it is an alias of, and how long that counts.
func ownedBy(owner string, kind uint16, all []dns.RR) (records []dns.RR, alias string, ttl time.Duration) {
	ttl = maxTTL
	for _, record := range all {
		header := record.Header()
		if !strings.EqualFold(header.Name, owner) || header.Class != dns.ClassINET {
			continue
		}
		canonical, isAlias := record.(*dns.CNAME)
		switch {
		case header.Rrtype == kind && len(records) < maxRecords:
			records = append(records, record)
		case isAlias:
			alias = canonical.Target
		default:
			continue
		}
		ttl = min(ttl, time.Duration(header.Ttl)*time.Second)
	}
	return records, alias, ttl
}
