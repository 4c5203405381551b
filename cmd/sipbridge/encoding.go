package main

import (
	"sipbridge/transcode"
	"sipbridge/transcode/governor"
	"sipbridge/web/admin"
)

// encoding says how sound is encoded, and makes the governor that changes it with the load.
func (s *service) encoding() transcode.EncoderOptions {
	options := transcode.EncoderOptions{Complexity: s.config.Media.OpusComplexity}
	if s.config.Media.OpusAdapts {
		options.Effort = transcode.NewEffort(options.Complexity)
		s.governor = governor.New(governor.Options{Effort: options.Effort, Most: options.Complexity, Logger: s.log})
	}
	return options
}

// encodingMetrics tell how much work encoding takes.
func (s *service) encodingMetrics() []admin.Sample {
	const help = "Complexity of Opus now, 0 to 10."
	if s.governor == nil {
		return []admin.Sample{gauge("opus_complexity", help, float64(s.config.Media.OpusComplexity))}
	}
	stats := s.governor.Stats()
	return []admin.Sample{
		gauge("opus_complexity", help, float64(stats.Complexity)),
		gauge("processors_busy_ratio", "How busy the processors are, from 0 to 1.", stats.Load),
		counter("opus_complexity_changes_total", "How often the complexity of Opus followed the load.", stats.Changes),
	}
}
