package quality

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// compared is what was heard of a sentence and a tone, compared with what was said.
type compared struct {
	spectra      verdict
	speech, tone likeness
}

// compare judges all that was heard, wherever in it the speech is found.
func compare(speech, tone, heard []int16) compared {
	c := compared{speech: liken(speech, heard), tone: liken(tone, heard)}
	if c.speech.late > 0 {
		heard = heard[min(c.speech.late, len(heard)):]
	} else {
		heard = slices.Concat(make([]int16, -c.speech.late), heard)
	}
	c.spectra = judge(speech, heard)
	return c
}

func (c compared) String() string {
	return fmt.Sprintf("spectra %.2f dB apart, speech %v, tone %v", c.spectra.distance, c.speech, c.tone)
}

// result is what came of one direction of a call, and of the codecs alone.
type result struct{ of, alone compared }

// fine tells whether the call cost next to nothing, and left out nothing.
func (r result) fine() bool {
	gap := max(r.of.spectra.gap-max(longestGap, r.alone.spectra.gap), r.of.speech.gap-max(longestGap, r.alone.speech.gap),
		r.of.tone.gap-longestGap)
	return gap <= 0 && r.of.spectra.distance <= r.alone.spectra.distance+allowance &&
		r.of.speech.snr >= r.alone.speech.snr-allowance && r.of.tone.snr >= min(pure, r.alone.tone.snr-allowance)
}

// table has the worst result by the codecs of who speaks and who hears.
type table struct {
	mu    sync.Mutex
	cells map[[2]string]result // guarded by mu
}

func (t *table) add(speaker, listener leg, r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cells == nil {
		t.cells = make(map[[2]string]result)
	}
	key := [2]string{speaker.codec.name, listener.codec.name}
	if before, there := t.cells[key]; !there || r.of.speech.snr < before.of.speech.snr {
		t.cells[key] = r
	}
}

// String prints a row for each codec that speaks, with a column for each that hears: of the speech, and in parentheses
// what the codecs alone make of it, in dB.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, codec := range phoneCodecs() {
		names = append(names, codec.name)
	}
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "| from, to | %s |\n|%s\n", strings.Join(names, " | "), strings.Repeat("---|", len(names)+1))
	for _, from := range names {
		row := []string{from}
		for _, to := range names {
			cell := ""
			if r, there := t.cells[[2]string{from, to}]; there {
				cell = fmt.Sprintf("%.1f (%.1f)", r.of.speech.snr, r.alone.speech.snr)
			}
			row = append(row, cell)
		}
		_, _ = fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
	}
	worst, least := 0.0, math.Inf(1)
	for _, r := range t.cells {
		worst = max(worst, r.of.speech.gap, r.of.tone.gap)
		least = min(least, r.of.tone.snr)
	}
	_, _ = fmt.Fprintf(&text, "%d pairs of codecs; the longest gap is %.0f ms, the worst tone %.1f dB\n",
		len(t.cells), worst, least)
	return text.String()
}
