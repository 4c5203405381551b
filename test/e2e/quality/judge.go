package quality

import (
	"math"
	"testing"

	"sipbridge/transcode"
	"sipbridge/transcode/resample"
)

// alone is what a sentence becomes by the two codecs of a call alone: that of the speaker, as it was asked to encode,
// and where it is another one that of the listener, too, as that takes it. At both ends it has their own sample rates.
func alone(t *testing.T, said []int16, speaker, listener *party) []int16 {
	t.Helper()
	sound := through(t, said, speaker.format, speaker.rate, speaker.rate)
	if speaker.format.Equal(listener.format.Codec) {
		return sound
	}
	rate := min(speaker.rate, listener.rate)
	if _, err := transcode.NewEncoder(listener.takes, rate, transcode.EncoderOptions{}); err != nil {
		rate = listener.rate
	}
	return through(t, resampled(t, sound, speaker.rate, rate), listener.takes, rate, listener.rate)
}

// through encodes sound of one rate and decodes it to another one.
func through(t *testing.T, pcm []int16, format transcode.Format, rate, to int) []int16 {
	t.Helper()
	encoder, err := transcode.NewEncoder(format, rate, transcode.EncoderOptions{})
	must(t, err)
	decoder, err := transcode.NewDecoder(format, to)
	must(t, err)
	var sound []int16
	payload, room := make([]byte, 1500), make([]int16, to/4)
	frame := rate / 50
	for at := 0; at+frame <= len(pcm); at += frame {
		n, err := encoder.Encode(pcm[at:at+frame], payload)
		must(t, err)
		n, err = decoder.Decode(payload[:n], room)
		must(t, err)
		sound = append(sound, room[:n]...)
	}
	return sound
}

const (
	// judgeRate is that at which sounds are compared: what a telephone carries is all there.
	judgeRate = 8000
	// window and hop are those of the spectra, in samples: 32 and 16 ms.
	window, hop = 256, 128
	// quiet is below what counts, under the loudest piece, in dB.
	quiet = 40
)

// spectra gives the energy in bands of each piece of a sound, in dB.
func spectra(pcm []int16) [][]float64 {
	edges := []float64{100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3400}
	var pieces [][]float64
	for at := 0; at+window <= len(pcm); at += hop {
		bins := fourier(pcm[at : at+window])
		bands := make([]float64, len(edges)-1)
		for k := 1; k < window/2; k++ {
			frequency := float64(k) * judgeRate / window
			for b := range bands {
				if frequency >= edges[b] && frequency < edges[b+1] {
					bands[b] += real(bins[k])*real(bins[k]) + imag(bins[k])*imag(bins[k])
				}
			}
		}
		for b, energy := range bands {
			bands[b] = 10 * math.Log10(energy+1)
		}
		pieces = append(pieces, bands)
	}
	return pieces
}

// fourier transforms a piece behind a Hann window.
func fourier(pcm []int16) []complex128 {
	values := make([]complex128, len(pcm))
	for i, sample := range pcm {
		values[i] = complex(float64(sample)*(0.5-0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))), 0)
	}
	transform(values)
	return values
}

// loudness is the sum of a piece's bands, in dB.
func loudness(bands []float64) float64 {
	sum := 0.0
	for _, band := range bands {
		sum += math.Pow(10, band/10)
	}
	return 10 * math.Log10(sum)
}

// verdict compares what was heard with what was said.
type verdict struct {
	// distance is the mean difference of the spectra where something was said, in dB: 0 is the same, above 10 another
	// sentence.
	distance float64
	// gap is the longest time in which something was said and nothing heard, in milliseconds.
	gap float64
}

// judge compares two sounds of 8 kHz, of which the second may begin up to a second later than the first.
func judge(said, heard []int16) verdict {
	source, sink := spectra(said), spectra(heard)
	nearest := verdict{distance: math.Inf(1)}
	for shift := -10; shift < judgeRate/hop && shift+20 < len(sink); shift++ {
		if v := measure(source, sink, shift); v.distance < nearest.distance {
			nearest = v
		}
	}
	return nearest
}

func measure(source, sink [][]float64, shift int) verdict {
	loudest := math.Inf(-1)
	for _, bands := range source {
		loudest = max(loudest, loudness(bands))
	}
	var v verdict
	count, silent := 0, 0
	for i, bands := range source {
		if loudness(bands) < loudest-quiet/2 {
			silent = 0
			continue
		}
		there := i+shift >= 0 && i+shift < len(sink)
		if there && loudness(sink[i+shift]) > loudest-quiet {
			silent = 0
		} else {
			silent++
			v.gap = max(v.gap, float64(silent*hop)*1000/judgeRate)
		}
		v.distance += apart(bands, sink, i+shift, loudest)
		count++
	}
	v.distance /= float64(max(count, 1))
	return v
}

// apart is the difference of two pieces, in dB: the root of the mean square over the bands in which something was said.
func apart(bands []float64, sink [][]float64, at int, loudest float64) float64 {
	floor := loudest - quiet
	sum, count := 0.0, 0
	for b, band := range bands {
		if band < floor {
			continue
		}
		other := floor
		if at >= 0 && at < len(sink) {
			other = max(floor, sink[at][b])
		}
		sum += (band - other) * (band - other)
		count++
	}
	return math.Sqrt(sum / float64(max(count, 1)))
}

// resampled changes the rate of sound.
func resampled(t *testing.T, pcm []int16, from, to int) []int16 {
	t.Helper()
	if from == to {
		return pcm
	}
	resampler, err := resample.New(from, to)
	must(t, err)
	room := make([]int16, resampler.Room(len(pcm)))
	n, err := resampler.Resample(pcm, room)
	must(t, err)
	return room[:n]
}
