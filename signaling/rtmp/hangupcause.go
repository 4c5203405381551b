package rtmp

import "sipbridge/bridge"

// hangupCauses are what FreeSWITCH calls the reasons for which calls end, with their number (ITU-T Q.850) and the SIP
// status that each becomes (RFC 3398 section 7.2.6.1). Of two with one status the first is that of the status.
func hangupCauses() []struct {
	name   string
	number int
	status int
} {
	return []struct {
		name   string
		number int
		status int
	}{
		{"NORMAL_CLEARING", 16, 200},
		{"UNALLOCATED_NUMBER", 1, 404},
		{"USER_BUSY", 17, 486},
		{"USER_BUSY", 17, 600},
		{"NO_ANSWER", 19, 480},
		{"NO_USER_RESPONSE", 18, 408},
		{"CALL_REJECTED", 21, 603},
		{"CALL_REJECTED", 21, 403},
		{"ORIGINATOR_CANCEL", 487, 487},
		{"INCOMPATIBLE_DESTINATION", 88, 488},
		{"INVALID_NUMBER_FORMAT", 28, 484},
		{"NUMBER_CHANGED", 22, 410},
		{"NORMAL_TEMPORARY_FAILURE", 41, 503},
		{"RECOVERY_ON_TIMER_EXPIRE", 102, 504},
	}
}

// hangupCause gives what a cause is called.
func hangupCause(cause bridge.Cause) string {
	for _, known := range hangupCauses() {
		if known.status == cause.Status {
			return known.name
		}
	}
	return "NORMAL_UNSPECIFIED"
}

// statusOfHangup gives the SIP status of a reason that a client gives by name or number; 0 if it is none.
func statusOfHangup(given any) int {
	for _, known := range hangupCauses() {
		if given == known.name || given == float64(known.number) {
			return known.status
		}
	}
	return 0
}
