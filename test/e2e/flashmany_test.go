package e2e

import (
	"fmt"
	"testing"
	"time"

	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

// TestManyFlashCalls keeps 200 calls of Flash phones up at a time, each of which hears itself, and logs what a
// call costs.
func TestManyFlashCalls(t *testing.T) {
	const calls, window = 200, 5 * time.Second
	port, err := process.FreePort()
	must(t, err)
	options := service.Options{
		Binary: binary, Dir: t.TempDir(), Users: map[string]string{},
		Settings: map[string]map[string]any{
			"listen": {"rtmp": fmt.Sprintf("127.0.0.1:%d", port)}, "log": {"level": "warn"},
		},
	}
	for number := range calls {
		options.Users[userName(number)] = password(number)
	}
	running, err := service.Start(options)
	must(t, err)
	t.Cleanup(running.Stop)
	before, err := running.Metrics()
	must(t, err)
	way := flashWays()[0]
	clients := make([]*rtmptest.Client, calls)
	for number := range clients {
		client := rtmptest.Login(t, fmt.Sprintf("127.0.0.1:%d", port), userName(number)+"@localhost", password(number))
		client.Play("remote")
		stream := client.Publish("local")
		client.Call("invite", "echo")
		client.Await("accepted")
		talk(t, client, stream, way, phoneHz)
		clients[number] = client
	}
	start, err := running.Metrics()
	must(t, err)
	time.Sleep(window)
	end, err := running.Metrics()
	must(t, err)
	if active := end["sipbridge_calls_active"]; active != calls {
		t.Errorf("%v calls are up, not %d", active, calls)
	}
	for number, client := range clients {
		heard := client.AwaitHeard(2 * flashSecond)
		if share := flashShare(t, heard[len(heard)-flashSecond:], way, phoneHz); share < 0.75 {
			t.Errorf("call %d does not hear its tone: its share is %.2f", number, share)
		}
	}
	const cpu, memory = "process_cpu_seconds_total", "process_resident_memory_bytes"
	t.Logf("a call takes %.2f CPU seconds a minute and %.0f KiB",
		(end[cpu]-start[cpu])/calls*float64(time.Minute/window), (end[memory]-before[memory])/calls/1024)
}
