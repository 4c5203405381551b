package transcode

import "testing"

// TestReaches holds that it is known before a packet is written whether it would reach the party.
func TestReaches(t *testing.T) {
	t.Parallel()
	party, made := newParty(), false
	sender := NewSender(SenderOptions{Write: party.write, Reaches: func() bool { return made }})
	defer sender.Close()
	pipe, err := Connect([]Format{pcmu(0)}, pcmu(0), sender, ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	var plug Switch
	for _, step := range []struct {
		name   string
		change func()
		want   bool
	}{
		{"nobody is plugged in", func() {}, false},
		{"nothing is agreed", func() { plug.Set(pipe) }, false},
		{"the way is not made", func() { sender.SetFormats([]Format{pcmu(0)}) }, false},
		{"the way is made", func() { made = true }, true},
		{"the party holds", func() { sender.SetEnabled(false) }, false},
		{"the party is back", func() { sender.SetEnabled(true) }, true},
		{"who does not know", func() { plug.Set(&recorder{}) }, true},
		{"it is over", func() { plug.Set(pipe); sender.Close() }, false},
	} {
		if step.change(); plug.Reaches() != step.want {
			t.Errorf("%s: reaches: %v", step.name, !step.want)
		}
	}
}
