//go:build video

#include "convert.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>
#include <wels/codec_api.h>

#define FRAME_RATE 30
#define MOST_RATE 40 /* FRAME_RATE, and room for jitter */
#define KEY_PERIOD (10 * FRAME_RATE)

/* image is a picture of I420. */
typedef struct {
	const uint8_t *plane[3];
	int stride[3];
	int width, height;
} image;

struct converter {
	int from, to, pixels, bitrate, unit_size;
	int decoding, encoding; /* what of the following is in use */
	vpx_codec_ctx_t vpx_in, vpx_out;
	vpx_codec_enc_cfg_t vpx_config;
	ISVCDecoder *h264_in;
	ISVCEncoder *h264_out;
	int width, height; /* of the encoder */
	uint8_t *scaled;
	uint8_t *made;
	int room;
	int64_t time, made_at; /* 90 kHz, unbroken: of the last picture, and of the last that was made */
	uint32_t last;
	int started, wanted; /* a full picture is wanted */
};

static int open_decoder(converter *c) {
	if (c->from == CODEC_VP8) {
		vpx_codec_dec_cfg_t config = {.threads = 1};
		return vpx_codec_dec_init(&c->vpx_in, vpx_codec_vp8_dx(), &config, 0) == VPX_CODEC_OK;
	}
	SDecodingParam parameters;
	memset(&parameters, 0, sizeof parameters);
	parameters.uiTargetDqLayer = UINT8_MAX;
	parameters.eEcActiveIdc = ERROR_CON_DISABLE;
	parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
	if (WelsCreateDecoder(&c->h264_in) != 0 || !c->h264_in)
		return 0;
	int quiet = WELS_LOG_QUIET;
	(*c->h264_in)->SetOption(c->h264_in, DECODER_OPTION_TRACE_LEVEL, &quiet);
	if ((*c->h264_in)->Initialize(c->h264_in, &parameters) == 0)
		return 1;
	WelsDestroyDecoder(c->h264_in);
	c->h264_in = NULL;
	return 0;
}

converter *converter_new(int from, int to, int pixels, int bitrate, int unit_size) {
	converter *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->from = from;
	c->to = to;
	c->pixels = pixels;
	c->bitrate = bitrate;
	c->unit_size = unit_size;
	c->decoding = open_decoder(c);
	if (c->decoding)
		return c;
	converter_free(c);
	return NULL;
}

static void close_encoder(converter *c) {
	if (!c->encoding)
		return;
	if (c->to == CODEC_VP8) {
		vpx_codec_destroy(&c->vpx_out);
	} else {
		(*c->h264_out)->Uninitialize(c->h264_out);
		WelsDestroySVCEncoder(c->h264_out);
	}
	c->encoding = 0;
}

void converter_free(converter *c) {
	if (c->decoding && c->from == CODEC_VP8) {
		vpx_codec_destroy(&c->vpx_in);
	} else if (c->decoding) {
		(*c->h264_in)->Uninitialize(c->h264_in);
		WelsDestroyDecoder(c->h264_in);
	}
	close_encoder(c);
	free(c->scaled);
	free(c->made);
	free(c);
}

static int decode_vp8(converter *c, const uint8_t *data, int size, int max_pixels, image *out) {
	vpx_codec_stream_info_t info = {.sz = sizeof info};
	if (vpx_codec_peek_stream_info(vpx_codec_vp8_dx(), data, size, &info) == VPX_CODEC_OK && info.is_kf &&
		(int64_t)info.w * info.h > max_pixels)
		return CONVERT_LARGE;
	if (vpx_codec_decode(&c->vpx_in, data, size, NULL, 0) != VPX_CODEC_OK)
		return CONVERT_FAILED;
	vpx_codec_iter_t iterator = NULL;
	vpx_image_t *decoded = vpx_codec_get_frame(&c->vpx_in, &iterator);
	if (!decoded || decoded->fmt != VPX_IMG_FMT_I420)
		return CONVERT_FAILED;
	for (int i = 0; i < 3; i++) {
		out->plane[i] = decoded->planes[i];
		out->stride[i] = decoded->stride[i];
	}
	out->width = decoded->d_w;
	out->height = decoded->d_h;
	return CONVERT_OK;
}

