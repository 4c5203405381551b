package exchange

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/test/load/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(s *Socket, branch string) *message.Message {
	return (&message.Message{Start: "OPTIONS sip:x SIP/2.0"}).Add("Via", s.Via(branch)).Add("From", "<sip:a@b>;tag=1").
		Add("To", "<sip:x>").Add("Call-ID", branch).Add("CSeq", "1 OPTIONS")
}

func TestAskRepeatsUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	asked := 0
	server, err := Listen(func(request *message.Message) []*message.Message {
		asked++ // only the server's reader is here
		if asked < 2 {
			return nil
		}
		return []*message.Message{request.Reply(100, "Trying", ""), request.Reply(200, "OK", "t")}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := Listen(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	response, err := client.Ask(t.Context(), server.Addr(), options(client, "b1"))
	if err != nil || response.Status() != 200 || client.Repeated.Load() == 0 {
		t.Errorf("got %v, %v after %d repetitions", response, err, client.Repeated.Load())
	}
}

func TestAskGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	mute, err := Listen(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = mute.Ask(ctx, mute.Addr(), options(mute, "b2"))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "OPTIONS") {
		t.Errorf("got %v", err)
	}
}
