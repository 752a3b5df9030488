/* SPDX-License-Identifier: ISC */
/* A picture of bytes to draw on. */
#include "raster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int nn_canvas_init(struct nn_canvas *c, int64_t w, int64_t h, uint32_t ground)
{
	struct nn_box all = {0, 0, w, h};

	memset(c, 0, sizeof *c);
	if (w < 1 || h < 1 || w > NN_PIXELS || h > NN_PIXELS / w)
		return nn_fail("a picture of %lldx%lld pixels is too large: the most is %lld",
		               (long long)w, (long long)h, (long long)NN_PIXELS);
	c->w = w;
	c->h = h;
	c->rgb = nn_calloc((size_t)(w * h), 3);
	nn_canvas_fill(c, &all, ground);
	return 0;
}

void nn_canvas_release(struct nn_canvas *c)
{
	free(c->rgb);
	memset(c, 0, sizeof *c);
}

void nn_canvas_fill(struct nn_canvas *c, const struct nn_box *b, uint32_t rgb)
{
	int64_t x0 = NN_MAX(b->x, 0), y0 = NN_MAX(b->y, 0), x, y;
	int64_t x1 = NN_MIN(b->x + b->w, c->w), y1 = NN_MIN(b->y + b->h, c->h);
	unsigned char *p;

	for (y = y0; y < y1; y++)
		for (p = c->rgb + 3 * (y * c->w + x0), x = x0; x < x1; x++) {
			*p++ = rgb >> 16 & 255;
			*p++ = rgb >> 8 & 255;
			*p++ = rgb & 255;
		}
}

void nn_canvas_paste(struct nn_canvas *c, int64_t x, int64_t y, const struct nn_canvas *from,
                     int64_t zoom)
{
	int64_t i, j;
	unsigned char *to;

	assert(x >= 0 && y >= 0 && x + from->w * zoom <= c->w && y + from->h * zoom <= c->h);
	for (i = 0; i < from->h * zoom; i++) {
		to = c->rgb + 3 * ((y + i) * c->w + x);
		if (i % zoom) { /* as the row before */
			memcpy(to, to - 3 * c->w, (size_t)(3 * from->w * zoom));
			continue;
		}
		for (j = 0; j < from->w * zoom; j++, to += 3)
			memcpy(to, from->rgb + 3 * (i / zoom * from->w + j / zoom), 3);
	}
}
