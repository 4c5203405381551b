// Package kamailio runs Debian's Kamailio as the upstream SIP server of the tests: a registrar with digest
// authentication, which also asks for credentials before it forwards a call.
package kamailio

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sipbridge/test/e2e/process"
)

// Options says whom the server knows.
type Options struct {
	// Domain that it serves, also the digest realm.
	Domain string
	// Passwords by user name.
	Passwords map[string]string
	// Dir takes its files; it must be the server's own.
	Dir string
	// Port to listen on; 0 takes a free one.
	Port int
	// Cert and Key, if set, are PEM files: the server also listens on TLS, and takes WebSockets there and on TCP.
	Cert, Key string
	// WebSocketPath is the only one at which WebSockets are taken; empty for any.
	WebSocketPath string
	// Outbound lets it keep Paths (RFC 3327) and the flows of devices (RFC 5626).
	Outbound bool
	// Presence makes it a server of presence and mailboxes too.
	Presence bool
}

// Server is a running Kamailio.
type Server struct {
	// Address is host:port, for UDP, TCP and WebSocket.
	Address string
	// Secure is host:port, for TLS and WebSocket over TLS.
	Secure string

	process *process.Process
}

// Start starts the server and waits until it serves; the caller must Stop it.
func Start(options Options) (*Server, error) {
	port, err := options.Port, error(nil)
	if port == 0 {
		port, err = process.FreePort()
	}
	if err != nil {
		return nil, err
	}
	modules, err := filepath.Glob("/usr/lib/*/kamailio/modules/registrar.so")
	if err != nil || len(modules) == 0 {
		return nil, fmt.Errorf("%w: Kamailio's modules; apt-get install kamailio", process.ErrMissing)
	}
	for name, needed := range map[string]bool{
		"tls": options.Cert != "", "websocket": options.Cert != "", "outbound": options.Outbound,
		"presence": options.Presence,
	} {
		debian := "kamailio-" + name + "-modules"
		if _, err = os.Stat(filepath.Join(filepath.Dir(modules[0]), name+".so")); needed && err != nil {
			return nil, fmt.Errorf("%w: Kamailio's module %s; apt-get install %s", process.ErrMissing, name, debian)
		}
	}
	address, secure := fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", port+1)
	name := filepath.Join(options.Dir, "kamailio.cfg")
	text := script(options, address, secure, filepath.Dir(modules[0]))
	if err = os.WriteFile(name, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("kamailio's script: %w", err)
	}
	running, err := process.Start(process.Options{
		Tool: "kamailio", Package: "kamailio", Dir: options.Dir,
		Orphaned: syscall.SIGTERM, // its first process ends the others
		Args: []string{
			"-f", name, "-DD", "-E", "-m", "64", "-M", "8",
			"-P", filepath.Join(options.Dir, "pid"), "-Y", options.Dir, "-w", options.Dir,
		},
	})
	if err != nil {
		return nil, err
	}
	s := &Server{Address: address, Secure: secure, process: running}
	if err = running.WaitOutput("the upstream is ready", 30*time.Second); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Report is the server's log.
func (s *Server) Report() string { return s.process.Output() }

// Stop ends the server and waits.
func (s *Server) Stop() { s.process.Stop(5 * time.Second) }

func script(options Options, address, secure, modules string) string {
	var passwords strings.Builder
	for user, password := range options.Passwords {
		fmt.Fprintf(&passwords, "  if ($au == %q) $var(password) = %q;\n", user, password)
	}
	text := withoutTLS(template)
	if options.Outbound {
		text = strings.Replace(text, "modparam(\"usrloc\"", outboundHead+"modparam(\"usrloc\"", 1)
	}
	if options.Cert != "" {
		text = withTLS(template, secure, options)
	}
	if options.Presence {
		text = withPresence(text)
	} else {
		text = withoutPresence(text)
	}
	return strings.NewReplacer(
		"@ADDRESS@", address, "@DOMAIN@", options.Domain, "@MODULES@", modules, "@PASSWORDS@", passwords.String(),
	).Replace(text)
}

// withTLS fills in what TLS and WebSocket take. Who connects by WebSocket is reached on his connection, not at his
// Contact.
func withTLS(text, secure string, options Options) string {
	return strings.NewReplacer(
		"@SECURE@", fmt.Sprintf(secureHead, secure, options.Key, options.Cert), "@EVENTS@", options.webSocketEvents(),
		"@WEBSOCKET@", "  if (proto == WS || proto == WSS) route(WEBSOCKET);\n  t_on_reply(\"WEBSOCKET\");\n",
		"@ALIAS@", "handle_ruri_alias(); t_on_reply(\"WEBSOCKET\"); ",
		"@RECEIVED@", "modparam(\"registrar\", \"received_avp\", \"$avp(RECEIVED)\")\n",
	).Replace(text)
}

func (o Options) webSocketEvents() string {
	if o.WebSocketPath == "" {
		return webSocketEvents
	}
	asked := `"websocket"`
	return strings.Replace(webSocketEvents, asked, fmt.Sprintf("%s && $hu == %q", asked, o.WebSocketPath), 1)
}

func withoutTLS(text string) string {
	for _, place := range []string{"@SECURE@", "@EVENTS@", "@WEBSOCKET@", "@ALIAS@", "@RECEIVED@"} {
		text = strings.ReplaceAll(text, place, "")
	}
	return text
}

const secureHead = `enable_tls=yes
listen=tls:%s
tcp_accept_no_cl=yes
loadmodule "tls.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "nathelper.so"
modparam("tls", "private_key", "%s")
modparam("tls", "certificate", "%s")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("nathelper", "received_avp", "$avp(RECEIVED)")
`

// outboundHead makes the registrar one of RFC 5626. The module path gives it the grammar of Path.
const outboundHead = `loadmodule "path.so"
loadmodule "outbound.so"
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 1)
modparam("registrar", "outbound_mode", 1)
`

const webSocketEvents = `
event_route[xhttp:request] {
  if ($hdr(Upgrade) =~ "websocket" && ws_handle_handshake()) exit;
  xhttp_reply("404", "Not Found", "", "");
}
route[WEBSOCKET] {
  force_rport();
  if (is_method("REGISTER")) fix_nated_register(); else add_contact_alias();
}
onreply_route[WEBSOCKET] {
  if (proto == WS || proto == WSS) add_contact_alias();
}
`

// No alias for 127.0.0.1: with one, every address of this machine would be the server itself.
const template = `#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
listen=udp:@ADDRESS@
listen=tcp:@ADDRESS@
alias="@DOMAIN@"
mpath="@MODULES@/"
@SECURE@loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 3600)
modparam("tm", "fr_timer", 10000)
@RECEIVED@@PRESENCE@
event_route[tm:local-request] { return; }

route[PASSWORD] {
  $var(password) = $null;
@PASSWORDS@}

@EVENTS@@EVENT@
request_route {
  xlog("L_WARN", "$rm $ru from $si:$sp, contact $ct\n");
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS") && uri == myself) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { @ALIAS@t_relay(); exit; }
@IN-DIALOG@    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not Here");
    exit;
  }
  t_check_trans();
@WEBSOCKET@  if (is_method("REGISTER")) {
    route(PASSWORD);
    if ($var(password) == $null || !pv_www_authenticate("@DOMAIN@", "$var(password)", "0")) {
      www_challenge("@DOMAIN@", "1");
      exit;
    }
    if ($au != $tU) { sl_send_reply("403", "Not Yours"); exit; }
    save("location");
    exit;
  }
  if (is_method("INVITE|MESSAGE|SUBSCRIBE") || is_method("PUBLISH") && $hdr(Event) != "message-summary") {
    route(PASSWORD);
    if ($var(password) == $null || !pv_proxy_authenticate("@DOMAIN@", "$var(password)", "0")) {
      proxy_challenge("@DOMAIN@", "1");
      exit;
    }
    consume_credentials();
  }
  if (is_method("SUBSCRIBE|PUBLISH")) { @CALL-EVENT@exit; }
  if (is_method("INVITE")) record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
}

event_route[core:worker-one-init] {
  xlog("L_WARN", "the upstream is ready\n");
}
`
