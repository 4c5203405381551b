package configs

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
}

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
	if c.TLS.ClientRequired && c.TLS.ClientCA == "" {
		found.add("tls.client_required: without tls.client_ca nobody's certificate can be believed")
	}
}
