//go:build !libavcodec

package avcodec_test

import (
	"errors"
	"testing"

	"sipbridge/transcode/avcodec"
)

func TestMissing(t *testing.T) {
	t.Parallel()
	if _, err := avcodec.New(avcodec.Options{Codec: avcodec.AAC}); !errors.Is(err, avcodec.ErrMissing) {
		t.Errorf("without the library: %v", err)
	}
}
