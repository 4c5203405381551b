package quality

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sipbridge/test/e2e/namespace"
	"sipbridge/transcode/speechtest"
)

// lossyWay is a call in which one leg's way is a bad one: the kernel loses packets in both directions, and a relay has
// them overtake each other.
type lossyWay struct {
	leg   string // browser or phone
	phone codec
	loss  int // in percent
}

func (w lossyWay) String() string {
	return fmt.Sprintf("%s of Opus and %s at %d %%", w.leg, w.phone.name, w.loss)
}

const (
	jitter = 30 * time.Millisecond
	// settling is what is said until reports tell of the loss (each 5 s, RFC 3550 section 6.2), in seconds. It is not
	// judged.
	settling = 6
	// stall is how much too late the machine may send in a second that is judged, and in half a second before and after.
	stall = 70 * time.Millisecond
)

// speaking and sounding are how long speech and a tone that are judged are, in seconds.
func speaking() int {
	if whole() {
		return 40
	}
	return 7
}

func sounding() int {
	if whole() {
		return 10
	}
	return 2
}

// lossyWays are those of a test, or all.
func lossyWays() []lossyWay {
	phones := []codec{pcmu()}
	if whole() {
		phones = append(phones, g722(), speex("Speex 16", 16000), opus())
	}
	var ways []lossyWay
	for _, phone := range phones {
		for _, loss := range []int{0, 5, 10, 20} {
			ways = append(ways, lossyWay{"browser", phone, loss}, lossyWay{"phone", phone, loss})
		}
	}
	return ways
}

// lossyText is said over and over.
const lossyText = "The river rises in the hills, and runs past seven villages before it meets the sea. " +
	"In spring the water is cold and fast; by August children wade across it. " +
	"An old mill stands where the road comes down, and beside it a bridge of grey stone. " +
	"Who crosses it early sees the mist lift, and hears the first boats leave the harbour."

// lossySound is what is said by one party, at a sample rate: speech, a tone, and some silence.
func lossySound(t *testing.T, voice string, rate int) []int16 {
	t.Helper()
	speech := speechtest.Say(t, voice, lossyText, rate)
	for len(speech) < (settling+speaking())*rate {
		speech = append(speech, speech...)
	}
	speech = speech[:(settling+speaking())*rate]
	return slices.Concat(speech, sine(sounding(), rate), make([]int16, rate/2))
}

// TestLossByTheKernel lets a browser and a phone talk while one of them loses packets, which also come late and out of
// order. -v prints the figures of docs/performance.md.
func TestLossByTheKernel(t *testing.T) {
	var arguments []string
	if whole() {
		arguments = append(arguments, "-"+wholeFlag)
	}
	namespace.Run(t, func(t *testing.T) {
		t.Helper()
		ways := lossyWays()
		w := newWorld(t, len(ways))
		for i, voice := range voices() {
			for _, rate := range []int{8000, 16000, 48000} {
				w.sentences[i][rate] = lossySound(t, voice, rate)
			}
		}
		var mu sync.Mutex
		rows := make([]string, len(ways))
		sideBySide(t, ways, func(t *testing.T, number int, way lossyWay) {
			t.Helper()
			row := w.lose(t, number, way)
			mu.Lock()
			defer mu.Unlock()
			rows[number] = row
		})
		fmt.Println("| lossy leg | to the phone: speech; tone | to the browser: speech; tone |\n|---|---|---|")
		fmt.Println(strings.Join(rows, "\n"))
		if unheard := strings.Count(strings.Join(rows, ""), notJudged); unheard > 3*len(rows) {
			t.Errorf("of %d sounds %d are not judged: the machine is too busy", 4*len(rows), unheard)
		}
	}, arguments...)
}

// lose places a call, lets both talk at once over the bad way, and judges.
func (w *world) lose(t *testing.T, number int, way lossyWay) string {
	t.Helper()
	from, callee := w.browser(t, opus(), number), w.phone(t, way.phone, plain, number)
	between := newRelay(t, uint64(number), jitter)
	if way.leg == "browser" {
		from.relay = between
	} else {
		callee.relay = between
	}
	from.call(t, callee.expect(t))
	from.await(t)
	callee.await(t)
	port := int(portOf(between.back).Port())
	toService, err := namespace.Lose(t.Context(), port, true, way.loss)
	must(t, err)
	fromService, err := namespace.Lose(t.Context(), port, false, way.loss)
	must(t, err)
	talk(t, from.party, w.sentences[0][from.rate], callee.party, w.sentences[1][callee.rate])
	from.hangup(t)
	way.mustLose(t, toService)
	way.mustLose(t, fromService)
	way.mustTell(t, from.party, callee.party)
	even := func(second int) bool { return from.even(second) && callee.even(second) }
	there := way.judge(t, w.sentences[0][judgeRate], callee.party, even)
	back := way.judge(t, w.sentences[1][judgeRate], from.party, even)
	return fmt.Sprintf("| %s | %s | %s |", way, there, back)
}

