/* SPDX-License-Identifier: ISC */
/*
 * Colour maps: 17 colours each, evenly spaced, linear between them in sRGB.
 * viridis and magma: S. van der Walt, N. Smith, E. Firing (2015, CC0), sampled.  redblue: steps of
 * even lightness in Oklab (B. Ottosson 2020) to both sides, the most chroma that sRGB can show.
 */
#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct nn_colourmap nn_colourmaps[] = {
	{"magma", "black, purple, orange, cream",
	 {0x000004, 0x0a0822, 0x1d1147, 0x36106b, 0x50127c, 0x691c81, 0x822681, 0x9c2e7f, 0xb6367a,
	  0xcf4070, 0xe65164, 0xf46a5c, 0xfb8861, 0xfea571, 0xfec287, 0xfde0a1, 0xfcfdbf}},
	{"viridis", "violet, teal, green, yellow",
	 {0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21908c,
	  0x1f9f88, 0x27ad81, 0x3ebc74, 0x5cc863, 0x82d34d, 0xaadc32, 0xd5e21a, 0xfde725}},
	{"grey", "black to white",
	 {0x000000, 0x101010, 0x202020, 0x303030, 0x404040, 0x505050, 0x606060, 0x707070, 0x808080,
	  0x8f8f8f, 0x9f9f9f, 0xafafaf, 0xbfbfbf, 0xcfcfcf, 0xdfdfdf, 0xefefef, 0xffffff}},
	{"redblue", "blue below, white at the middle, red above",
	 {0x1f3c73, 0x25529f, 0x2f69c6, 0x4083e5, 0x599dfc, 0x81b7ff, 0xa9cffe, 0xcee4ff, 0xf3f3f3,
	  0xffd7cf, 0xffb7a9, 0xfe927e, 0xfd644b, 0xe4442f, 0xc32a1f, 0x9d1a1b, 0x72181b}},
	{NULL, NULL, {0}},
};

const struct nn_colourmap *nn_colourmap_find(const char *name)
{
	const struct nn_colourmap *m;
	char *list, *longer;

	for (m = nn_colourmaps; m->name; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	list = nn_strdup("");
	for (m = nn_colourmaps; m->name; m++) {
		longer = nn_asprintf("%s%s%s", list, m == nn_colourmaps ? "" : " ", m->name);
		free(list);
		list = longer;
	}
	nn_fail("no colour map '%s': there are %s", name, list);
	free(list);
	return NULL;
}

static void at(const struct nn_colourmap *m, double v, unsigned char *rgb)
{
	const int last = (int)NN_LEN(m->rgb) - 1;
	double place = (v < 0 ? 0 : v > 1 ? 1 : v) * last, a, b;
	int i = NN_MIN((int)place, last - 1), c;

	for (c = 0; c < 3; c++) {
		a = m->rgb[i] >> (16 - 8 * c) & 255;
		b = m->rgb[i + 1] >> (16 - 8 * c) & 255;
		rgb[c] = (unsigned char)(a + (b - a) * (place - i) + 0.5);
	}
}

int64_t nn_colourmap_paint(const struct nn_colourmap *m, const float *x, int64_t n, double low,
                           double high, unsigned char *rgb)
{
	const unsigned char mark[3] = {NN_MARK >> 16, NN_MARK >> 8 & 255, NN_MARK & 255};
	double scale = 1 / (high - low);
	int64_t i, marked = 0;

	for (i = 0; i < n; i++, rgb += 3)
		if (isfinite(x[i])) {
			at(m, (x[i] - low) * scale, rgb);
		} else {
			memcpy(rgb, mark, sizeof mark);
			marked++;
		}
	return marked;
}