/* decode_h264 gives a picture with its timestamp: the one before, where profiles may have another order of pictures. */
static int decode_h264(converter *c, const uint8_t *data, int size, uint32_t *timestamp, image *out) {
	unsigned char *planes[3] = {NULL, NULL, NULL};
	SBufferInfo info;
	memset(&info, 0, sizeof info);
	info.uiInBsTimeStamp = *timestamp;
	if ((*c->h264_in)->DecodeFrameNoDelay(c->h264_in, data, size, planes, &info) != dsErrorFree)
		return CONVERT_FAILED;
	if (info.iBufferStatus != 1) {
		int held = 0;
		(*c->h264_in)->GetOption(c->h264_in, DECODER_OPTION_NUM_OF_FRAMES_REMAINING_IN_BUFFER, &held);
		return held > 0 ? CONVERT_LATER : CONVERT_FAILED;
	}
	if (!planes[0] || info.UsrData.sSystemBuffer.iFormat != videoFormatI420)
		return CONVERT_FAILED;
	*timestamp = (uint32_t)info.uiOutYuvTimeStamp;
	SSysMEMBuffer *buffer = &info.UsrData.sSystemBuffer;
	for (int i = 0; i < 3; i++) {
		out->plane[i] = planes[i];
		out->stride[i] = buffer->iStride[i > 0];
	}
	out->width = buffer->iWidth;
	out->height = buffer->iHeight;
	return CONVERT_OK;
}

/* shrink scales a plane down: each point is the mean of those in its place. */
static void shrink(const uint8_t *from, int stride, int width, int height, uint8_t *to, int new_width, int new_height) {
	for (int y = 0; y < new_height; y++) {
		int top = (int)((int64_t)y * height / new_height), bottom = (int)((int64_t)(y + 1) * height / new_height);
		for (int x = 0; x < new_width; x++) {
			int left = (int)((int64_t)x * width / new_width), right = (int)((int64_t)(x + 1) * width / new_width);
			unsigned sum = 0;
			for (int row = top; row < bottom; row++)
				for (int column = left; column < right; column++)
					sum += from[row * stride + column];
			to[y * new_width + x] = sum / ((bottom - top) * (right - left));
		}
	}
}

/* fit makes a picture no larger than is allowed, and even in both sizes, as the encoders want it. */
static int fit(converter *c, image *picture) {
	if (picture->width < 16 || picture->height < 16)
		return CONVERT_FAILED;
	int width = picture->width, height = picture->height;
	if ((int64_t)width * height > c->pixels) {
		double factor = sqrt((double)c->pixels / ((double)width * height));
		width *= factor;
		height *= factor;
	}
	width &= ~1;
	height &= ~1;
	if (width < 16 || height < 16)
		return CONVERT_FAILED;
	if (width == (picture->width & ~1) && height == (picture->height & ~1)) {
		picture->width = width;
		picture->height = height;
		return CONVERT_OK;
	}
	uint8_t *scaled = realloc(c->scaled, (size_t)width * height * 3 / 2);
	if (!scaled)
		return CONVERT_FAILED;
	c->scaled = scaled;
	for (int i = 0; i < 3; i++) {
		int half = i > 0;
		shrink(picture->plane[i], picture->stride[i], (picture->width + half) >> half,
			(picture->height + half) >> half, scaled, width >> half, height >> half);
		picture->plane[i] = scaled;
		picture->stride[i] = width >> half;
		scaled += (size_t)(width >> half) * (height >> half);
	}
	picture->width = width;
	picture->height = height;
	return CONVERT_OK;
}

