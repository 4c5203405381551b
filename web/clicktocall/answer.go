package clicktocall

import "encoding/json"

// answer is the body of an answer. Its first members are webrtc2sip's.
type answer struct {
	Action   string        `json:"action,omitempty"`
	Name     string        `json:"name,omitempty"`
	Accounts []addressView `json:"sip_accounts,omitempty"`
	Origins  []originView  `json:"origins,omitempty"`
	// Words say what failed.
	Words string `json:"error,omitempty"`
	// Token is a session of an account, or lets a guest connect; it is good until Expires, in seconds since 1970.
	Token   string `json:"token,omitempty"`
	Expires int64  `json:"expires,omitempty"`
	// WebSocket is the path of SIP over WebSocket, From who the guest is there, and To whom he calls.
	WebSocket string `json:"websocket,omitempty"`
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
	// ICEServers are the relays that the guest may use, a list of RTCIceServer.
	ICEServers json.RawMessage `json:"ice_servers,omitempty"`
}

type addressView struct {
	ID      int64        `json:"id"`
	Address string       `json:"address"`
	Callers []callerView `json:"sip_account_callers,omitempty"`
}

// callerView has no password hash: it is never shown again.
type callerView struct {
	ID          int64  `json:"id"`
	DisplayName string `json:"display_name"`
	IMPU        string `json:"impu"`
	IMPI        string `json:"impi"`
	Realm       string `json:"realm"`
}

type originView struct {
	ID     int64  `json:"id"`
	Origin string `json:"origin"`
}
