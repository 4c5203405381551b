package main

import (
	"strconv"

	"sipbridge/sipua/transport"
	"sipbridge/web/admin"
)

// metrics are the numbers behind /metrics, read from the snapshots of the parts.
func (s *service) metrics() []admin.Source {
	return []admin.Source{
		s.callMetrics, s.signallingMetrics, s.webSocketMetrics, s.flashMetrics,
		s.udpMetrics, s.tcpMetrics, s.tlsMetrics, s.trunkSocketMetrics, s.certificates.metrics, s.mediaMetrics, s.userMetrics,
		s.qualityMetrics, s.encodingMetrics, s.recordingMetrics, s.trunkMetrics, s.failoverMetrics, s.clickToCallMetrics,
		s.relayMetrics,
	}
}

func (s *service) callMetrics() []admin.Sample {
	stats := s.exchange.Stats()
	samples := []admin.Sample{
		gauge("calls_active", "Calls now.", float64(stats.Active)),
		counter("calls_started_total", "Calls taken.", stats.Started),
		counter("calls_answered_total", "Calls that were answered.", stats.Answered),
		counter("calls_cancelled_total", "Calls that the caller gave up before they were answered.", stats.Cancelled),
		counter("calls_refused_total", "Calls not taken, because of a limit or while draining.", stats.Refused),
		counter("calls_taken_over_total", "Legs that took the place of another in a running call.", stats.Takeovers),
		counter("calls_transferred_total", "Transfers that connected the other party to the target.", stats.Transferred),
		counter("calls_transfers_failed_total", "Transfers that were refused or failed.", stats.TransfersFailed),
		counter("calls_redirected_total", "Contacts called in place of a callee that redirected.", stats.Redirected),
		counter("calls_announcements_total", "Announcements that callers heard.", stats.Announced),
		counter("calls_panics_total", "Calls that a fault in the program ended.", stats.Panics),
	}
	for class := 3; class < len(stats.Failed); class++ {
		samples = append(samples, counter("calls_failed_total", "Calls not answered, by class of status.",
			stats.Failed[class], admin.Label{Name: "class", Value: strconv.Itoa(class) + "xx"}))
	}
	return samples
}

func (s *service) signallingMetrics() []admin.Sample {
	agent := s.agent.Stats()
	return []admin.Sample{
		counter("sip_messages_total", "SIP messages received.", agent.Received),
		counter("sip_malformed_total", "SIP messages refused by the parser.", agent.Malformed),
		counter("sip_refused_total", "New SIP requests refused before anybody was asked.", agent.Refused),
		counter("sip_stray_total", "SIP messages that belonged to nothing.", agent.Stray),
		counter("sip_challenged_total", "Requests answered with 401 or 407.", agent.Challenged),
		counter("sip_proxied_total", "Calls that passed through as through a proxy.", agent.Proxied),
		counter("sip_next_hops_refused_total", "Requests for a next hop that is not allowed.", agent.BadRoutes),
		counter("sip_relayed_total", "Requests passed to an upstream server.", agent.Relayed),
		counter("sip_strangers_refused_total", "Calls of unknown callers refused, as there were too many.", agent.Strangers),
		counter("sip_calls_only_refused_total", "Requests refused of guests, who may only place calls.", agent.CallsOnly),
		counter("sip_scanners_total", "SIP messages of scanners, which got no answer.", agent.Scanners),
		counter("sip_delivered_total", "Messages brought to users' devices.", agent.Delivered),
		counter("sip_panics_total", "Faults in the program that were contained.", agent.Panics),
		gauge("sip_subscriptions", "Subscriptions to local users now.", float64(agent.Subscriptions)),
		gauge("sip_publications", "Publications of local users now.", float64(agent.Publications)),
		gauge("sip_dialogs", "Dialogs now.", float64(agent.Dialogs)),
		gauge("sip_server_transactions", "Server transactions now.", float64(agent.ServerTransactions)),
		gauge("sip_client_transactions", "Client transactions now.", float64(agent.ClientTransactions)),
	}
}

func (s *service) webSocketMetrics() []admin.Sample {
	browsers := s.browsers.Stats()
	const refused, dropped = "WebSocket handshakes refused.", "WebSocket connections given up."
	return []admin.Sample{
		gauge("websocket_connections", "WebSocket connections now.", float64(browsers.Open)),
		counter("websocket_refused_total", refused, browsers.RefusedOrigin, because("origin")),
		counter("websocket_refused_total", refused, browsers.RefusedToken, because("token")),
		counter("websocket_refused_total", refused, browsers.RefusedBusy, because("busy")),
		counter("websocket_refused_total", refused, browsers.RefusedOther, because("other")),
		counter("websocket_dropped_total", dropped, browsers.RateLimited, because("rate")),
		counter("websocket_dropped_total", dropped, browsers.TooLarge, because("size")),
		counter("websocket_dropped_total", dropped, browsers.Malformed, because("malformed")),
		counter("websocket_dropped_total", dropped, browsers.TimedOut, because("silent")),
		counter("websocket_dropped_total", dropped, browsers.Slow, because("slow")),
		counter("websocket_panics_total", "Faults in the program that were contained.", browsers.Panics),
	}
}