static int open_vp8(converter *c) {
	if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &c->vpx_config, 0) != VPX_CODEC_OK)
		return 0;
	vpx_codec_enc_cfg_t *config = &c->vpx_config;
	config->g_w = c->width;
	config->g_h = c->height;
	config->g_timebase.num = 1;
	config->g_timebase.den = 90000;
	config->g_threads = 1;
	config->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
	config->g_lag_in_frames = 0;
	config->rc_end_usage = VPX_CBR;
	config->rc_target_bitrate = c->bitrate / 1000;
	config->rc_dropframe_thresh = 25;
	config->rc_min_quantizer = 2;
	config->rc_max_quantizer = 56;
	config->rc_buf_sz = 1000;
	config->rc_buf_initial_sz = 500;
	config->rc_buf_optimal_sz = 600;
	config->kf_max_dist = KEY_PERIOD;
	if (vpx_codec_enc_init(&c->vpx_out, vpx_codec_vp8_cx(), config, 0) != VPX_CODEC_OK)
		return 0;
	vpx_codec_control(&c->vpx_out, VP8E_SET_CPUUSED, -8);
	vpx_codec_control(&c->vpx_out, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&c->vpx_out, VP8E_SET_MAX_INTRA_BITRATE_PCT, 450);
	return 1;
}

