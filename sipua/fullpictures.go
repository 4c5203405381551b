package sipua

import "time"

// infoPause is the least time between two requests of a full picture by INFO: it costs as much as many others.
const infoPause = 500 * time.Millisecond

// fullPictures is what became of asking a party by INFO for full pictures.
type fullPictures struct {
	// asked is when it was last; waiting tells that it has not answered yet, unknown that it does not know what that is.
	asked            time.Time
	waiting, unknown bool
}

// mayAsk tells whether another request makes sense now.
func (f *fullPictures) mayAsk(now time.Time) bool {
	return !f.waiting && !f.unknown && now.Sub(f.asked) >= infoPause
}
