package xflv_test

import (
	"bytes"
	"slices"
	"testing"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/xflv"
)

// payloadsOf cuts a message.
func payloadsOf(t *testing.T, s *xflv.Splitter, message chunk.Message) (payloads [][]byte) {
	t.Helper()
	if !s.Split(message, func(payload []byte) { payloads = append(payloads, bytes.Clone(payload)) }) {
		t.Fatalf("a message of %d bytes is not cut", len(message.Payload))
	}
	return payloads
}

func video(size int) chunk.Message {
	return chunk.Message{Type: chunk.Video, Timestamp: 77, Payload: bytes.Repeat([]byte{0x22}, size)}
}

// TestBytes is the table of bytes for both ways: how siprtmp begins a message of each kind.
func TestBytes(t *testing.T) {
	t.Parallel()
	for want, message := range map[string]chunk.Message{
		"RTMP\x00\x00\x00\x00\x00\x00\x00\x53\x00\x00\x00\x08\x00\x00\x00\x47\x00\x00\x03\xe8\xb2\x37\x44\x3c": {
			Type: chunk.Audio, Timestamp: 1000, Payload: append([]byte{0xb2, 0x37, 0x44, 0x3c}, make([]byte, 67)...),
		},
		"RTMP\x00\x00\x00\x00\x00\x00\x0a\x0d\x00\x00\x00\x09\x00\x00\x0a\x01\x00\x00\x03\xf2\x12\x00\x01\x02": {
			Type: chunk.Video, Timestamp: 1010, Payload: append([]byte{0x12, 0, 1, 2}, make([]byte, 2557)...),
		},
	} {
		payloads := payloadsOf(t, &xflv.Splitter{}, message)
		if !bytes.HasPrefix(payloads[0], []byte(want)) {
			t.Errorf("it is written as %x", payloads[0])
		}
		var joiner xflv.Joiner
		for i, payload := range payloads {
			got, complete := joiner.Join(payload)
			if complete != (i == len(payloads)-1) {
				t.Errorf("after piece %d of %d complete is %v", i, len(payloads), complete)
			}
			if complete && (got.Type != message.Type || got.Timestamp != message.Timestamp ||
				!bytes.Equal(got.Payload, message.Payload)) {
				t.Errorf("it is read as %+v", got)
			}
		}
	}
}

func TestMessagesCross(t *testing.T) {
	t.Parallel()
	var splitter xflv.Splitter
	var joiner xflv.Joiner
	for _, size := range []int{0, 1, 988, 989, 5000, xflv.MaxMessage} {
		payloads := payloadsOf(t, &splitter, video(size))
		for i, payload := range payloads {
			got, complete := joiner.Join(payload)
			if len(payload) > 1012 || complete != (i == len(payloads)-1) {
				t.Errorf("of %d bytes piece %d has %d, complete %v", size, i, len(payload), complete)
			}
			if complete && len(got.Payload) != size {
				t.Errorf("%d bytes are read as %d", size, len(got.Payload))
			}
		}
	}
	if splitter.Split(video(xflv.MaxMessage+1), nil) || splitter.Split(chunk.Message{Type: chunk.Command0}, nil) {
		t.Error("what has no form is cut")
	}
}

// TestLostPieces leaves out each piece once: that message is lost, and the next one comes.
func TestLostPieces(t *testing.T) {
	t.Parallel()
	var splitter xflv.Splitter
	first, second := payloadsOf(t, &splitter, video(3000)), payloadsOf(t, &splitter, video(10))
	for lost := range first {
		var joiner xflv.Joiner
		count := 0
		for _, payload := range slices.Concat(first[:lost], first[lost+1:], second) {
			if message, complete := joiner.Join(payload); complete {
				count++
				if len(message.Payload) != 10 {
					t.Errorf("a message of %d bytes comes", len(message.Payload))
				}
			}
		}
		if count != 1 {
			t.Errorf("without piece %d there come %d messages", lost, count)
		}
	}
}

func TestCommandsDoNotCross(t *testing.T) {
	t.Parallel()
	payload := []byte("RTMP\x00\x00\x00\x01\x00\x00\x00\x0e\x00\x00\x00\x14\x00\x00\x00\x02\x00\x00\x00\x4d\xb2\x09")
	if message, complete := (&xflv.Joiner{}).Join(payload); complete {
		t.Errorf("a command comes: %+v", message)
	}
}

func FuzzJoiner(f *testing.F) {
	f.Add([]byte("RTMP\x00\x00\x00\x01\x00\x00\x00\x0e\x00\x00\x00\x08\x00\x00\x00\x02\x00\x00\x00\x4d\xb2\x09"), []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var joiner xflv.Joiner
		for _, payload := range [][]byte{first, second, first} {
			message, complete := joiner.Join(payload)
			if complete && (len(message.Payload) > xflv.MaxMessage || message.Type == chunk.Command0) {
				t.Errorf("%x gives %+v", payload, message)
			}
		}
	})
}
