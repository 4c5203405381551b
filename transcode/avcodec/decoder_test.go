//go:build libavcodec

package avcodec_test

import (
	"errors"
	"testing"

	"sipbridge/transcode/avcodec"
)

func TestConfigurationsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	long := avcodec.Options{Codec: avcodec.AAC, Config: make([]byte, 65)}
	if _, err := avcodec.New(long); !errors.Is(err, avcodec.ErrDecode) {
		t.Errorf("a long one: %v", err)
	}
	decoder, err := avcodec.New(avcodec.Options{Codec: avcodec.Nellymoser, SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = decoder.Decode(nil, nil); !errors.Is(err, avcodec.ErrDecode) {
		t.Errorf("nothing decodes: %v", err)
	}
	pcm, err := decoder.Decode(make([]byte, 64), nil)
	if err != nil || len(pcm) != 256 || decoder.SampleRate() != 8000 {
		t.Errorf("%d samples at %d Hz: %v", len(pcm), decoder.SampleRate(), err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x12, 0x10}, []byte{0x21, 0x10, 0x05}, true)
	f.Add([]byte{}, make([]byte, 64), false)
	f.Fuzz(func(t *testing.T, config, packet []byte, aac bool) {
		options := avcodec.Options{Codec: avcodec.Nellymoser, SampleRate: 8000, Config: config}
		if aac {
			options.Codec = avcodec.AAC
		}
		decoder, err := avcodec.New(options)
		if err != nil {
			return
		}
		for range 3 {
			pcm, err := decoder.Decode(packet, nil)
			if err == nil && len(pcm) > 1<<20 {
				t.Errorf("%d samples", len(pcm))
			}
		}
	})
}