// talk lets both parties talk at once.
func talk(t *testing.T, a *party, says []int16, b *party, answers []int16) {
	t.Helper()
	var (
		talking sync.WaitGroup
		said    [2]error
	)
	talking.Go(func() { said[0] = a.say(says) })
	talking.Go(func() { said[1] = b.say(answers) })
	talking.Wait()
	must(t, errors.Join(said[:]...))
	b.hearAll(len(says) * 50 / a.rate)
	a.hearAll(len(answers) * 50 / b.rate)
}

// mustLose holds that the kernel lost as many packets as it should, within five standard deviations.
func (w lossyWay) mustLose(t *testing.T, losses namespace.Loss) {
	t.Helper()
	lost, passed, err := losses.Count(t.Context())
	must(t, err)
	all := lost + passed
	want := float64(all*w.loss) / 100
	if all < (settling+speaking()+sounding())*50 || math.Abs(float64(lost)-want) > 5*math.Sqrt(want) {
		t.Errorf("the kernel lost %d of %d packets", lost, all)
	}
}

// mustTell holds that who speaks on the lossy leg is told of the loss, and so is who speaks on the other one if that is
// who protects the sound: where Opus passes through. Reports may be of few packets.
func (w lossyWay) mustTell(t *testing.T, browser, phone *party) {
	t.Helper()
	passes := w.phone.codec.Name == "opus"
	if told := int(browser.mostLoss.Load()); (w.leg == "browser" || passes) && told < w.loss/3 {
		t.Errorf("the browser is told that %d %% are lost", told)
	}
	if told := int(phone.mostLoss.Load()); (w.leg == "phone" || passes) && told < w.loss/3 {
		t.Errorf("the phone is told that %d %% are lost", told)
	}
}

// even tells whether the machine sent in time what the party said in a second, and in half a second before and after.
func (p *party) even(second int) bool {
	const packets = int(time.Second / frameTime)
	return slices.Max(p.late[second*packets-packets/2:min((second+1)*packets+packets/2, len(p.late))]) <= stall
}

// least is what has to be heard at least. Sound that is not the same at all has 0 dB.
func (w lossyWay) least() likeness {
	least := map[int]likeness{
		0: {snr: 7, gap: longestGap}, 5: {snr: 4, gap: 80}, 10: {snr: 3, gap: 100}, 20: {snr: 1, gap: 140},
	}[w.loss]
	if whole() && w.loss == 20 {
		least.gap = 200 // in 2000 packets there are holes of six or seven
	}
	if w.phone.codec.Name == "speex" { // has 8 dB alone, and at these losses had 6.5, 4.1 and 2.6
		least.snr = map[int]float64{0: 6, 5: 3, 10: 2, 20: 1}[w.loss]
	}
	return least
}

// judge compares what a party heard with what was said, at 8 kHz, in those seconds in which the machine was even.
func (w lossyWay) judge(t *testing.T, said []int16, listener *party, even func(second int) bool) string {
	t.Helper()
	heard, missing := listener.hears(t)
	heard = resampled(t, heard, listener.rate, judgeRate)
	compare := func(from, to int) likeness { // of seconds
		return likenSeconds(said[from*judgeRate:to*judgeRate], heard, func(second int) bool { return even(from + second) })
	}
	speech := compare(settling, settling+speaking())
	tone := compare(settling+speaking(), settling+speaking()+sounding())
	t.Logf("in %s: %v; tone %v; %d packets missing", listener.format, speech, tone, missing)
	least := w.least()
	for sound, got := range map[string]likeness{"speech": speech, "tone": tone} {
		if got.snr < least.snr || got.gap > least.gap {
			t.Errorf("in %s %s comes with %v, no better than %v", listener.format, sound, got, least)
		}
	}
	if w.loss == 0 && missing > 0 {
		t.Errorf("%d packets are missing in %s", missing, listener.format)
	}
	return fmt.Sprintf("%v; %v", speech, tone)
}
