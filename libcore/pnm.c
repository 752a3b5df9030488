/* SPDX-License-Identifier: ISC */
/* PBM, PGM and PPM, plain (P1 to P3) and raw (P4 to P6), as Netpbm's pages pbm(5) to ppm(5) say. */
#include "raster.h"

#include <stdlib.h>

struct text {
	const unsigned char *at, *end;
};

static int is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip(struct text *s)
{
	while (s->at < s->end && (is_space(*s->at) || *s->at == '#')) {
		if (*s->at == '#')
			while (s->at < s->end && *s->at != '\n' && *s->at != '\r')
				s->at++;
		else
			s->at++;
	}
}

/* The next number of the header or of a plain raster, at most `most`. */
static int take(struct text *s, const char *what, long most, long *value)
{
	long v = 0;

	skip(s);
	if (s->at == s->end)
		return nn_fail("the file ends before the %s", what);
	if (*s->at < '0' || *s->at > '9')
		return nn_fail("the %s is not a number", what);
	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
		v = 10 * v + (*s->at - '0');
		if (v > most)
			return nn_fail("the %s is over %ld", what, most);
	}
	*value = v;
	return 0;
}

/* A sample of a plain bitmap is one digit, and needs no space after it. */
static int take_bit(struct text *s, uint16_t *sample)
{
	skip(s);
	if (s->at == s->end)
		return nn_fail("the file ends before the last row");
	if (*s->at != '0' && *s->at != '1')
		return nn_fail("a pixel of the bitmap is not 0 or 1");
	*sample = *s->at++ == '0'; /* 1 is black */
	return 0;
}

static int plain_row(struct text *s, int bitmap, uint16_t *row, long samples, long most)
{
	long i, v;

	for (i = 0; i < samples; i++) {
		if (bitmap) {
			if (take_bit(s, &row[i]) < 0)
				return -1;
			continue;
		}
		if (take(s, "sample", most, &v) < 0)
			return -1;
		row[i] = (uint16_t)v;
	}
	return 0;
}

static int raw_row(struct text *s, int bitmap, uint16_t *row, long samples, long most)
{
	const unsigned char *p = s->at;
	long i;

	for (i = 0; i < samples; i++) {
		if (bitmap)
			row[i] = !(p[i / 8] >> (7 - i % 8) & 1);
		else if (most < 256)
			row[i] = p[i];
		else
			row[i] = (uint16_t)(p[2 * i] << 8 | p[2 * i + 1]);
		if (row[i] > most)
			return nn_fail("a sample is over the largest value %ld", most);
	}
	s->at += bitmap ? (samples + 7) / 8 : most < 256 ? samples : 2 * samples;
	return 0;
}

/* The raster is there before memory for it is taken: a plain sample needs at least one byte. */
static int enough(const struct text *s, int kind, long w, long h, int channels, long most)
{
	int64_t row = (int64_t)w * channels, want;

	if (kind == 4)
		row = (row + 7) / 8;
	else if (kind > 4 && most > 255)
		row *= 2;
	want = row * h;
	if (want > s->end - s->at)
		return nn_fail("the file ends early: the raster needs %lld bytes, %lld are left",
		               (long long)want, (long long)(s->end - s->at));
	return 0;
}

static int rows(struct text *s, int kind, struct nn_raster *r, long h, int channels, long most)
{
	long samples = (long)r->width * channels, y;
	uint16_t *row = nn_alloc((size_t)samples * sizeof *row);
	int status = 0, bitmap = kind == 1 || kind == 4;

	for (y = 0; y < h && status == 0; y++) {
		status = kind < 4 ? plain_row(s, bitmap, row, samples, most)
		                  : raw_row(s, bitmap, row, samples, most);
		if (status == 0)
			nn_raster_row(r, row, channels, (unsigned)most);
	}
	free(row);
	if (status == 0) {
		while (s->at < s->end && is_space(*s->at))
			s->at++;
		if (s->at < s->end)
			status = nn_fail("there are %lld bytes after the picture",
			                 (long long)(s->end - s->at));
	}
	return status;
}

int nn_pnm_read(struct nn_tensor *t, const unsigned char *bytes, size_t size)
{
	int kind = bytes[1] - '0', channels = kind == 3 || kind == 6 ? 3 : 1;
	struct text s = {bytes + 2, bytes + size};
	struct nn_raster r;
	long w, h, most = 1;

	if (take(&s, "width", INT32_MAX, &w) < 0 || take(&s, "height", INT32_MAX, &h) < 0)
		return -1;
	if (kind != 1 && kind != 4 && take(&s, "largest value", 65535, &most) < 0)
		return -1;
	if (most < 1)
		return nn_fail("the largest value is 0");
	/* one blank ends the header of a raw file; what follows may look like blanks, too */
	if (s.at == s.end || !is_space(*s.at++))
		return nn_fail("the header does not end with a blank");
	if (h && w > NN_PIXELS / h)
		return nn_fail("%ldx%ld pixels are too many: the most is %lld", w, h,
		               (long long)NN_PIXELS);
	if (enough(&s, kind, w, h, channels, most) < 0 || nn_raster_begin(&r, t, w, h, 1) < 0)
		return -1;
	if (rows(&s, kind, &r, h, channels, most) < 0) {
		nn_tensor_release(t);
		return -1;
	}
	return 0;
}
