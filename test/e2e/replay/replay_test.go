package replay_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"sipbridge/test/e2e/replay"
	"sipbridge/test/e2e/service"
)

const origin = "http://captured.example"

// atOnce is how many exchanges are played side by side.
const atOnce = 16

func TestReplay(t *testing.T) {
	allowed := &permissions{all: allowances(), used: make(map[int]bool)}
	for _, client := range []string{"jssip", "sipjs", "sip-js", "sipml5"} {
		t.Run(client, func(t *testing.T) { replayAll(t, client, allowed) })
	}
	for _, useless := range allowed.unused() {
		t.Errorf("nothing needs the allowance %+v", useless)
	}
}

func replayAll(t *testing.T, client string, allowed *permissions) {
	t.Helper()
	captures, err := replay.Captures("testdata/" + client)
	if err != nil || len(captures) == 0 {
		t.Fatalf("%d captures: %v", len(captures), err)
	}
	players, hops := make([]*replay.Player, len(captures)), map[string]string{}
	for i, capture := range captures {
		domain := fmt.Sprintf("d%d.test", i)
		if players[i], err = replay.NewPlayer(capture, domain); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(players[i].Close)
		hops[domain] = players[i].NextHop()
	}
	bridge, err := service.Start(service.Options{
		Binary: "../../../bin/sipbridge", Dir: t.TempDir(), Origins: []string{origin}, NextHops: hops,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bridge.Stop)
	stage := replay.Stage{WS: bridge.WS, Origin: origin}
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, player := range players {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			differences, err := player.Play(stage)
			if err != nil {
				t.Errorf("%s: %v", captures[i].Name, err)
			}
			if wrong := allowed.deny(captures[i].Name, differences); len(wrong) > 0 {
				t.Errorf("%s: %v", captures[i].Name, slices.Compact(wrong))
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.Log(bridge.Report())
	}
}
