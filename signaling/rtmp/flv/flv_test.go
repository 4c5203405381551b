package flv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sipbridge/signaling/rtmp/flv"
)

func sets() flv.Configuration {
	return flv.Configuration{Sequence: [][]byte{{0x67, 0x42, 0xe0, 0x1f, 9}}, Picture: [][]byte{{0x68, 1}}, LengthSize: 4}
}

func TestConfigurationCrosses(t *testing.T) {
	t.Parallel()
	tag := flv.AppendConfiguration(nil, sets())
	want := []byte{0x17, 0, 0, 0, 0, 1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 5, 0x67, 0x42, 0xe0, 0x1f, 9, 1, 0, 2, 0x68, 1}
	if !bytes.Equal(tag, want) {
		t.Errorf("the tag is %x", tag)
	}
	video, err := flv.ParseVideo(tag)
	if err != nil || !video.Key || video.Kind != flv.IsConfiguration || video.Codec != flv.AVC {
		t.Fatalf("it is read as %+v: %v", video, err)
	}
	got, err := flv.ParseConfiguration(video.Body)
	if err != nil || !got.Complete() || !bytes.Equal(got.Sequence[0], sets().Sequence[0]) ||
		!bytes.Equal(got.Picture[0], sets().Picture[0]) || got.LengthSize != 4 {
		t.Errorf("the record is %+v: %v", got, err)
	}
}

func TestPictureCrosses(t *testing.T) {
	t.Parallel()
	for _, key := range []bool{true, false} {
		tag := flv.AppendPicture(nil, key, 120, [][]byte{{6, 1}, {0x65, 1, 2, 3}})
		video, err := flv.ParseVideo(tag)
		if err != nil || video.Key != key || video.Kind != flv.IsPicture || video.Composition != 120 {
			t.Fatalf("%x is read as %+v: %v", tag, video, err)
		}
		units, err := sets().Units(nil, video.Body)
		if err != nil || len(units) != 2 || !bytes.Equal(units[1], []byte{0x65, 1, 2, 3}) {
			t.Errorf("the units are %x: %v", units, err)
		}
	}
}

func TestLengthsOfOtherSizes(t *testing.T) {
	t.Parallel()
	for size, picture := range map[int][]byte{1: {2, 0x65, 1, 1, 6}, 2: {0, 2, 0x65, 1, 0, 0, 0, 1, 6}} {
		configuration := sets()
		configuration.LengthSize = size
		if units, err := configuration.Units(nil, picture); err != nil || len(units) != 2 || len(units[0]) != 2 {
			t.Errorf("lengths of %d bytes: %x %v", size, units, err)
		}
	}
}

func TestComposition(t *testing.T) {
	t.Parallel()
	for want, tag := range map[int32][]byte{-1: {0x27, 1, 0xff, 0xff, 0xff}, 40: {0x27, 1, 0, 0, 40}} {
		if video, err := flv.ParseVideo(tag); err != nil || video.Composition != want {
			t.Errorf("%x is %+v: %v", tag, video, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for _, tag := range [][]byte{{}, {0x17}, {0x17, 3, 0, 0, 0}, {0x90, 'h', 'v', 'c', '1'}} {
		if _, err := flv.ParseVideo(tag); !errors.Is(err, flv.ErrFormat) {
			t.Errorf("%x gives %v", tag, err)
		}
	}
	whole := flv.AppendConfiguration(nil, sets())[5:]
	for size := range len(whole) {
		if _, err := flv.ParseConfiguration(whole[:size]); err == nil {
			t.Errorf("%d bytes of %d are a record", size, len(whole))
		}
	}
	for _, picture := range [][]byte{{0, 0, 0}, {0, 0, 0, 2, 1}, {0xff, 0xff, 0xff, 0xff, 1}} {
		if _, err := sets().Units(nil, picture); !errors.Is(err, flv.ErrFormat) {
			t.Errorf("%x gives %v", picture, err)
		}
	}
}

// TestFFmpegTags reads what ffmpeg writes: all of its pictures, and the sequence header before them.
func TestFFmpegTags(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.flv")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:r=25",
		"-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var configuration flv.Configuration
	pictures, keys := 0, 0
	for _, tag := range videoTags(content) {
		video, err := flv.ParseVideo(tag)
		if err != nil {
			t.Fatal(err)
		}
		switch video.Kind {
		case flv.IsConfiguration:
			if configuration, err = flv.ParseConfiguration(video.Body); err != nil || !configuration.Complete() {
				t.Fatalf("the configuration is %+v: %v", configuration, err)
			}
		case flv.IsPicture:
			units, err := configuration.Units(nil, video.Body)
			if err != nil || len(units) == 0 {
				t.Fatalf("a picture has %d units: %v", len(units), err)
			}
			pictures++
			if video.Key {
				keys++
			}
		case flv.IsEnd:
		}
	}
	if pictures != 25 || keys < 3 {
		t.Errorf("%d pictures, %d keys", pictures, keys)
	}
}

// videoTags gives the bodies of the video tags of a file.
func videoTags(file []byte) (tags [][]byte) {
	const fileHeader, tagHeader, video = 13, 11, 9
	for rest := file[fileHeader:]; len(rest) > tagHeader; {
		size := int(binary.BigEndian.Uint32(rest) & 0xffffff)
		if rest[0] == video {
			tags = append(tags, rest[tagHeader:tagHeader+size])
		}
		rest = rest[tagHeader+size+4:]
	}
	return tags
}

func FuzzVideo(f *testing.F) {
	f.Add(flv.AppendConfiguration(nil, sets()), 4)
	f.Add(flv.AppendPicture(nil, true, 0, [][]byte{{0x65, 1}}), 2)
	f.Fuzz(func(t *testing.T, tag []byte, size int) {
		video, err := flv.ParseVideo(tag)
		if err != nil {
			return
		}
		if record, parsing := flv.ParseConfiguration(video.Body); parsing == nil && record.Complete() {
			again, parsing := flv.ParseConfiguration(flv.AppendConfiguration(nil, record)[5:])
			if parsing != nil || len(again.Sequence) != len(record.Sequence) || len(again.Picture) != len(record.Picture) {
				t.Errorf("%x is written as %+v: %v", video.Body, again, parsing)
			}
		}
		if size != 1 && size != 2 {
			size = 4
		}
		units, err := flv.Configuration{LengthSize: size}.Units(nil, video.Body)
		for _, unit := range units {
			if err == nil && len(unit) == 0 {
				t.Error("a unit is empty")
			}
		}
	})
}
