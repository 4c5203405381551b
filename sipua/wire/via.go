package wire

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// parseVia reads one Via value (RFC 3261 section 20.42). If only the parameters are broken it gives the rest
// beside the error, so that the refusal can be sent to where it came from.
func parseVia(s string, limits Limits) (*sip.ViaHeader, error) {
	sent, params, hasParams := strings.Cut(s, ";")
	parts := strings.SplitN(sent, "/", 3)
	if len(parts) < 3 {
		return nil, errMalformed
	}
	last := trim(parts[2])
	space := strings.IndexAny(last, blanks)
	if space < 0 {
		return nil, errMalformed
	}
	via := &sip.ViaHeader{ProtocolName: trim(parts[0]), ProtocolVersion: trim(parts[1]), Transport: last[:space]}
	if !isToken(via.ProtocolName) || !isToken(via.ProtocolVersion) || !isToken(via.Transport) {
		return nil, errMalformed
	}
	if err := parseSentBy(via, last[space:]); err != nil {
		return nil, err
	}
	if !hasParams {
		return via, nil
	}
	var err error
	via.Params, err = parseParams(params, limits.Params)
	return via, err
}

// parseSentBy allows blanks around the colon. The host of an IPv6 address has no brackets, as sipgo has it.
func parseSentBy(via *sip.ViaHeader, s string) error {
	host, port, found := strings.Cut(s, ":")
	if found && !strings.Contains(s, "[") {
		s = trim(host) + ":" + trim(port)
	}
	var err error
	if via.Host, via.Port, err = parseHostPort(trim(s)); err != nil {
		return err
	}
	via.Host = strings.Trim(via.Host, "[]")
	return nil
}
