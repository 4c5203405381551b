package transcode

import (
	"sync"
	"testing"
)

// TestPipesShareWorkspaces has pipes of several rates transcode at the same time, with what few of them need.
func TestPipesShareWorkspaces(t *testing.T) {
	t.Parallel()
	const pipes, packets = 6, 10
	var shared Workspaces
	ways := [...]struct {
		from, to Format
		step     uint32
	}{{opus48(111, ""), pcmu(0), 160}, {pcmu(0), opus48(111, ""), 960}, {pcmu(0), pcma(8), 160}}
	var outs [pipes]recorder
	connected, sources := make([]*Pipe, pipes), make([]*source, pipes)
	for i := range pipes {
		way := ways[i%len(ways)]
		connected[i] = connect(t, []Format{way.from}, way.to, &outs[i], ConnectOptions{MostDelay: -1, Workspaces: &shared})
		sources[i] = newSource(t, way.from, 20)
	}
	run := func(i int) {
		for range packets {
			if err := connected[i].WriteRTP(sources[i].packet()); err != nil {
				t.Error(err)
			}
		}
	}
	for i := range pipes {
		run(i)
	}
	if got := len(shared.free); got != 1 {
		t.Errorf("%d workspaces for one packet at a time", got)
	}
	var all sync.WaitGroup
	for i := range pipes {
		all.Go(func() { run(i) })
	}
	all.Wait()
	if got := len(shared.free); got > pipes {
		t.Errorf("%d workspaces for %d pipes", got, pipes)
	}
	for i := range pipes {
		if got := len(outs[i].packets); got != 2*packets {
			t.Errorf("pipe %d made %d packets", i, got)
		}
	}
}
