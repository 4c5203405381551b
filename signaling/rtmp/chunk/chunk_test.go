package chunk_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"sipbridge/signaling/rtmp/chunk"
)

// row is messages and their chunks, which drives reader and writer.
type row struct {
	name string
	// wire is hexadecimal, with blanks.
	wire     string
	id       uint32
	messages []chunk.Message
	// readOnly rows are not what we would write.
	readOnly bool
}

func rows() []row {
	long := bytes.Repeat([]byte{0xaa}, 200)
	first, second := strings.Repeat("aa", 128), strings.Repeat("aa", 72)
	audio := func(timestamp uint32, payload ...byte) chunk.Message {
		return chunk.Message{Type: chunk.Audio, StreamID: 1, Timestamp: timestamp, Payload: payload}
	}
	one := []chunk.Message{audio(16, 0xb2)}
	return []row{
		{name: "one chunk", wire: "04 000010 000002 08 01000000 b201", id: 4, messages: []chunk.Message{audio(16, 0xb2, 1)}},
		{name: "empty", wire: "04 000010 000000 08 01000000", id: 4, messages: []chunk.Message{audio(16)}},
		{name: "id of two bytes", wire: "00 00 000010 000001 08 01000000 b2", id: 64, messages: one},
		{name: "last id of two bytes", wire: "00 ff 000010 000001 08 01000000 b2", id: 319, messages: one},
		{name: "id of three bytes", wire: "01 0001 000010 000001 08 01000000 b2", id: 320, messages: one},
		{name: "last id", wire: "01 ffff 000010 000001 08 01000000 b2", id: 65599, messages: one},
		{
			name: "two chunks", wire: "04 000010 0000c8 08 01000000" + first + "c4" + second, id: 4,
			messages: []chunk.Message{audio(16, long...)},
		},
		{
			name: "extended timestamp, repeated", id: 4,
			wire:     "04 ffffff 0000c8 08 01000000 01000000" + first + "c4 01000000" + second,
			messages: []chunk.Message{audio(1<<24, long...)},
		},
		{
			name: "extended timestamp, not repeated", readOnly: true,
			wire:     "04 ffffff 0000c8 08 01000000 01000000" + first + "c4" + second,
			messages: []chunk.Message{audio(1<<24, long...)},
		},
		{
			name: "the first extended timestamp", wire: "04 ffffff 000001 08 01000000 00ffffff b2", id: 4,
			messages: []chunk.Message{audio(0xffffff, 0xb2)},
		},
		{
			name: "formats 1, 2 and 3", readOnly: true,
			wire: "04 000010 000001 08 01000000 b2  44 000014 000002 08 b203  84 000015 b204  c4 b205",
			messages: []chunk.Message{
				audio(16, 0xb2), audio(36, 0xb2, 3), audio(57, 0xb2, 4), audio(78, 0xb2, 5),
			},
		},
		{
			name: "format 3 after 0", readOnly: true, wire: "04 000010 000001 08 01000000 b2  c4 b2",
			messages: []chunk.Message{audio(16, 0xb2), audio(32, 0xb2)},
		},
		{
			name: "a difference that is extended", readOnly: true,
			wire:     "04 000001 000001 08 01000000 b2  84 ffffff 01000000 b2  c4 01000000 b2",
			messages: []chunk.Message{audio(1, 0xb2), audio(1<<24+1, 0xb2), audio(1<<25+1, 0xb2)},
		},
		{
			name: "interleaved", readOnly: true,
			wire:     "04 000010 0000c8 08 01000000" + first + "05 000011 000001 08 01000000 72  c4" + second,
			messages: []chunk.Message{audio(17, 0x72), audio(16, long...)},
		},
		{
			name: "another chunk size", readOnly: true,
			wire:     "02 000000 000004 01 00000000 000000c8  04 000010 0000c8 08 01000000" + first + second,
			messages: []chunk.Message{audio(16, long...)},
		},
		{
			name: "a small chunk size", readOnly: true,
			wire:     "02 000000 000004 01 00000000 00000001  04 000010 000002 08 01000000 b2 c4 01",
			messages: []chunk.Message{audio(16, 0xb2, 1)},
		},
		{
			name: "abort", readOnly: true,
			wire: "04 000010 0000c8 08 01000000" + first + "02 000000 000004 02 00000000 00000004" +
				"04 000020 000001 08 01000000 b2",
			messages: []chunk.Message{audio(32, 0xb2)},
		},
		{
			name: "abort of nothing", readOnly: true,
			wire:     "02 000000 000004 02 00000000 00000009 04 000020 000001 08 01000000 b2",
			messages: []chunk.Message{audio(32, 0xb2)},
		},
		{
			name: "format 1 first", readOnly: true, wire: "44 000014 000001 08 b2",
			messages: []chunk.Message{{Type: chunk.Audio, Timestamp: 20, Payload: []byte{0xb2}}},
		},
	}
}

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	wire, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return wire
}

