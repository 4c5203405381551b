package bridge

import (
	"fmt"
	"strings"
	"time"
)

// TransferRecord is the story of one transfer in a call.
type TransferRecord struct {
	// At is when it was asked for.
	At time.Time
	// Side is who asked, "caller" or "callee"; By is the party.
	Side string
	By   Party
	// Target is whom the other party was to be connected to.
	Target string
	// Attended tells that a call to the target was there already.
	Attended bool
	// Status is how it ended, a SIP status: 200 is success; 0 while it goes on.
	Status int
}

// String tells the story in a few words.
func (r TransferRecord) String() string {
	return fmt.Sprintf("%s %s to %s: %d", r.Side, r.By.URI, r.Target, r.Status)
}

func transferStory(transfers []TransferRecord) string {
	words := make([]string, len(transfers))
	for i, transfer := range transfers {
		words[i] = transfer.String()
	}
	return strings.Join(words, ", ")
}
