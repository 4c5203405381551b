package main

import (
	"strconv"

	"sipbridge/web/admin"
)

// metrics are the numbers behind /metrics, read from the snapshots of the parts.
func (s *service) metrics() []admin.Source {
	return []admin.Source{s.callMetrics, s.signallingMetrics, s.mediaMetrics, s.userMetrics}
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
	browsers := s.browsers.Stats()
	return []admin.Sample{
		counter("sip_messages_total", "SIP messages received.", agent.Received),
		counter("sip_malformed_total", "SIP messages refused by the parser.", agent.Malformed),
		counter("sip_stray_total", "SIP messages that belonged to nothing.", agent.Stray),
		counter("sip_challenged_total", "Requests answered with 401 or 407.", agent.Challenged),
		counter("sip_relayed_total", "Requests passed to an upstream server.", agent.Relayed),
		counter("sip_panics_total", "Faults in the program that were contained.", agent.Panics),
		gauge("sip_dialogs", "Dialogs now.", float64(agent.Dialogs)),
		gauge("sip_server_transactions", "Server transactions now.", float64(agent.ServerTransactions)),
		gauge("sip_client_transactions", "Client transactions now.", float64(agent.ClientTransactions)),
		gauge("websocket_connections", "WebSocket connections now.", float64(browsers.Open)),
	}
}

func (s *service) mediaMetrics() []admin.Sample {
	webrtc := s.media.engine.Stats()
	rtp := s.media.counters.Stats()
	return []admin.Sample{
		gauge("rtp_port_pairs_in_use", "Pairs of RTP ports in use.", float64(s.media.ports.InUse())),
		gauge("webrtc_sessions", "WebRTC media sessions now.", float64(webrtc.Open)),
		counter("webrtc_lost_total", "WebRTC sessions whose media were lost.", webrtc.Lost),
		counter("webrtc_refused_total", "WebRTC descriptions refused.", webrtc.Refused),
		counter("rtp_malformed_total", "Datagrams on RTP ports that are no RTP.", rtp.Malformed),
		counter("rtp_wrong_source_total", "RTP packets from somebody else than the party.", rtp.WrongSource),
		counter("rtp_wrong_payload_type_total", "RTP packets of a type not agreed on.", rtp.WrongPayloadType),
		counter("rtp_lost_total", "RTP sessions whose media were lost.", rtp.Lost),
	}
}

func (s *service) userMetrics() []admin.Sample {
	bindings := s.registrar.Stats()
	return []admin.Sample{
		gauge("registrar_bindings", "Devices registered now.", float64(bindings.Bindings)),
	}
}

func gauge(name, help string, value float64) admin.Sample {
	return admin.Sample{Name: name, Help: help, Kind: admin.Gauge, Value: value}
}

func counter(name, help string, value uint64, labels ...admin.Label) admin.Sample {
	return admin.Sample{Name: name, Help: help, Kind: admin.Counter, Value: float64(value), Labels: labels}
}
