package configs

import "net/url"

// TLS says which certificates are shown, and whose are believed.
type TLS struct {
	// Cert and Key are for every listener without a pair of its own. Both are empty for one made at each start.
	Cert   string  `mapstructure:"cert"`
	Key    string  `mapstructure:"key"`
	HTTPS  KeyPair `mapstructure:"https"`
	SIPTLS KeyPair `mapstructure:"sip_tls"`
	RTMPS  KeyPair `mapstructure:"rtmps"`
	// CA is a file with the authorities of the servers that we connect to; empty for the system's.
	CA string `mapstructure:"ca"`
	// ClientCA is a file with the authorities of who connects to SIPTLS; empty asks nobody for a certificate.
	ClientCA string `mapstructure:"client_ca"`
	// ClientRequired refuses who shows none.
	ClientRequired bool `mapstructure:"client_required"`
	ACME           ACME `mapstructure:"acme"`
}

// ACME says where the certificate comes from of each listener that has no files (RFC 8555).
type ACME struct {
	// Hosts are the names that it is for; none for no ACME.
	Hosts     []string `mapstructure:"hosts"`
	Email     string   `mapstructure:"email"`
	Directory string   `mapstructure:"directory"`
	// Storage is a folder.
	Storage string `mapstructure:"storage"`
	// CA is a file with the authorities of the directory; empty for the system's.
	CA string `mapstructure:"ca"`
}

// IsSet tells whether certificates are to be got.
func (a ACME) IsSet() bool { return len(a.Hosts) > 0 }

// KeyPair is a certificate with its chain, and its key: PEM files.
type KeyPair struct {
	Cert string `mapstructure:"cert"`
	Key  string `mapstructure:"key"`
}

// IsSet tells whether there is one.
func (p KeyPair) IsSet() bool { return p.Cert != "" || p.Key != "" }

// The listeners that have a certificate, as TLS names them.
const (
	ListenerHTTPS  = "https"
	ListenerSIPTLS = "sip_tls"
	ListenerRTMPS  = "rtmps"
	// ListenerTURNTLS has the common one alone.
	ListenerTURNTLS = "turn_tls"
)

// PairOf gives the certificate of a listener: its own, else the common one.
func (t TLS) PairOf(listener string) KeyPair {
	own := map[string]KeyPair{ListenerHTTPS: t.HTTPS, ListenerSIPTLS: t.SIPTLS, ListenerRTMPS: t.RTMPS}[listener]
	if own.IsSet() {
		return own
	}
	return KeyPair{Cert: t.Cert, Key: t.Key}
}

// Pairs gives every certificate that is named, by its key in the file.
func (t TLS) Pairs() map[string]KeyPair {
	pairs := map[string]KeyPair{}
	for name, pair := range map[string]KeyPair{
		"tls": {Cert: t.Cert, Key: t.Key}, "tls.https": t.HTTPS, "tls.sip_tls": t.SIPTLS, "tls.rtmps": t.RTMPS,
	} {
		if pair.IsSet() {
			pairs[name] = pair
		}
	}
	return pairs
}

func (c *Config) checkTLS(found *faults) {
	for name, pair := range c.TLS.Pairs() {
		if pair.Cert == "" || pair.Key == "" {
			found.add("%s: cert and key are needed together", name)
		}
	}
	c.checkACME(found)
	if c.TLS.ClientRequired && c.TLS.ClientCA == "" {
		found.add("tls.client_required: without tls.client_ca nobody's certificate can be believed")
	}
}

func (c *Config) checkACME(found *faults) {
	acme := c.TLS.ACME
	if !acme.IsSet() {
		return
	}
	for i, host := range acme.Hosts {
		if !isHost(host) {
			found.add("tls.acme.hosts[%d]: %q is no name of a host", i, host)
		}
	}
	if address, err := url.Parse(acme.Directory); err != nil || address.Scheme != "https" || address.Host == "" {
		found.add("tls.acme.directory: %q is no https URL", acme.Directory)
	}
	if acme.Storage == "" {
		found.add("tls.acme.storage: a folder is needed, or a new certificate would be asked for at each start")
	}
	if c.Listen.HTTPS == "" && !c.Listen.Public {
		found.add("tls.acme.hosts: listen.https is needed, where the authority makes sure that the host is ours")
	}
	if c.TLS.PairOf(ListenerHTTPS).IsSet() {
		found.add("tls.acme.hosts: https has a certificate of files; take away either")
	}
}
