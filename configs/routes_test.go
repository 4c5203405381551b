package configs

import (
	"regexp"
	"testing"
)

// found gives what the first group of the route's match finds in the URI; "-" if nothing matches.
func found(t *testing.T, route Route, uri string) string {
	t.Helper()
	match := regexp.MustCompile(route.Match).FindStringSubmatch(uri)
	if match == nil {
		return "-"
	}
	return match[1]
}

func TestDefaultRoutes(t *testing.T) {
	t.Parallel()
	config := load(t, `
domains:
  - {name: example.com}
  - {name: pbx.example.org, next_hop: "sip:192.0.2.10"}
  - {name: sip.example.net}
`)
	routes := config.RoutesFor(addresses("127.0.0.1", "::1", "192.0.2.7"))
	for uri, want := range map[string][2]string{
		"sip:echo@example.com":         {"echo", "echo"},
		"sip:alice@example.com":        {"-", "alice"},
		"sips:alice@EXAMPLE.com:5061":  {"-", "alice"},
		"sip:Bob@sip.example.net":      {"-", "Bob"},
		"sip:alice@192.0.2.7":          {"-", "alice"},
		"sip:alice@[::1]:5060":         {"-", "alice"},
		"sip:alice@192.0.2.77":         {"-", "-"},
		"sip:alice@192a0b2c7":          {"-", "-"},
		"sip:alice@pbx.example.org":    {"-", "-"},
		"sip:echo@pbx.example.org":     {"-", "-"},
		"sip:alice@example.com.evil":   {"-", "-"},
		"sip:alice@notexample.com":     {"-", "-"},
		"sip:a@b@example.com":          {"-", "-"},
		"sip:example.com":              {"-", "-"},
		"tel:+4930123":                 {"-", "-"},
		"sip:echo@example.com.pbx.org": {"-", "-"},
	} {
		if got := [2]string{found(t, routes[0], uri), found(t, routes[1], uri)}; got != want {
			t.Errorf("%s: the routes find %q, not %q", uri, got, want)
		}
	}
}

func TestRoutesWithoutLocalDomain(t *testing.T) {
	t.Parallel()
	config := load(t, `domains: [{name: pbx.example.org, next_hop: "sip:192.0.2.10"}]`)
	for _, route := range config.RoutesFor(addresses("127.0.0.1")) {
		for _, uri := range []string{"sip:echo@127.0.0.1", "sip:echo@pbx.example.org", "sip:echo@"} {
			if got := found(t, route, uri); got != "-" {
				t.Errorf("%s is taken for a domain of our own: %s", uri, got)
			}
		}
	}
	if config.Routes[0].Match != "^sips?:(echo|tone|dtmf)@{local}(:[0-9]+)?$" {
		t.Errorf("the routes as configured were changed: %+v", config.Routes)
	}
}
