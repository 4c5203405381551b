package quality

import (
	"math"
	"testing"

	"sipbridge/transcode/speechtest"
)

// TestWaveformsAreCompared finds a sentence that comes late, softer, noisy and with a hole in it.
func TestWaveformsAreCompared(t *testing.T) {
	t.Parallel()
	every := func(int) bool { return true }
	said := speechtest.Say(t, "en", "Seven green apples lie on the table.", judgeRate)
	late := make([]int16, 3000, 3000+len(said))
	for _, sample := range said {
		late = append(late, sample/2)
	}
	if got := liken(said, late); got.snr < 40 || got.gap != 0 {
		t.Errorf("a sentence that is only late: %.1f dB, a gap of %.0f ms", got.snr, got.gap)
	}
	if got := likenSeconds(said, late, every); got.snr < 35 || got.gap != 0 || got.late != 3000 {
		t.Errorf("a sentence that is only late, in pieces: %.1f dB, a gap of %.0f ms, %d late", got.snr, got.gap, got.late)
	}
	// A tenth of it changes its sign: four times a tenth of its energy is wrong, after the gain that fits best 6 to 2 dB.
	wrong := append([]int16(nil), late...)
	for i := range wrong {
		if i/40%10 == 0 {
			wrong[i] = -wrong[i]
		}
	}
	if got := liken(said, wrong); got.snr < 2 || got.snr > 7 || got.gap > 5 {
		t.Errorf("a sentence of which a tenth is wrong: %.1f dB, a gap of %.0f ms", got.snr, got.gap)
	}
	loudest := 0
	for i := range said {
		if math.Abs(float64(said[i])) > math.Abs(float64(said[loudest])) {
			loudest = i
		}
	}
	clear(late[3000+loudest-160 : 3000+loudest+160])
	if got := liken(said, late); got.gap < 30 || got.gap > 45 {
		t.Errorf("a hole of 40 ms is a gap of %.0f ms", got.gap)
	}
	if got := liken(said, make([]int16, 8000)); !math.IsInf(got.snr, -1) {
		t.Errorf("silence is %.1f dB like the sentence", got.snr)
	}
}
