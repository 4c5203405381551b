package webrtcmedia

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// settings says how pion is to behave; addresses are where we listen, and mux is the shared sockets or nil.
func (e *Engine) settings(addresses []netip.Addr, mux ice.UDPMux) (webrtc.SettingEngine, error) {
	settings := webrtc.SettingEngine{LoggerFactory: e.logs}
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.DisableActiveTCP(true)
	settings.SetLite(e.options.ICELite)
	settings.SetICETimeouts(e.options.Disconnected, e.options.Failed, e.options.Keepalive)
	// An address learned from the browser's own checks need not wait for a better one when we nominate: browsers
	// that hide their addresses (mDNS) have no other.
	settings.SetPrflxAcceptanceMinWait(0)
	settings.SetIncludeLoopbackCandidate(slices.ContainsFunc(addresses, netip.Addr.IsLoopback))
	settings.SetIPFilter(func(ip net.IP) bool {
		address, ok := netip.AddrFromSlice(ip)
		return ok && slices.Contains(addresses, address.Unmap())
	})
	settings.SetRemoteIPFilter(func(ip net.IP) bool {
		address, ok := netip.AddrFromSlice(ip)
		return ok && e.options.AllowRemote(address.Unmap())
	})
	if mux != nil {
		settings.SetICEUDPMux(mux)
	} else if err := settings.SetEphemeralUDPPortRange(e.options.FirstPort, e.options.LastPort); err != nil {
		return settings, fmt.Errorf("webrtc ports %d-%d: %w", e.options.FirstPort, e.options.LastPort, err)
	}
	e.secure(&settings)
	// The SIP side may wait for media, and browsers need not announce their SSRC.
	settings.SetFireOnTrackBeforeFirstRTP(true)
	settings.SetHandleUndeclaredSSRCWithoutAnswer(true)
	return settings, nil
}

// secure sets DTLS and SRTP. GCM costs half of what AES-CM with HMAC-SHA1 does, so it is preferred. The path
// is proved by ICE before DTLS begins, so the server's cookie exchange (RFC 6347 section 4.2.1) would
// only cost a round trip.
func (e *Engine) secure(settings *webrtc.SettingEngine) {
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM,
		dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	settings.SetDTLSInsecureSkipHelloVerify(true)
	settings.SetDTLSConnectContextMaker(func() (context.Context, func()) {
		ctx, cancel := context.WithTimeout(context.Background(), e.options.Handshake)
		return ctx, cancel
	})
}

func noInterceptors() *interceptor.Registry { return &interceptor.Registry{} }
