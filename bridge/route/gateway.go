package route

import (
	"errors"
	"strings"

	"sipbridge/bridge"
)

// gatewayDestination calls a SIP URI. Only its user part and its port may come from the caller.
type gatewayDestination struct {
	scheme           string
	user, port       template
	hasUser, hasPort bool
	host             string
	// parameters begin with their semicolon, or are empty.
	parameters string
	gateway    bridge.Endpoint
}

// parseGateway reads user@host:port;parameters.
func (o Options) parseGateway(scheme, text string, groups int) (destination, error) {
	d := gatewayDestination{scheme: scheme, gateway: o.Gateway}
	server := text
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		var err error
		if d.user, err = parseTemplate(text[:at], groups); err != nil {
			return nil, err
		}
		d.hasUser, server = true, text[at+1:]
		if _, fixed := d.user.fixed(); !fixed {
			d.gateway = o.NumberGateway
		}
	}
	if i := strings.IndexByte(server, ';'); i >= 0 {
		server, d.parameters = server[:i], server[i:]
	}
	d.host = server
	if colon := strings.LastIndexByte(server, ':'); colon > strings.LastIndexByte(server, ']') {
		var err error
		if d.port, err = parseTemplate(server[colon+1:], groups); err != nil {
			return nil, err
		}
		d.hasPort, d.host = true, server[:colon]
	}
	return d, d.check()
}

func (d gatewayDestination) check() error {
	switch fixed, ok := d.port.fixed(); {
	case strings.Contains(d.host, "$"), strings.Contains(d.parameters, "$"):
		return errors.New("the host and the parameters must not come from the caller")
	case d.host == "", strings.ContainsAny(d.host, " \t\r\n?<>\"@"):
		return errors.New("the host is missing or malformed")
	case strings.ContainsAny(d.parameters, " \t\r\n?<>\"@"):
		return errors.New("the parameters are malformed")
	case d.hasPort && ok && !validPort(fixed):
		return errors.New("the port is malformed")
	}
	if fixed, ok := d.user.fixed(); d.hasUser && ok && !plainUser.MatchString(fixed) {
		return errors.New("the user part is malformed")
	}
	return nil
}

func (d gatewayDestination) targets(_ bridge.Request, groups []string) ([]bridge.Target, error) {
	var text strings.Builder
	text.WriteString(d.scheme + ":")
	if d.hasUser {
		user := d.user.expand(groups)
		if !plainUser.MatchString(user) {
			return nil, notFound("the user part cannot be dialled")
		}
		text.WriteString(user + "@")
	}
	text.WriteString(d.host)
	if d.hasPort {
		port := d.port.expand(groups)
		if !validPort(port) {
			return nil, notFound("the port cannot be dialled")
		}
		text.WriteString(":" + port)
	}
	text.WriteString(d.parameters)
	if d.gateway == nil {
		return nil, notFound("there is no gateway")
	}
	return []bridge.Target{{Endpoint: d.gateway, URI: text.String()}}, nil
}
