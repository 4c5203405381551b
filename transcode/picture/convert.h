#ifndef SIPBRIDGE_CONVERT_H
#define SIPBRIDGE_CONVERT_H

#include <stdint.h>

enum { CODEC_VP8 = 1, CODEC_H264 = 2 };
enum { CONVERT_OK = 0, CONVERT_FAILED = -1, CONVERT_LARGE = -2, CONVERT_LATER = -3 };

typedef struct converter converter;

typedef struct {
	const uint8_t *data;
	int size, key, width, height;
	uint32_t timestamp;
} converted;

converter *converter_new(int from, int to, int pixels, int bitrate, int unit_size);
void converter_free(converter *c);
int converter_convert(converter *c, const uint8_t *data, int size, int max_pixels, uint32_t timestamp, int key,
	converted *out);
void converter_bitrate(converter *c, int bitrate);

#endif