func (s *service) flashMetrics() []admin.Sample {
	flash := s.flash.Stats()
	const dropped = "RTMP connections given up."
	return []admin.Sample{
		gauge("rtmp_connections", "RTMP connections now.", float64(flash.Open)),
		gauge("rtmp_users", "Flash phones logged in now.", float64(flash.Users)),
		gauge("rtmp_streams", "Streams that encoders publish now.", float64(flash.Streams)),
		counter("rtmp_refused_total", "RTMP connections refused, because there are too many.", flash.Refused),
		counter("rtmp_rejected_total", "Flash phones that could not log in.", flash.Rejected),
		counter("rtmp_dropped_total", dropped, flash.Malformed, because("malformed")),
		counter("rtmp_dropped_total", dropped, flash.Slow, because("slow")),
		counter("rtmp_policies_total", "Requests for the Flash policy file.", flash.Policies),
		counter("rtmp_audio_in_total", "Audio messages from Flash phones.", flash.AudioIn),
		counter("rtmp_audio_out_total", "Audio messages to Flash phones.", flash.AudioOut),
		counter("rtmp_audio_dropped_total", "Audio messages of no use.", flash.AudioDropped),
		counter("rtmp_audio_lost_total", "Packets to Flash phones that never came.", flash.AudioLost),
		counter("rtmp_video_in_total", "Video messages from Flash phones and encoders.", flash.VideoIn),
		counter("rtmp_video_out_total", "Video messages to Flash phones.", flash.VideoOut),
		counter("rtmp_video_dropped_total", "Pictures of no use.", flash.VideoDropped),
		counter("rtmp_panics_total", "Faults in the program that were contained.", flash.Panics),
	}
}

// udpMetrics adds up all sockets.
func (s *service) udpMetrics() []admin.Sample {
	var sum transport.UDPStats
	for _, socket := range s.transports.udp {
		stats := socket.Stats()
		sum.Junk += stats.Junk
		sum.Limited += stats.Limited
		sum.SendErrors += stats.SendErrors
		sum.Undelivered += stats.Undelivered
		sum.Pings += stats.Pings
		sum.Panics += stats.Panics
	}
	return []admin.Sample{
		counter("udp_dropped_total", "Datagrams dropped unread.", sum.Junk, because("junk")),
		counter("udp_dropped_total", "Datagrams dropped unread.", sum.Limited, because("rate")),
		counter("udp_pings_total", "Keep-alives by STUN, answered.", sum.Pings),
		counter("udp_undelivered_total", "Datagrams that came back by an ICMP error.", sum.Undelivered),
		counter("udp_send_errors_total", "Datagrams that could not be sent.", sum.SendErrors),
		counter("udp_panics_total", "Faults in the program that were contained.", sum.Panics),
	}
}

func (s *service) tcpMetrics() []admin.Sample { return streamMetrics("tcp", "TCP", s.transports.tcp) }

func (s *service) tlsMetrics() []admin.Sample {
	var failed uint64
	for _, listener := range s.transports.tls {
		failed += listener.Stats().HandshakeErrors
	}
	return append(streamMetrics("tls", "TLS", s.transports.tls),
		counter("tls_dropped_total", "TLS connections given up.", failed, because("handshake")))
}

// trunkSocketMetrics are those of WebSockets to servers.
func (s *service) trunkSocketMetrics() []admin.Sample {
	servers := s.transports.ws.Stats()
	const dropped = "WebSocket connections to servers given up."
	return []admin.Sample{
		gauge("websocket_server_connections", "WebSocket connections to servers now.", float64(servers.Open)),
		counter("websocket_server_dial_errors_total", "Failures to connect to a server over WebSocket.", servers.DialErrors),
		counter("websocket_server_dropped_total", dropped, servers.RateLimited, because("rate")),
		counter("websocket_server_dropped_total", dropped, servers.TooLarge, because("size")),
		counter("websocket_server_dropped_total", dropped, servers.Malformed, because("malformed")),
		counter("websocket_server_dropped_total", dropped, servers.TimedOut, because("silent")),
		counter("websocket_server_dropped_total", dropped, servers.Slow, because("slow")),
		counter("websocket_server_panics_total", "Faults in the program that were contained.", servers.Panics),
	}
}

