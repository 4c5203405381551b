package transport_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"sipbridge/sipua/transport"
)

func message(body string) string {
	return "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// frames pushes stream in pieces of size and tells what came: "P" for a ping, the messages, and the error.
func frames(stream string, size int) (found []string, broken error) {
	framer := transport.NewFramer(200)
	for len(stream) > 0 {
		piece := stream[:min(size, len(stream))]
		stream = stream[len(piece):]
		framer.Push([]byte(piece))
		for frame, ok := framer.Next(); ok; frame, ok = framer.Next() {
			if frame.Ping {
				found = append(found, "P")
			}
			if frame.Message != nil {
				found = append(found, string(frame.Message))
			}
			if frame.Err != nil {
				broken = frame.Err
			}
		}
	}
	return found, broken
}

func TestFramer(t *testing.T) {
	t.Parallel()
	folded := "MESSAGE sip:a@b SIP/2.0\r\nSubject: x\r\n  y\r\nl :\r\n 2\r\n\r\nab"
	twice := "A\r\nl: 1\r\nContent-Length: 1\r\n\r\n"
	none := "MESSAGE sip:a@b SIP/2.0\r\nX: l: 9\r\n\r\n"
	tests := map[string]struct {
		stream string
		want   []string
		err    error
	}{
		"one":                {message("hello"), []string{message("hello")}, nil},
		"two":                {message("a") + message(""), []string{message("a"), message("")}, nil},
		"ping":               {"\r\n\r\n", []string{"P"}, nil},
		"pong":               {"\r\n", nil, nil},
		"ping and message":   {"\r\n\r\n" + message("a") + "\r\n\r\n", []string{"P", message("a"), "P"}, nil},
		"one CRLF in front":  {"\r\n" + message("a"), []string{message("a")}, nil},
		"folded":             {folded + message(""), []string{folded, message("")}, nil},
		"no length":          {none + message(""), []string{none, message("")}, nil},
		"half":               {message("hello")[:30], nil, nil},
		"two lengths":        {twice, []string{twice}, transport.ErrLength},
		"negative":           {"A\r\nl: -1\r\n\r\n", []string{"A\r\nl: -1\r\n\r\n"}, transport.ErrLength},
		"too large by body":  {"A\r\nl: 300\r\n\r\n", []string{"A\r\nl: 300\r\n\r\n"}, transport.ErrTooLarge},
		"nothing after that": {"A\r\nl: -1\r\n\r\n" + message("a"), []string{"A\r\nl: -1\r\n\r\n"}, transport.ErrLength},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 2, 3, 5, 1000} {
				got, err := frames(test.stream, size)
				if strings.Join(got, "|") != strings.Join(test.want, "|") || !errors.Is(err, test.err) {
					t.Errorf("in pieces of %d: got %q, %v; want %q, %v", size, got, err, test.want, test.err)
				}
			}
		})
	}
}

func TestFramerEndlessHead(t *testing.T) {
	t.Parallel()
	got, err := frames("A "+strings.Repeat("x", 10000), 64)
	if got != nil || !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("got %q, %v", got, err)
	}
}

// FuzzFramer holds that it does not matter how the stream is cut into reads.
func FuzzFramer(f *testing.F) {
	f.Add([]byte(message("hello")+"\r\n\r\n"+message("")), byte(3))
	f.Add([]byte("\r\n\r\n\r\nA\r\nl:\r\n 1\r\n\r\nx"), byte(1))
	f.Add([]byte("A\r\nl: 1\r\nl: 2\r\n\r\nx"), byte(2))
	f.Fuzz(func(t *testing.T, stream []byte, size byte) {
		if len(stream) > 190 { // longer ones may break at another byte: the limit is looked at once a read
			return
		}
		whole, wholeErr := frames(string(stream), len(stream)+1)
		pieces, piecesErr := frames(string(stream), int(size)+1)
		if strings.Join(whole, "|") != strings.Join(pieces, "|") || !errors.Is(piecesErr, wholeErr) {
			t.Errorf("whole %q %v, in pieces %q %v", whole, wholeErr, pieces, piecesErr)
		}
	})
}
