package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestComparison holds that each figure is the median of its rounds, and the ratio that of the medians.
func TestComparison(t *testing.T) {
	t.Parallel()
	report := &Report{}
	for peer, figures := range map[string][]float64{sipbridgeName: {0.3, 0.1, 0.2}, rtpengineName: {0.8, 0.4}} {
		for _, cpu := range figures {
			report.Results = append(report.Results,
				Result{Mode: string(relay), Peer: peer, Calls: 4, Good: 4, CPUPerCallMinute: cpu})
		}
	}
	var table bytes.Buffer
	if err := report.writeComparison(&table); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table.String()) {
		if name, rest, _ := strings.Cut(line, "call-minute"); strings.HasPrefix(name, "relay: CPU s") {
			if got := strings.Fields(rest); len(got) != 3 || got[0] != "0.20" || got[1] != "0.60" || got[2] != "0.33" {
				t.Errorf("got %v", got)
			}
			return
		}
	}
	t.Errorf("got\n%s", &table)
}