// readAll reads until the end, or the first error.
func readAll(wire io.Reader, options chunk.ReaderOptions) ([]chunk.Message, error) {
	reader := chunk.NewReader(wire, options)
	var messages []chunk.Message
	for {
		message, err := reader.ReadMessage()
		if errors.Is(err, io.EOF) {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
		message.Payload = append([]byte(nil), message.Payload...)
		messages = append(messages, message)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for _, row := range rows() {
		wire := unhex(t, row.wire)
		messages, err := readAll(bytes.NewReader(wire), chunk.ReaderOptions{})
		if err != nil || !reflect.DeepEqual(messages, row.messages) {
			t.Errorf("%s: read as %+v, %v", row.name, messages, err)
		}
		if _, err := readAll(bytes.NewReader(wire[:len(wire)-1]), chunk.ReaderOptions{}); err == nil {
			t.Errorf("%s: nothing is wrong without the last byte", row.name)
		}
		if row.readOnly {
			continue
		}
		var written bytes.Buffer
		writer := chunk.NewWriter(&written)
		for _, message := range row.messages {
			if err := writer.WriteMessage(row.id, message); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Flush(); err != nil || !bytes.Equal(written.Bytes(), wire) {
			t.Errorf("%s: written as %x, %v", row.name, written.Bytes(), err)
		}
	}
}

// TestPieces reads what comes in other pieces than it was sent in: byte by byte, by halves, and with the end.
func TestPieces(t *testing.T) {
	t.Parallel()
	for _, row := range rows() {
		wire := unhex(t, row.wire)
		for name, pieces := range map[string]func(io.Reader) io.Reader{
			"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "end": iotest.DataErrReader,
		} {
			messages, err := readAll(pieces(bytes.NewReader(wire)), chunk.ReaderOptions{})
			if err != nil || !reflect.DeepEqual(messages, row.messages) {
				t.Errorf("%s by %s: read as %+v, %v", row.name, name, messages, err)
			}
		}
	}
}

func TestReceivedCountsEachByte(t *testing.T) {
	t.Parallel()
	for _, row := range rows() {
		wire := unhex(t, row.wire)
		for _, skip := range []bool{false, true} {
			reader := chunk.NewReader(bytes.NewReader(wire), chunk.ReaderOptions{
				Skip: func(messageType uint8) bool { return skip && messageType == chunk.Audio },
			})
			for range row.messages {
				if _, err := reader.ReadMessage(); err != nil {
					t.Fatalf("%s: %v", row.name, err)
				}
			}
			if received := reader.Received(); received != uint32(len(wire)) {
				t.Errorf("%s: %d bytes counted of %d", row.name, received, len(wire))
			}
		}
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	var partial strings.Builder
	for id := range 60 {
		id := hex.EncodeToString([]byte{byte(id + 3)})
		partial.WriteString(id + "000000 000100 08 00000000" + strings.Repeat("00", 128))
	}
	var streams strings.Builder
	for id := range 100 {
		streams.WriteString("00" + hex.EncodeToString([]byte{byte(id)}) + "000000 000000 08 00000000")
	}
	begun := "04 000010 0000c8 08 01000000" + strings.Repeat("aa", 128)
	for _, test := range []struct {
		name, wire string
		want       error
	}{
		{"chunk size 0", "02 000000 000004 01 00000000 00000000", chunk.ErrFormat},
		{"chunk size 2^31", "02 000000 000004 01 00000000 80000000", chunk.ErrFormat},
		{"chunk size of nothing", "02 000000 000000 01 00000000", chunk.ErrFormat},
		{"abort of nothing", "02 000000 000000 02 00000000", chunk.ErrFormat},
		{"16 MB declared", "04 000000 ffffff 08 00000000 00", chunk.ErrLimit},
		{"60 incomplete messages", partial.String(), chunk.ErrLimit},
		{"100 chunk streams", streams.String(), chunk.ErrLimit},
		{"format 3 first", "c4 00", chunk.ErrFormat},
		{"format 2 first", "84 000000", chunk.ErrFormat},
		{"a message inside another", begun + begun, chunk.ErrFormat},
		{"ended early", begun + "c4", io.ErrUnexpectedEOF},
	} {
		_, err := readAll(bytes.NewReader(unhex(t, test.wire)), chunk.ReaderOptions{})
		if !errors.Is(err, test.want) {
			t.Errorf("%s gives %v", test.name, err)
		}
	}
}

// TestMemoryFollowsWhatCame announces chunks and messages of the largest sizes on several streams.
func TestMemoryFollowsWhatCame(t *testing.T) {
	wire := "02 000000 000004 01 00000000 00fffffe"
	for _, id := range []string{"03", "04", "05"} {
		wire += id + "000000 01ffff 08 00000000" + strings.Repeat("00", 0x1ffff)
	}
	messages, err := readAll(bytes.NewReader(unhex(t, wire)), chunk.ReaderOptions{})
	if err != nil || len(messages) != 3 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	announced := unhex(t, "02 000000 000004 01 00000000 00fffffe 04 000000 01ffff 08 00000000 00")
	if allocated := testing.AllocsPerRun(10, func() {
		if _, err := readAll(bytes.NewReader(announced), chunk.ReaderOptions{}); err == nil {
			t.Error("the message is complete")
		}
	}); allocated > 20 {
		t.Errorf("%v allocations", allocated)
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	var wire bytes.Buffer
	writer := chunk.NewWriter(&wire)
	if err := writer.SetChunkSize(5000); err != nil {
		t.Fatal(err)
	}
	video := chunk.Message{Type: chunk.Video, Payload: make([]byte, 1<<20)}
	for _, message := range []chunk.Message{video, {Type: chunk.Audio, Payload: []byte{1}}} {
		if err := writer.WriteMessage(6, message); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	messages, err := readAll(&wire, chunk.ReaderOptions{Skip: func(t uint8) bool { return t == chunk.Video }})
	if err != nil || len(messages) != 2 || len(messages[0].Payload) != 0 || len(messages[1].Payload) != 1 {
		t.Errorf("%d messages, %v", len(messages), err)
	}
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	writer := chunk.NewWriter(io.Discard)
	for _, id := range []uint32{0, 1, 65600} {
		if err := writer.WriteMessage(id, chunk.Message{}); !errors.Is(err, chunk.ErrLimit) {
			t.Errorf("chunk stream %d: %v", id, err)
		}
	}
	if err := writer.WriteMessage(3, chunk.Message{Payload: make([]byte, 1<<24)}); !errors.Is(err, chunk.ErrLimit) {
		t.Errorf("16 MB: %v", err)
	}
}

func TestControlMessages(t *testing.T) {
	t.Parallel()
	if number, err := chunk.Number(chunk.WindowAckSize, 7).Number(); err != nil || number != 7 {
		t.Errorf("the number is %d, %v", number, err)
	}
	event, number, err := chunk.Event(chunk.PingRequest, 9).Event()
	if err != nil || event != chunk.PingRequest || number != 9 {
		t.Errorf("the event is %d %d, %v", event, number, err)
	}
	for _, payload := range [][]byte{nil, {0, 6}, {0, 6, 0, 0, 0}} {
		if _, _, err := (chunk.Message{Payload: payload}).Event(); !errors.Is(err, chunk.ErrFormat) {
			t.Errorf("%x: %v", payload, err)
		}
	}
	if message := chunk.Bandwidth(5); !bytes.Equal(message.Payload, []byte{0, 0, 0, 5, 2}) {
		t.Errorf("the bandwidth is %x", message.Payload)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	wire := unhex(t, "08 000002 000005 00 000000 b201 0000000d  08 000001 000019 01 000000 b2 0000000c")
	aggregate := chunk.Message{Type: chunk.Aggregate, StreamID: 3, Timestamp: 100, Payload: wire}
	want := []chunk.Message{
		{Type: 8, StreamID: 3, Timestamp: 100, Payload: []byte{0xb2, 1}},
		{Type: 8, StreamID: 3, Timestamp: 100 + 1<<24 + 20, Payload: []byte{0xb2}},
	}
	var parts []chunk.Message
	if err := chunk.Parts(aggregate, func(m chunk.Message) { parts = append(parts, m) }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(parts, want) {
		t.Errorf("the parts are %+v", parts)
	}
	for _, bad := range []string{"08", "08 000002 000005 00 000000 b2"} {
		aggregate.Payload = unhex(t, bad)
		if err := chunk.Parts(aggregate, func(chunk.Message) {}); !errors.Is(err, chunk.ErrFormat) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// FuzzReader reads anything, in bounded memory, and holds that what was read can be written and read again.
func FuzzReader(f *testing.F) {
	for _, row := range rows() {
		f.Add(unhex(f, row.wire))
	}
	files, err := filepath.Glob("testdata/seeds/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		seed, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		messages, _ := readAll(bytes.NewReader(wire), chunk.ReaderOptions{}) // up to the first error
		var written bytes.Buffer
		writer := chunk.NewWriter(&written)
		for _, message := range messages {
			if err := writer.WriteMessage(400, message); err != nil {
				t.Fatal(err)
			}
			if message.Type == chunk.Aggregate {
				_ = chunk.Parts(message, func(chunk.Message) {}) // most are none
			}
		}
		if err := writer.Flush(); err != nil {
			t.Fatal(err)
		}
		again, err := readAll(&written, chunk.ReaderOptions{})
		if err != nil || !reflect.DeepEqual(messages, again) {
			t.Fatalf("%+v becomes %+v, %v", messages, again, err)
		}
	})
}
