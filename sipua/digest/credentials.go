package digest

import (
	"errors"
	"strconv"
	"strings"
)

// credentials are what an Authorization or Proxy-Authorization header says (RFC 7616 section 3.4).
type credentials struct {
	user      string
	realm     string
	nonce     string
	uri       string
	response  string
	algorithm string
	qop       string
	cnonce    string
	// nc is the nonce count as it was sent, for it is hashed so; count is its number.
	nc    string
	count uint32
}

// parseCredentials reads one header value; errOtherScheme says that it isn't Digest at all.
func parseCredentials(header string) (credentials, error) {
	given, err := parseDirectives(header)
	if err != nil {
		return credentials{}, err
	}
	parsed := credentials{
		user: given["username"], realm: given["realm"], nonce: given["nonce"], uri: given["uri"],
		response: strings.ToLower(given["response"]), algorithm: given["algorithm"],
		qop: given["qop"], cnonce: given["cnonce"], nc: given["nc"],
	}
	if parsed.nc == "" {
		return parsed, nil
	}
	count, err := strconv.ParseUint(parsed.nc, 16, 32)
	if err != nil || count == 0 {
		return credentials{}, errors.New("nc is not a count in hex")
	}
	parsed.count = uint32(count)
	return parsed, nil
}

// proof is the response that a holder of ha1 sends (RFC 7616 section 3.4.1), for qop "auth" or, when qop is
// empty, the older form of RFC 2069.
func (c credentials) proof(algorithm Algorithm, session bool, method, ha1 string) string {
	if session {
		ha1 = algorithm.hash(ha1, c.nonce, c.cnonce)
	}
	ha2 := algorithm.hash(method, c.uri)
	if c.qop == "" {
		return algorithm.hash(ha1, c.nonce, ha2)
	}
	return algorithm.hash(ha1, c.nonce, c.nc, c.cnonce, c.qop, ha2)
}
