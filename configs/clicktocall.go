package configs

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// ClickToCall lets visitors of other web sites call users by a button.
type ClickToCall struct {
	// Buttons are addresses that can be called without an account.
	Buttons []Button `mapstructure:"buttons"`
	// Database is the file of the accounts; empty for none.
	Database string `mapstructure:"database"`
	// Secret seals what the database holds.
	Secret string `mapstructure:"secret"`
	// URL is where browsers reach this server, for the links in mails.
	URL string `mapstructure:"url"`
	// Domains are those in which accounts may have addresses; empty for our own.
	Domains []string `mapstructure:"domains"`
	// PasswordTokens lets the MD5 of a password prove an account, without signing in.
	PasswordTokens bool `mapstructure:"password_tokens"`
	// Calls is how many guests may call one address at a time.
	Calls   int     `mapstructure:"calls"`
	Mail    Mail    `mapstructure:"mail"`
	Captcha Captcha `mapstructure:"captcha"`
}

// Button is an address that pages of some origins may call.
type Button struct {
	To      string   `mapstructure:"to"`
	Origins []string `mapstructure:"origins"`
}

// Mail is a server that takes our mails.
type Mail struct {
	// Server is host:port; empty for none.
	Server   string `mapstructure:"server"`
	From     string `mapstructure:"from"`
	User     string `mapstructure:"user"`
	Password string `mapstructure:"password"`
	// Security is "starttls", "tls" or "none".
	Security string `mapstructure:"security"`
}

// Captcha is a service that tells people from programs; an empty URL for none.
type Captcha struct {
	URL    string `mapstructure:"url"`
	Secret string `mapstructure:"secret"`
}

// Enabled tells whether there is anything to call.
func (c ClickToCall) Enabled() bool { return len(c.Buttons) > 0 || c.Database != "" }

// shortestSealingSecret is in characters.
const shortestSealingSecret = 32

// guestPrefix begins the names of guests, in the first domain of our own. A user of such a name would be one.
const guestPrefix = "guest-"

// buttonAddress is a SIP address without parameters.
var buttonAddress = regexp.MustCompile(`^(sips?:)?[^@:;?<>\s]+@[A-Za-z0-9.-]+$`)

func (c *Config) checkClickToCall(found *faults) {
	click := c.ClickToCall
	for i, button := range click.Buttons {
		if !buttonAddress.MatchString(button.To) {
			found.add("click_to_call.buttons[%d].to: %q is no SIP address", i, button.To)
		}
		address := strings.TrimPrefix(strings.TrimPrefix(button.To, "sips:"), "sip:")
		c.checkNamed(found, fmt.Sprintf("click_to_call.buttons[%d].to", i), address, "")
		if len(button.Origins) == 0 {
			found.add("click_to_call.buttons[%d].origins: no web site may call it", i)
		}
		for j, origin := range button.Origins {
			if !isWebOrigin(origin) {
				found.add("click_to_call.buttons[%d].origins[%d]: %q is not scheme://host[:port]", i, j, origin)
			}
		}
	}
	if click.Calls < 1 {
		found.add("click_to_call.calls: %d lets nobody call", click.Calls)
	}
	if click.Enabled() && !slices.ContainsFunc(c.Domains, Domain.Local) {
		found.add("click_to_call: it needs a domain without next_hop, in which guests have their names")
	}
	for i, user := range c.Users {
		isGuest := strings.HasPrefix(user.Name, guestPrefix) && strings.EqualFold(user.Domain, c.firstLocalDomain())
		if click.Enabled() && isGuest {
			found.add("users[%d].name: %q is the name of a guest of click_to_call, who may call by buttons alone", i, user.Name)
		}
	}
	if click.Database != "" {
		click.checkAccounts(found)
	}
}

// checkAccounts looks at what accounts need.
func (c ClickToCall) checkAccounts(found *faults) {
	if len(c.Secret) < shortestSealingSecret {
		found.add("click_to_call.secret: it is shorter than %d characters", shortestSealingSecret)
	}
	if !isWebOrigin(c.URL) {
		found.add("click_to_call.url: %q is not scheme://host[:port]; mails lead there", c.URL)
	}
	if c.Mail.Server == "" || c.Mail.From == "" {
		found.add("click_to_call.mail: server and from are needed, for an account begins with a mail")
	}
	if !slices.Contains([]string{"starttls", "tls", "none"}, c.Mail.Security) {
		found.add("click_to_call.mail.security: %q is none of starttls, tls, none", c.Mail.Security)
	}
	if (c.Captcha.URL == "") != (c.Captcha.Secret == "") {
		found.add("click_to_call.captcha: url and secret go together")
	}
	for i, domain := range c.Domains {
		if !isHost(domain) {
			found.add("click_to_call.domains[%d]: %q is no domain name", i, domain)
		}
	}
}

// isWebOrigin tells whether text is a web site as a browser names it (RFC 6454 section 6.2).
func isWebOrigin(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Hostname() != "" &&
		text == parsed.Scheme+"://"+parsed.Host && text == strings.ToLower(text)
}