static int open_h264(converter *c) {
	if (WelsCreateSVCEncoder(&c->h264_out) != 0 || !c->h264_out)
		return 0;
	int quiet = WELS_LOG_QUIET;
	(*c->h264_out)->SetOption(c->h264_out, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	SEncParamExt parameters;
	(*c->h264_out)->GetDefaultParams(c->h264_out, &parameters);
	parameters.iUsageType = CAMERA_VIDEO_REAL_TIME;
	parameters.iPicWidth = c->width;
	parameters.iPicHeight = c->height;
	parameters.iTargetBitrate = c->bitrate;
	parameters.iMaxBitrate = UNSPECIFIED_BIT_RATE;
	parameters.iRCMode = RC_BITRATE_MODE;
	parameters.fMaxFrameRate = FRAME_RATE;
	parameters.uiIntraPeriod = KEY_PERIOD;
	parameters.eSpsPpsIdStrategy = CONSTANT_ID;
	parameters.bEnableFrameSkip = true;
	parameters.iMultipleThreadIdc = 1;
	parameters.iComplexityMode = LOW_COMPLEXITY;
	SSpatialLayerConfig *layer = &parameters.sSpatialLayers[0];
	layer->uiProfileIdc = PRO_BASELINE;
	layer->iVideoWidth = c->width;
	layer->iVideoHeight = c->height;
	layer->fFrameRate = FRAME_RATE;
	layer->iSpatialBitrate = c->bitrate;
	layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
	layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
	if (c->unit_size > 0) {
		layer->sSliceArgument.uiSliceMode = SM_SIZELIMITED_SLICE;
		layer->sSliceArgument.uiSliceSizeConstraint = c->unit_size;
		parameters.uiMaxNalSize = c->unit_size;
	}
	if ((*c->h264_out)->InitializeExt(c->h264_out, &parameters) == 0)
		return 1;
	WelsDestroySVCEncoder(c->h264_out);
	return 0;
}

/* ready has an encoder for the size of a picture. */
static int ready(converter *c, const image *picture) {
	if (c->encoding && c->width == picture->width && c->height == picture->height)
		return 1;
	close_encoder(c);
	c->width = picture->width;
	c->height = picture->height;
	c->encoding = c->to == CODEC_VP8 ? open_vp8(c) : open_h264(c);
	return c->encoding;
}

static int encode_vp8(converter *c, const image *picture, int key, converted *out) {
	vpx_image_t wrapped;
	if (!vpx_img_wrap(&wrapped, VPX_IMG_FMT_I420, picture->width, picture->height, 1, (uint8_t *)picture->plane[0]))
		return CONVERT_FAILED;
	for (int i = 0; i < 3; i++) {
		wrapped.planes[i] = (uint8_t *)picture->plane[i];
		wrapped.stride[i] = picture->stride[i];
	}
	if (vpx_codec_encode(&c->vpx_out, &wrapped, c->time, 90000 / FRAME_RATE, key ? VPX_EFLAG_FORCE_KF : 0,
			VPX_DL_REALTIME) != VPX_CODEC_OK)
		return CONVERT_FAILED;
	vpx_codec_iter_t iterator = NULL;
	const vpx_codec_cx_pkt_t *packet;
	while ((packet = vpx_codec_get_cx_data(&c->vpx_out, &iterator))) {
		if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
			continue;
		out->data = packet->data.frame.buf;
		out->size = packet->data.frame.sz;
		out->key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
	}
	return CONVERT_OK;
}

static int encode_h264(converter *c, const image *picture, int key, converted *out) {
	SSourcePicture source;
	memset(&source, 0, sizeof source);
	source.iColorFormat = videoFormatI420;
	source.iPicWidth = picture->width;
	source.iPicHeight = picture->height;
	source.uiTimeStamp = c->time / 90;
	for (int i = 0; i < 3; i++) {
		source.pData[i] = (unsigned char *)picture->plane[i];
		source.iStride[i] = picture->stride[i];
	}
	if (key)
		(*c->h264_out)->ForceIntraFrame(c->h264_out, true);
	SFrameBSInfo info;
	memset(&info, 0, sizeof info);
	if ((*c->h264_out)->EncodeFrame(c->h264_out, &source, &info) != cmResultSuccess)
		return CONVERT_FAILED;
	if (info.eFrameType == videoFrameTypeSkip || info.eFrameType == videoFrameTypeInvalid)
		return CONVERT_OK;
	if (info.iFrameSizeInBytes > c->room) {
		uint8_t *made = realloc(c->made, info.iFrameSizeInBytes);
		if (!made)
			return CONVERT_FAILED;
		c->made = made;
		c->room = info.iFrameSizeInBytes;
	}
	int size = 0;
	for (int i = 0; i < info.iLayerNum; i++) {
		const SLayerBSInfo *layer = &info.sLayerInfo[i];
		int length = 0;
		for (int n = 0; n < layer->iNalCount; n++)
			length += layer->pNalLengthInByte[n];
		if (size + length > c->room)
			return CONVERT_FAILED;
		memcpy(c->made + size, layer->pBsBuf, length);
		size += length;
	}
	out->data = c->made;
	out->size = size;
	out->key = info.eFrameType == videoFrameTypeIDR;
	return CONVERT_OK;
}

int converter_convert(converter *c, const uint8_t *data, int size, int max_pixels, uint32_t timestamp, int key,
	converted *out) {
	memset(out, 0, sizeof *out);
	image picture;
	c->wanted |= key;
	int result = c->from == CODEC_VP8 ? decode_vp8(c, data, size, max_pixels, &picture)
									  : decode_h264(c, data, size, &timestamp, &picture);
	if (result != CONVERT_OK)
		return result == CONVERT_LATER ? CONVERT_OK : result;
	out->timestamp = timestamp;
	/* Time goes on, whatever the source's does: encoders refuse what comes before. */
	int32_t step = (int32_t)(timestamp - c->last);
	c->time += !c->started ? 0 : step > 0 && step < 10 * 90000 ? step : 90000 / FRAME_RATE;
	int first = !c->started;
	c->last = timestamp;
	c->started = 1;
	if (!first && !c->wanted && c->time - c->made_at < 90000 / MOST_RATE)
		return CONVERT_OK; /* too many: decoded, because those after it need it, and left out */
	c->made_at = c->time;
	result = fit(c, &picture);
	if (result != CONVERT_OK)
		return result;
	if (!ready(c, &picture))
		return CONVERT_FAILED;
	out->width = picture.width;
	out->height = picture.height;
	key = c->wanted;
	c->wanted = 0;
	return c->to == CODEC_VP8 ? encode_vp8(c, &picture, key, out) : encode_h264(c, &picture, key, out);
}

void converter_bitrate(converter *c, int bitrate) {
	c->bitrate = bitrate;
	if (!c->encoding)
		return;
	if (c->to == CODEC_VP8) {
		c->vpx_config.rc_target_bitrate = bitrate / 1000;
		vpx_codec_enc_config_set(&c->vpx_out, &c->vpx_config);
		return;
	}
	SBitrateInfo info = {.iLayer = SPATIAL_LAYER_ALL, .iBitrate = bitrate};
	(*c->h264_out)->SetOption(c->h264_out, ENCODER_OPTION_BITRATE, &info);
}
