package kamailio

import "strings"

// withPresence makes the server one of presence and mailboxes too, which keeps everything in memory.
func withPresence(text string) string {
	return strings.NewReplacer("@PRESENCE@", presenceModules, "@IN-DIALOG@", inDialog, "@EVENT@", presenceRoute,
		"@CALL-EVENT@", "route(EVENT); ").Replace(text)
}

func withoutPresence(text string) string {
	return strings.NewReplacer("@PRESENCE@", "", "@IN-DIALOG@", "", "@EVENT@", "",
		"@CALL-EVENT@", `sl_send_reply("489", "Bad Event"); `).Replace(text)
}

const presenceModules = `loadmodule "presence.so"
loadmodule "presence_xml.so"
loadmodule "presence_mwi.so"
modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 2)
modparam("presence", "server_address", "sip:presence@@ADDRESS@")
modparam("presence", "min_expires", 10)
modparam("presence_xml", "force_active", 1)
`

const inDialog = `    if (is_method("SUBSCRIBE")) { route(EVENT); exit; }
`

// The mailbox itself, which is on this machine, publishes without a password.
const presenceRoute = `
route[EVENT] {
  if (!t_newtran()) { sl_reply_error(); exit; }
  if (is_method("PUBLISH")) handle_publish(); else handle_subscribe();
  t_release();
}
`