// streamMetrics adds up all listeners of a transport.
func streamMetrics(prefix, transportName string, listeners []*transport.TCP) []admin.Sample {
	var sum transport.TCPStats
	for _, listener := range listeners {
		stats := listener.Stats()
		sum.Open += stats.Open
		sum.Refused += stats.Refused
		sum.AcceptErrors += stats.AcceptErrors
		sum.DialErrors += stats.DialErrors
		sum.Malformed += stats.Malformed
		sum.TimedOut += stats.TimedOut
		sum.Dead += stats.Dead
		sum.Limited += stats.Limited
		sum.Slow += stats.Slow
		sum.Panics += stats.Panics
	}
	dropped := func(count uint64, reason string) admin.Sample {
		return counter(prefix+"_dropped_total", transportName+" connections given up.", count, because(reason))
	}
	return []admin.Sample{
		gauge(prefix+"_connections", transportName+" connections now.", float64(sum.Open)),
		counter(prefix+"_refused_total", transportName+" connections refused because of a limit.", sum.Refused),
		counter(prefix+"_accept_errors_total", "Failures to take a "+transportName+" connection.", sum.AcceptErrors),
		counter(prefix+"_dial_errors_total", "Failures to connect to a peer over "+transportName+".", sum.DialErrors),
		dropped(sum.Malformed, "malformed"), dropped(sum.Limited, "rate"), dropped(sum.TimedOut, "silent"),
		dropped(sum.Slow, "slow"), dropped(sum.Dead, "dead"),
		counter(prefix+"_panics_total", "Faults in the program that were contained.", sum.Panics),
	}
}

func because(reason string) admin.Label { return admin.Label{Name: "reason", Value: reason} }

func (s *service) mediaMetrics() []admin.Sample {
	webrtc := s.media.engine.Stats()
	rtp := s.media.counters.Stats()
	return []admin.Sample{
		gauge("rtp_port_pairs_in_use", "Pairs of RTP ports in use.", float64(s.media.ports.InUse())),
		gauge("pictures_transcoded", "Streams of pictures that are transcoded now.", float64(s.pictures.Running())),
		counter("pictures_refused_total", "Pictures not transcoded, as too many were.", s.pictures.Refused()),
		gauge("webrtc_sessions", "WebRTC media sessions now.", float64(webrtc.Open)),
		counter("webrtc_lost_total", "WebRTC sessions whose media were lost.", webrtc.Lost),
		counter("webrtc_refused_total", "WebRTC descriptions refused.", webrtc.Refused),
		counter("webrtc_undecryptable_total", "Media packets of browsers forged, broken or twice.", webrtc.Undecryptable),
		counter("webrtc_strangers_total", "Packets on the shared WebRTC ports that belong to nobody.", webrtc.Strangers),
		gauge("webrtc_tcp_connections", "TCP connections for media of browsers now.", float64(webrtc.Streams)),
		counter("webrtc_unrelayed_total", "Media of browsers for which media.turn gave no relay.", webrtc.Unrelayed),
		counter("webrtc_tcp_refused_total", "Those that were one too many, or no browser's.", webrtc.StreamsRefused),
		counter("rtp_malformed_total", "Datagrams on RTP ports that are no RTP.", rtp.Malformed),
		counter("rtp_wrong_source_total", "RTP packets from somebody else than the party.", rtp.WrongSource),
		counter("rtp_wrong_payload_type_total", "RTP packets of a type not agreed on.", rtp.WrongPayloadType),
		counter("rtp_forged_total", "Packets on RTP ports not sealed with the party's key.", rtp.Forged),
		counter("rtp_replayed_total", "Protected packets on RTP ports that came twice or too late.", rtp.Replayed),
		counter("rtp_unkeyed_total", "Protected packets on RTP ports that came before their keys.", rtp.Unkeyed),
		counter("rtp_dtls_failed_total", "DTLS handshakes of phones that failed.", rtp.Unshaken),
		counter("rtp_bad_checks_total", "STUN messages on RTP ports that were no checks of the party.", rtp.BadChecks),
		counter("rtp_revoked_total", "Paths of ICE whose party answered no check for 30 s.", rtp.Revoked),
		counter("rtp_lost_total", "RTP sessions whose media were lost.", rtp.Lost),
	}
}

func (s *service) userMetrics() []admin.Sample {
	bindings, proofs := s.registrar.Stats(), s.authenticator.Stats()
	const failed = "Requests whose credentials were not accepted."
	return []admin.Sample{
		gauge("registrar_bindings", "Devices registered now.", float64(bindings.Bindings)),
		counter("credentials_refused_total", failed, proofs.Denied, because("wrong")),
		counter("credentials_refused_total", failed, proofs.Locked, because("guessing")),
		counter("credentials_refused_total", failed, proofs.Malformed, because("malformed")),
		counter("credentials_refused_total", failed, s.agent.Stats().BadTokens, because("token")),
	}
}

func gauge(name, help string, value float64, labels ...admin.Label) admin.Sample {
	return admin.Sample{Name: name, Help: help, Kind: admin.Gauge, Value: value, Labels: labels}
}

func counter(name, help string, value uint64, labels ...admin.Label) admin.Sample {
	return admin.Sample{Name: name, Help: help, Kind: admin.Counter, Value: float64(value), Labels: labels}
}
