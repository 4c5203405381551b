package governor

import (
	"cmp"
	"context"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode"
)

// relief is how long TestFullMachine waits until the complexity is back where it was, once the machine is idle: RELIEF,
// which make soak sets. Where other tests keep the machine busy it does not wait.
func relief(t *testing.T) time.Duration {
	t.Helper()
	patience, err := time.ParseDuration(cmp.Or(os.Getenv("RELIEF"), "0"))
	if err != nil {
		t.Fatal(err)
	}
	return patience
}

// lookEvery is the interval of the governor of the test.
const lookEvery = 200 * time.Millisecond

// fill keeps all processors busy by twice as many processes, until the function that it gives is called. Nice ones
// take what nobody else wants, so that tests which run at the same time go on as if they were not there.
func fill(t *testing.T, nice bool) (relieve func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	niceness := map[bool]string{true: "19", false: "0"}[nice]
	var running []*exec.Cmd
	for range 2 * runtime.NumCPU() {
		command := exec.CommandContext(ctx, "nice", "-n", niceness, "sh", "-c", "while :; do :; done")
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, command)
	}
	return func() {
		stop()
		for _, command := range running {
			_ = command.Wait() // it was killed
		}
	}
}

// talk sends speech-like sound of 20 ms through a pipe that makes Opus, until ctx is done, and gives how long after
// each packet was due the one made of it had left.
func talk(ctx context.Context, t *testing.T, effort *transcode.Effort) []time.Duration {
	t.Helper()
	due := time.Now()
	var delays []time.Duration
	out := transcode.PacketWriterFunc(func(*rtp.Packet) error {
		delays = append(delays, time.Since(due))
		return nil
	})
	from := transcode.Format{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}}
	to := transcode.Format{Codec: transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2}, PayloadType: 111}
	pipe, err := transcode.Connect([]transcode.Format{from}, to, out, transcode.ConnectOptions{
		NoTimer: true, MostDelay: -1, Encoder: transcode.EncoderOptions{Effort: effort},
	})
	if err != nil {
		t.Error(err)
		return nil
	}
	defer pipe.Close()
	for i := 0; ctx.Err() == nil; i++ {
		due = due.Add(20 * time.Millisecond)
		time.Sleep(time.Until(due))
		payload := make([]byte, 160)
		for j := range payload {
			payload[j] = byte(128 + 100*math.Sin(float64(160*i+j)/9))
		}
		packet := rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(160 * i), SSRC: 1},
			Payload: payload,
		}
		if err := pipe.WriteRTP(&packet); err != nil {
			t.Error(err)
		}
	}
	return delays
}

// TestFullMachine fills the machine for real, and has a call go on in it: the complexity falls, its sound is hardly
// held up, and once there is room again the complexity comes back. Only where it has the machine for itself, which
// RELIEF says, does what fills it take time away from the call, and is the way back awaited.
func TestFullMachine(t *testing.T) {
	effort := transcode.NewEffort(5)
	g := New(Options{Effort: effort, Most: 5, Interval: lookEvery})
	ctx, stop := context.WithCancel(t.Context())
	governed := make(chan struct{})
	go func() {
		defer close(governed)
		if err := g.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	defer func() { stop(); <-governed }()

	patience := relief(t)
	relieve := fill(t, patience == 0)
	calling, hangUp := context.WithCancel(ctx)
	spoken := make(chan []time.Duration, 1)
	go func() { spoken <- talk(calling, t, effort) }()
	await(t, g, time.Minute, func(s Stats) bool { return s.Complexity <= 3 && s.Changes >= 2 })
	hangUp()
	delays := <-spoken
	relieve()

	slices.Sort(delays)
	median, most := delays[len(delays)/2], delays[len(delays)*95/100]
	t.Logf("%d packets left %v after they were due, 95 %% of them within %v; %+v", len(delays), median, most, g.Stats())
	if median > 20*time.Millisecond {
		t.Errorf("half of the packets left more than %v too late", median)
	}
	if patience > 0 {
		if most > 60*time.Millisecond {
			t.Errorf("a twentieth of the packets left more than %v too late", most)
		}
		await(t, g, patience, func(s Stats) bool { return s.Complexity == 5 })
		t.Logf("%+v", g.Stats())
	}
}

// await waits until what a governor says is as wanted.
func await(t *testing.T, g *Governor, patience time.Duration, wanted func(Stats) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !wanted(g.Stats()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %+v", patience, g.Stats())
		}
	}
}
