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
}

// Server is a running Kamailio.
type Server struct {
	// Address is host:port, for UDP and TCP.
	Address string

	process *process.Process
}

// Start starts the server and waits until it serves; the caller must Stop it.
func Start(options Options) (*Server, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	modules, err := filepath.Glob("/usr/lib/*/kamailio/modules/registrar.so")
	if err != nil || len(modules) == 0 {
		return nil, fmt.Errorf("%w: Kamailio's modules; apt-get install kamailio", process.ErrMissing)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	name := filepath.Join(options.Dir, "kamailio.cfg")
	text := script(options, address, filepath.Dir(modules[0]))
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
	s := &Server{Address: address, process: running}
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

func script(options Options, address, modules string) string {
	var passwords strings.Builder
	for user, password := range options.Passwords {
		fmt.Fprintf(&passwords, "  if ($au == %q) $var(password) = %q;\n", user, password)
	}
	return strings.NewReplacer(
		"@ADDRESS@", address, "@DOMAIN@", options.Domain, "@MODULES@", modules, "@PASSWORDS@", passwords.String(),
	).Replace(template)
}

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
loadmodule "tm.so"
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

event_route[tm:local-request] { return; }

route[PASSWORD] {
  $var(password) = $null;
@PASSWORDS@}

request_route {
  xlog("L_WARN", "$rm $ru from $si:$sp, contact $ct\n");
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS") && uri == myself) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not Here");
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    route(PASSWORD);
    if ($var(password) == $null || !pv_www_authenticate("@DOMAIN@", "$var(password)", "0")) {
      www_challenge("@DOMAIN@", "1");
      exit;
    }
    if ($au != $tU) { sl_send_reply("403", "Not Yours"); exit; }
    save("location");
    exit;
  }
  if (is_method("INVITE|MESSAGE")) {
    route(PASSWORD);
    if ($var(password) == $null || !pv_proxy_authenticate("@DOMAIN@", "$var(password)", "0")) {
      proxy_challenge("@DOMAIN@", "1");
      exit;
    }
    consume_credentials();
  }
  if (is_method("INVITE")) record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
}

event_route[core:worker-one-init] {
  xlog("L_WARN", "the upstream is ready\n");
}
`
