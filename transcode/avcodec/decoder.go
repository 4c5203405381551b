//go:build libavcodec

package avcodec

/*
#cgo pkg-config: libavcodec libavutil
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libavcodec/avcodec.h>

typedef struct {
	AVCodecContext *context;
	AVPacket *packet;
	AVFrame *frame;
} decoder;

static void decoder_free(decoder *d) {
	avcodec_free_context(&d->context);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	free(d);
}

static decoder *decoder_new(enum AVCodecID id, int rate, int align, const uint8_t *config, int size) {
	const AVCodec *codec = avcodec_find_decoder(id);
	decoder *d = calloc(1, sizeof *d);
	if (!codec || !d) {
		free(d);
		return NULL;
	}
	d->context = avcodec_alloc_context3(codec);
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	if (!d->context || !d->packet || !d->frame)
		goto failed;
	d->context->thread_count = 1;
	d->context->sample_rate = rate;
	d->context->block_align = align;
	d->context->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	if (size > 0) {
		d->context->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
		if (!d->context->extradata)
			goto failed;
		memcpy(d->context->extradata, config, size);
		d->context->extradata_size = size;
	}
	if (avcodec_open2(d->context, codec, NULL) == 0)
		return d;
failed:
	decoder_free(d);
	return NULL;
}

// feed takes a packet in. The library wants zeros behind it.
static int feed(decoder *d, const uint8_t *payload, int size) {
	if (av_new_packet(d->packet, size) < 0)
		return 0;
	memcpy(d->packet->data, payload, size);
	int result = avcodec_send_packet(d->context, d->packet);
	av_packet_unref(d->packet);
	return result == 0;
}

// next makes a frame ready and gives its samples; 0 if there is none, less if it cannot be decoded.
static int next(decoder *d) {
	int result = avcodec_receive_frame(d->context, d->frame);
	if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
		return 0;
	return result < 0 ? -1 : d->frame->nb_samples;
}

static float sample(const AVFrame *f, int channel, int i) {
	int channels = f->ch_layout.nb_channels;
	switch (f->format) {
	case AV_SAMPLE_FMT_FLTP: return ((const float *)f->extended_data[channel])[i];
	case AV_SAMPLE_FMT_FLT: return ((const float *)f->extended_data[0])[i * channels + channel];
	case AV_SAMPLE_FMT_S16P: return ((const int16_t *)f->extended_data[channel])[i] / 32768.0f;
	case AV_SAMPLE_FMT_S16: return ((const int16_t *)f->extended_data[0])[i * channels + channel] / 32768.0f;
	default: return 0;
	}
}

// mix makes one channel of all.
static void mix(const decoder *d, int16_t *pcm) {
	const AVFrame *f = d->frame;
	int channels = f->ch_layout.nb_channels;
	for (int i = 0; i < f->nb_samples; i++) {
		float sum = 0;
		for (int channel = 0; channel < channels; channel++)
			sum += sample(f, channel, i);
		sum = channels > 0 ? sum / channels * 32767 : 0;
		pcm[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : (int16_t)sum;
	}
}

static int rate(const decoder *d) { return d->frame->sample_rate ? d->frame->sample_rate : d->context->sample_rate; }
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// maxConfig is the longest configuration, in bytes. Real ones have two to five.
const maxConfig = 64

// Decoder decodes one stream. It is not safe for concurrent use. Its memory is freed by Close, or some time after it is
// no longer used.
type Decoder struct {
	state   *C.decoder
	cleanup runtime.Cleanup
}

// New makes a Decoder. The error is ErrDecode if the configuration makes no sense.
func New(options Options) (*Decoder, error) {
	id := C.enum_AVCodecID(C.AV_CODEC_ID_AAC)
	switch options.Codec {
	case Nellymoser:
		id = C.AV_CODEC_ID_NELLYMOSER
	case ILBC:
		id = C.AV_CODEC_ID_ILBC
	case AAC:
	}
	if len(options.Config) > maxConfig || options.SampleRate < 0 {
		return nil, fmt.Errorf("%w: configuration of %d bytes", ErrDecode, len(options.Config))
	}
	config := (*C.uint8_t)(unsafe.SliceData(options.Config))
	state := C.decoder_new(id, C.int(options.SampleRate), C.int(options.FrameSize), config, C.int(len(options.Config)))
	if state == nil {
		return nil, fmt.Errorf("%w: configuration %x", ErrDecode, options.Config)
	}
	d := &Decoder{state: state}
	d.cleanup = runtime.AddCleanup(d, func(state *C.decoder) { C.decoder_free(state) }, state)
	return d, nil
}

// Close frees the memory. It is called once, and nothing can be decoded afterwards.
func (d *Decoder) Close() {
	d.cleanup.Stop()
	C.decoder_free(d.state)
	d.state = nil
}

// Decode decodes a packet and appends mono sound to pcm. The error is ErrDecode.
func (d *Decoder) Decode(packet []byte, pcm []int16) ([]int16, error) {
	defer runtime.KeepAlive(d)
	if len(packet) == 0 || C.feed(d.state, (*C.uint8_t)(unsafe.SliceData(packet)), C.int(len(packet))) == 0 {
		return pcm, ErrDecode
	}
	for {
		samples := int(C.next(d.state))
		switch {
		case samples < 0:
			return pcm, ErrDecode
		case samples == 0:
			return pcm, nil
		}
		before := len(pcm)
		pcm = append(pcm, make([]int16, samples)...)
		C.mix(d.state, (*C.int16_t)(unsafe.Pointer(&pcm[before])))
	}
}

// SampleRate gives that of what was decoded last, in Hz.
func (d *Decoder) SampleRate() int {
	defer runtime.KeepAlive(d)
	return int(C.rate(d.state))
}
