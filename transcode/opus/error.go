package opus

// #include <opus.h>
import "C"

// libraryError is a code that libopus gives, always below 0.
type libraryError int

// Error gives the library's own words.
func (e libraryError) Error() string { return C.GoString(C.opus_strerror(C.int(e))) }
