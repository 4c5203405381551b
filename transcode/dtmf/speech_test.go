package dtmf

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"sipbridge/transcode/speechtest"
)

// speechTime is how much speech TestNoKeysInSpeech listens to: three minutes, or SPEECH; make soak gives it an hour.
func speechTime(t *testing.T) time.Duration {
	t.Helper()
	wanted, err := time.ParseDuration(cmp.Or(os.Getenv("SPEECH"), "3m"))
	if err != nil {
		t.Fatal(err)
	}
	return wanted
}

// voices are men's and women's, in languages whose vowels differ.
func voices() []string {
	return []string{"en", "de+f3", "fr+m7", "it+f5", "en-us+f2", "es+m3", "sv+f4", "cs+croak", "en+whisper", "pl+f1"}
}

// sentences are numbers said aloud, between words that have many vowels.
func sentences(turn int) string {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "%d, you owe me %d. ", turn*40+i, i*i*7919)
		text.WriteString("Eerie aeons, oui oui, Ananas, Papagei, Banane, lui io suo aiuola. ")
	}
	return text.String()
}

// TestNoKeysInSpeech: whatever is said, nobody has pressed a key, and little of it is taken for the beginning of one.
func TestNoKeysInSpeech(t *testing.T) {
	t.Parallel()
	wanted := speechTime(t)
	var heard time.Duration
	var keys []Key
	packets, muted := 0, 0
	for turn := 0; heard < wanted; turn++ {
		pcm := speechtest.Say(t, voices()[turn%len(voices())], sentences(turn/len(voices())), rate)
		d := NewDetector(rate, func(key Key) { keys = append(keys, key) })
		for at := 0; at < len(pcm); at += 160 {
			packets++
			if d.Hear(pcm[at:min(at+160, len(pcm))]) {
				muted++
			}
		}
		heard += time.Duration(len(pcm)) * time.Second / rate
	}
	t.Logf("%v of speech, %d of %d packets muted", heard.Round(time.Second), muted, packets)
	if len(keys) > 0 {
		t.Errorf("in %v of speech it heard %v", heard, keys)
	}
	if muted*2000 > packets {
		t.Errorf("%d of %d packets would be muted", muted, packets)
	}
}
