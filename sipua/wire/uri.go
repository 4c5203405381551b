package wire

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// ParseURI reads a URI by RFC 3261 section 19.1.1, at most limits.Params parameters. Of a scheme other than sip
// and sips only the scheme is looked at; the rest is in Raw. Names of URI parameters that SIP defines come
// out in lower case, everything else as it was written.
func ParseURI(s string, limits Limits) (sip.Uri, error) {
	scheme, rest, found := strings.Cut(s, ":")
	if !found || !isScheme(scheme) || !isURIText(rest) {
		return sip.Uri{}, errMalformed
	}
	scheme = strings.ToLower(scheme)
	if scheme != "sip" && scheme != "sips" {
		return otherURI(scheme, rest)
	}
	return sipURI(sip.Uri{Scheme: scheme}, rest, limits.Params)
}

func isScheme(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && (i == 0 || !isDigit(s[i]) && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}

// isURIText refuses what could end a URI early where it is printed.
func isURIText(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f || s[i] == '"' || s[i] == '<' || s[i] == '>' {
			return false
		}
	}
	return s != ""
}

// otherURI goes through sipgo, the only way to fill Raw; it takes no scheme with a digit or a sign.
func otherURI(scheme, rest string) (sip.Uri, error) {
	var uri sip.Uri
	if err := sip.ParseUri(scheme+":"+rest, &uri); err != nil {
		return sip.Uri{}, errMalformed
	}
	return uri, nil
}

func sipURI(uri sip.Uri, s string, most int) (sip.Uri, error) {
	if user, rest, found := strings.Cut(s, "@"); found {
		if user == "" || strings.Contains(rest, "@") {
			return uri, errMalformed
		}
		uri.User, uri.Password, _ = strings.Cut(user, ":")
		s = rest
	}
	s, headers, hasHeaders := strings.Cut(s, "?")
	s, params, hasParams := strings.Cut(s, ";")
	var err error
	if uri.Host, uri.Port, err = parseHostPort(s); err != nil {
		return uri, err
	}
	if hasParams {
		if uri.UriParams, err = uriParams(params, ';', most); err != nil {
			return uri, err
		}
	}
	if hasHeaders {
		uri.Headers, err = uriParams(headers, '&', most)
	}
	return uri, err
}

// parseHostPort reads host[:port]; a bracketed IPv6 address keeps its brackets.
func parseHostPort(s string) (host string, port int, err error) {
	host, after := s, ""
	if end := strings.IndexByte(s, ']'); strings.HasPrefix(s, "[") && end > 0 {
		host, after = s[:end+1], s[end+1:]
	} else if colon := strings.IndexByte(s, ':'); colon >= 0 {
		host, after = s[:colon], s[colon:]
	}
	if !isHost(host) {
		return "", 0, errMalformed
	}
	if after == "" {
		return host, 0, nil
	}
	n, ok := number(strings.TrimPrefix(after, ":"), 65535)
	if !ok || n == 0 || after[0] != ':' {
		return "", 0, errMalformed
	}
	return host, int(n), nil
}

// isHost takes a name, an IPv4 address or a bracketed IPv6 address. What the name means is for DNS.
func isHost(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && strings.Trim(inner, "0123456789abcdefABCDEF:.") == "" && strings.Contains(inner, ":")
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && strings.IndexByte("-._", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// uriParams reads the parameters or headers of a URI. None may appear twice (RFC 3261 section 19.1.1), but a
// repetition that says the same is passed over: baresip writes ";transport=tcp;transport=tcp".
func uriParams(s string, sep byte, most int) (sip.HeaderParams, error) {
	var params sip.HeaderParams
	for part := range strings.SplitSeq(s, string(sep)) {
		name, value, _ := strings.Cut(part, "=")
		if known := strings.ToLower(name); sep == ';' && isKnownURIParam(known) {
			name = known
		}
		if name == "" || len(params) == most {
			return nil, errMalformed
		}
		if first, twice := params.Get(name); twice {
			if first != value {
				return nil, errMalformed
			}
			continue
		}
		params = append(params, sip.HeaderKV{K: name, V: value})
	}
	return params, nil
}

func isKnownURIParam(name string) bool {
	switch name {
	case "transport", "user", "method", "ttl", "maddr", "lr", "ob", "gr":
		return true
	default:
		return false
	}
}
