package transcode

import (
	"errors"
	"fmt"
	"time"

	"sipbridge/transcode/h264"
)

// ErrNoPath says that no format of the source can be turned into what the receiver takes.
var ErrNoPath = errors.New("transcode: no way from one format to the other")

func noPath(format Format, sampleRate int) error {
	return fmt.Errorf("%w: %s at %d Hz", ErrNoPath, format, sampleRate)
}

// ConnectOptions says how a Pipe transcodes. The zero value is good.
type ConnectOptions struct {
	// PacketTime of the packets that are made, or of the next shorter ones that the codec knows; 0 means 20 ms.
	// Packets that pass through keep theirs.
	PacketTime time.Duration
	// Wait is how long a missing packet is waited for at first before it is concealed; 0 means 40 ms.
	Wait time.Duration
	// MostDelay is the longest time for which packets that come unevenly are held before they are decoded, so that they go
	// out evenly; 0 means 120 ms, and a negative value that they never are. Those that come evenly are not held.
	MostDelay time.Duration
	// NoTimer is for a receiver that is written to by WriteRTP alone: what waits is let out by the packets that follow.
	NoTimer bool
	// Encoder says how to encode.
	Encoder EncoderOptions
	// Workspaces are shared with other pipes. Default: some of the pipe's own.
	Workspaces *Workspaces
	// MaxPayload is the largest packet of pictures that the receiver's path carries, in bytes; 0 sets no limit. Larger
	// ones are cut.
	MaxPayload int
	// Pictures says how pictures are transcoded, and who is asked for full ones.
	Pictures PictureOptions
}

// Connect makes the way from a source that sends any of the formats from, told apart by their payload types, to a
// receiver of the format to: what is written into the Pipe comes out at dst. Packets whose codec is
// that of to pass through; others are transcoded. Formats of the source from which no way leads are left out; if none
// is left the error is ErrNoPath.
func Connect(from []Format, to Format, dst PacketWriter, options ConnectOptions) (*Pipe, error) {
	pipe := &Pipe{
		to: to, dst: dst, pictures: Passable(to.Codec), began: time.Now(), noTimer: options.NoTimer,
	}
	pipe.pass, pipe.whole = pipe.passOn, pipe.send
	if ask := options.Pictures.AskKeyframe; pipe.pictures && ask != nil {
		pipe.continuity = newContinuity(ask)
	}
	var refused error
	for _, format := range from {
		route, err := newRoute(pipe, format, to, options)
		if err != nil {
			refused = err
			continue
		}
		pipe.transcodes = pipe.transcodes || route.transcoder != nil
		if pipe.routes[format.PayloadType&0x7f] == nil {
			pipe.routes[format.PayloadType&0x7f] = route
		}
		if pipe.current.Load() == nil {
			pipe.current.Store(route)
		}
	}
	if pipe.current.Load() == nil {
		if refused == nil {
			refused = fmt.Errorf("%w: nothing to %s", ErrNoPath, to)
		}
		return nil, refused
	}
	return pipe, nil
}

// parameterSets puts those of a party's description into its stream of H.264.
func parameterSets(from Format) *h264.Inserter {
	if videoCodec(from.Codec) != avc {
		return nil
	}
	return h264.NewInserter(from.Parameters)
}

// newRoute finds the way for one format of the source. The decoder and encoder are made when its first packet comes.
func newRoute(pipe *Pipe, from, to Format, options ConnectOptions) (*route, error) {
	source, known := find(from.Codec)
	if (from.Passes(to) || from.decodedAs(to)) && (known || Passable(to.Codec) || from.Parameters == to.Parameters) {
		return passing(pipe, from, to, options), nil
	}
	if from.Converts(to) && pipe.current.Load() == nil { // one way is enough
		made, err := newPictures(pipe, from, to, options.Pictures)
		if err != nil {
			return nil, err
		}
		return &route{from: from, to: to, sets: parameterSets(from), pictures: made}, nil
	}
	target, ok := find(to.Codec)
	if !ok || !known || target.newEncoder == nil {
		return nil, fmt.Errorf("%w: %s to %s", ErrNoPath, from, to)
	}
	transcoder := newTranscoder(pipe, from, to, cheapest(source, target), options)
	return &route{from: from, to: to, transcoder: transcoder}, nil
}

// passing is the way of packets that are not decoded. H.264 is packed anew for a receiver of single units alone; one
// that takes fragments takes those, too.
func passing(pipe *Pipe, from, to Format, options ConnectOptions) *route {
	way := &route{from: from, to: to, sets: parameterSets(from), payloads: payloadsOf(from.Codec)}
	if singleUnitsOnly(to) && !singleUnitsOnly(from) {
		way.units = newSingleUnits(pipe, to)
	} else {
		way.splitter = splitterFor(to, options.MaxPayload)
	}
	if !pipe.pictures {
		way.overheard = newOverheard(pipe, from, options.Workspaces)
	}
	return way
}
