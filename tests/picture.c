/* SPDX-License-Identifier: ISC */
/* Resizing, fitting, colours, type, sheets. */
#include "montage.h"
#include "tap.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* resize: against the definition, in double precision, pixel by pixel */

static double keys(double x)
{
	x = fabs(x);
	return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1
	     : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

static double plain(const float *x, int h, int w, int oh, int ow, int i, int j)
{
	double sy = (double)h / oh, sx = (double)w / ow, fy = fmax(sy, 1), fx = fmax(sx, 1);
	double sum = 0, weights = 0, k;
	int u, v;

	for (v = 0; v < h; v++)
		for (u = 0; u < w; u++) {
			k = keys((v + 0.5 - (i + 0.5) * sy) / fy) *
			    keys((u + 0.5 - (j + 0.5) * sx) / fx);
			sum += k * x[v * w + u];
			weights += k;
		}
	return sum / weights;
}

static void test_resize(void)
{
	static const int size[][4] = {{9, 7, 5, 3}, {9, 7, 9, 7}, {4, 5, 13, 17}, {30, 8, 7, 8},
	                              {1, 1, 3, 2}, {50, 1, 3, 4}, {33, 31, 1, 1}, {2, 40, 5, 6}};
	struct nn_random r;
	float x[2000], y[2000], part[2000], *one, *two;
	double worst;
	size_t k;
	int i, j, same;

	nn_random_init(&r, 1, 0);
	for (i = 0; i < 2000; i++)
		x[i] = (float)nn_random_uniform(&r);
	for (k = 0; k < NN_LEN(size); k++) {
		const int *s = size[k], n = s[2] * s[3];
		struct nn_box b = {s[3] / 3, s[2] / 4, s[3] - s[3] / 3, s[2] - s[2] / 4};

		nn_resize(x, 1, s[0], s[1], y, s[2], s[3]);
		for (worst = 0, i = 0; i < n; i++)
			worst = fmax(worst, fabs(y[i] - plain(x, s[0], s[1], s[2], s[3], i / s[3],
			                                      i % s[3])));
		ok(worst < 2e-6, "resize %dx%d to %dx%d: off by %.1g", s[1], s[0], s[3], s[2],
		   worst);
		nn_resize_part(x, 1, s[0], s[1], part, s[2], s[3], &b);
		for (same = 1, i = 0; i < b.h; i++)
			for (j = 0; j < b.w; j++)
				same &= part[i * b.w + j] == y[(b.y + i) * s[3] + b.x + j];
		ok(same, "a part is that of the whole");
	}
	nn_resize(x, 2, 9, 7, y, 9, 7);
	ok(memcmp(x, y, 126 * sizeof *x) == 0, "the same size gives the same bits");
	omp_set_num_threads(1);
	one = nn_alloc(1200 * 1200 * sizeof *one);
	two = nn_alloc(1200 * 1200 * sizeof *two);
	nn_resize(x, 1, 40, 50, one, 1200, 1200);
	omp_set_num_threads(2);
	nn_resize(x, 1, 40, 50, two, 1200, 1200);
	ok(memcmp(one, two, 1200 * 1200 * sizeof *one) == 0, "1 and 2 threads give the same bits");
	free(one);
	free(two);
	for (i = 0; i < 1600; i++)
		x[i] = (float)((i / 40 + i % 40) % 2);
	nn_resize(x, 1, 40, 40, y, 10, 10);
	for (worst = 0, i = 0; i < 100; i++)
		worst = fmax(worst, fabs(y[i] - 0.5));
	ok(worst < 0.02, "a checkerboard shrinks to grey, not to aliases: off by %.2g", worst);
}

/* fit */

static int is(const struct nn_tensor *t, const char *key, const char *want)
{
	char *value = nn_tensor_get(t, key);
	int same = value && strcmp(value, want) == 0;

	if (!same)
		printf("# %s is '%s', want '%s'\n", key, value ? value : "missing", want);
	free(value);
	return same;
}

static void begin(struct nn_tensor *t, int w, int h)
{
	int64_t dim[4] = {1, 3, h, w}, i;

	nn_tensor_init(t, "p", NN_F32, 4, dim);
	for (i = 0; i < 3 * w * h; i++)
		((float *)t->data)[i] = (float)(i % w % 2);
}

static void test_fit(void)
{
	struct nn_tensor t;
	const float *x;
	int i, inside = 1;

	begin(&t, 480, 360);
	ok(nn_image_fit(&t, 227, 227, NN_FIT_CROP) == 0 && t.dim[3] == 227 && t.dim[2] == 227 &&
	   is(&t, "size", "480x360") && is(&t, "crop", "60.1980198,0,359.60396,360"),
	   "crop: 480x360 becomes 303x227, and 38 columns go at the left");
	for (x = t.data, i = 0; i < 3 * 227 * 227; i++)
		inside &= x[i] >= 0 && x[i] <= 1;
	ok(inside, "overshoot is cut off");
	nn_tensor_release(&t);
	begin(&t, 20, 10);
	nn_image_fit(&t, 10, 10, NN_FIT_PAD);
	x = t.data;
	ok(is(&t, "crop", "0,-4,20,20") && is(&t, "scale", "0.5"), "pad: what is seen");
	ok(x[0] == 0.5f && x[19] == 0.5f && x[70] == 0.5f && x[20] != 0.5f, "centred on grey");
	nn_tensor_release(&t);
	begin(&t, 20, 10);
	nn_image_fit(&t, 40, 5, NN_FIT_STRETCH);
	ok(t.dim[3] == 40 && t.dim[2] == 5, "stretch");
	ok(is(&t, "crop", "0,0,20,10") && is(&t, "scale", "2,0.5"), "stretch: two scales");
	nn_tensor_release(&t);
	begin(&t, 65535, 1);
	ok(nn_image_fit(&t, 300, 300, NN_FIT_CROP) == 0 && t.dim[2] == 300, "crop of a long line");
	nn_tensor_release(&t);
	begin(&t, 65535, 1);
	ok(nn_image_fit(&t, 100, 100, NN_FIT_PAD) == 0, "a line is padded, one pixel high");
	nn_tensor_release(&t);
	begin(&t, 4, 4);
	ok(nn_image_fit(&t, 65535, 65535, NN_FIT_STRETCH) < 0 && t.dim[2] == 4, "too large");
	nn_tensor_release(&t);
}

/* colours */

static double lightness(const unsigned char *c)
{
	return 0.2126 * pow(c[0] / 255., 2.2) + 0.7152 * pow(c[1] / 255., 2.2) +
	       0.0722 * pow(c[2] / 255., 2.2);
}

static void test_colours(void)
{
	const float odd[4] = {NAN, INFINITY, -INFINITY, 0};
	unsigned char rgb[3 * 1001];
	const struct nn_colourmap *m;
	float x[1001];
	int i, rising, marked;

	for (i = 0; i <= 1000; i++)
		x[i] = -2 + 0.004f * (float)i;
	for (m = nn_colourmaps; m->name; m++) {
		ok(nn_colourmap_find(m->name) == m, "map %s is found", m->name);
		ok(nn_colourmap_paint(m, x, 1001, -2, 2, rgb) == 0, "%s: all finite", m->name);
		for (rising = 1, marked = 0, i = 0; i <= 1000; i++) {
			rising &= !i || lightness(rgb + 3 * i) >= lightness(rgb + 3 * i - 3) - 2e-3;
			marked |= rgb[3 * i] == 0 && rgb[3 * i + 1] == 255 && rgb[3 * i + 2] == 255;
		}
		ok(rising == (strcmp(m->name, "redblue") != 0), "%s: lightness", m->name);
		ok(!marked, "%s: the mark is no colour of it", m->name);
		ok(rgb[0] == m->rgb[0] >> 16 && rgb[3002] == (m->rgb[16] & 255), "%s: ends",
		   m->name);
	}
	ok(nn_colourmap_paint(nn_colourmaps, odd, 4, 0, 1, rgb) == 3 &&
	   memcmp(rgb, "\0\377\377\0\377\377\0\377\377", 9) == 0, "what is not finite is marked");
	ok(!nn_colourmap_find("jet") && strstr(nn_error(), "there are magma viridis"), "no jet");
}

static void test_range(void)
{
	struct nn_range r;
	float x[3000];
	int i;

	for (i = 0; i < 3000; i++)
		x[i] = i % 2 ? 1 : 0;
	x[7] = 1e6f;
	x[8] = -5e5f;
	x[9] = NAN;
	nn_range_find(&r, x, 3000);
	ok(r.least == -5e5 && r.most == 1e6 && r.odd == 1 && r.usual == 1,
	   "range: two outliers of 3000 do not count");
	nn_range_find(&r, x, 10);
	ok(r.usual == 1e6, "range: of a few values the largest");
	for (i = 0; i < 3000; i++)
		x[i] = (float)i;
	nn_range_find(&r, x, 3000);
	ok(r.usual == 2997 - 1, "range: a thousandth of 3000 is beyond");
	memset(x, 0, sizeof x);
	x[0] = 3;
	nn_range_find(&r, x, 3000);
	ok(r.usual == 3, "range: the only value that is not 0");
	x[0] = NAN;
	nn_range_find(&r, x, 1);
	ok(r.usual == 0 && r.odd == 1, "range: of nothing");
}

/* type */

static void test_type(void)
{
	struct nn_font font = {1, 0, 0}, large = {2, 0, 0};
	struct nn_canvas c;
	char *s;
	int64_t w, i, ink;

	w = nn_text_width(&font, "fire4/concat:12");
	ok(w > 50 && nn_text_width(&large, "fire4/concat:12") == 2 * w, "type: width and scale");
	ok(nn_canvas_init(&c, w, NN_TEXT_HEIGHT, 0xffffff) == 0, "a canvas");
	nn_text_draw(&c, &font, 0, 0, "fire4/concat:12");
	for (ink = i = 0; i < w * NN_TEXT_HEIGHT; i++)
		ink += c.rgb[3 * i] == 0;
	ok(ink > 100 && ink < 400, "type: %d dots of ink", (int)ink);
	nn_text_draw(&c, &large, -500, -3, "beyond the edges, \xff\xc3 bad UTF-8 and so on");
	nn_text_draw(&c, &large, 3, 4, "beyond the edges");
	nn_canvas_release(&c);
	s = nn_text_fit(&font, "inception_4c/output:447", 70);
	ok(nn_text_width(&font, s) <= 70 && strstr(s, ":447") && strncmp(s, "ince", 4) == 0,
	   "type: '%s' keeps both ends", s);
	free(s);
	for (ink = 1, i = 0; i < 60; i++) {
		s = nn_text_fit(&font, "na\xc3\xafvet\xc3\xa9", i);
		ink &= nn_text_width(&font, s) <= i;
		ink &= strspn(s, "navet\xc3\xaf\xa9\xe2\x80\xa6") == strlen(s);
		free(s);
	}
	ok(ink == 1, "type: never wider than there is room");
	ok(nn_canvas_init(&c, 1 << 20, 1 << 20, 0) < 0, "a canvas too large is refused");
}

/* sheets */

static void add(struct nn_montage *m, const char *name, int nd, const int64_t *dim, float scale)
{
	struct nn_tensor t;
	int64_t i;

	nn_tensor_init(&t, name, NN_F32, nd, dim);
	for (i = 0; i < nn_tensor_count(&t); i++)
		((float *)t.data)[i] = scale * (float)(i % 7);
	if (nn_montage_add(m, &t) < 0)
		printf("# %s\n", nn_error());
	nn_tensor_release(&t);
}

static void test_sheet(void)
{
	struct nn_montage m = {.gap = 0, .zoom = 1, .columns = 2};
	struct nn_canvas c;
	char *meta;

	add(&m, "p", 4, (int64_t[]){3, 3, 4, 5}, 1 / 7.f);
	ok(m.nblock == 1 && nn_montage_draw(&m, &c) == 0 && c.w == 10 && c.h == 8,
	   "three pictures in two columns, exact");
	ok(c.rgb[3] == nn_byte(1 / 7.f) && c.rgb[3 * (4 * 10 + 5)] == 255, "the rest is white");
	nn_canvas_release(&c);
	nn_montage_release(&m);

	m = (struct nn_montage){.gap = 1, .captions = 1};
	add(&m, "maps", 3, (int64_t[]){96, 13, 13}, 1);
	add(&m, "signed", 4, (int64_t[]){2, 8, 6, 6}, -1);
	add(&m, "bars", 2, (int64_t[]){1, 1000}, 1);
	add(&m, "rows", 2, (int64_t[]){5, 30}, 1);
	add(&m, "picture", 3, (int64_t[]){3, 30, 20}, 1);
	ok(m.nblock == 6 && nn_montage_draw(&m, &c) == 0, "blocks of every kind: %dx%d", (int)c.w,
	   (int)c.h);
	ok(strcmp(m.block[0].map->name, "magma") == 0 && m.block[0].low == 0 &&
	   m.block[0].high == 6, "magma from 0 to the largest");
	ok(strcmp(m.block[1].map->name, "redblue") == 0 && m.block[1].low == -6 &&
	   m.block[1].high == 6, "redblue to both sides of 0");
	ok(c.w < 2000 && c.h < 2000, "of a size to look at");
	meta = nn_montage_meta(&m);
	ok(strstr(meta, "tensor.1=maps 96x13x13 values 0..6 shown 0..6 magma\n") != NULL &&
	   strstr(meta, "tensor.5=picture 3x30x20 values 0..6 shown 0..6\n") != NULL, "and notes");
	free(meta);
	nn_canvas_release(&c);
	nn_montage_release(&m);

	m = (struct nn_montage){.gap = 1};
	add(&m, "none", 3, (int64_t[]){0, 3, 3}, 1);
	ok(strstr(nn_error(), "'none' is empty") && nn_montage_draw(&m, &c) < 0, "nothing to show");
	add(&m, "deep", 5, (int64_t[]){1, 1, 1, 1, 1}, 1);
	add(&m, "long", 1, (int64_t[]){1 << 23}, 1);
	ok(strstr(nn_error(), "too large") && m.nblock == 0, "eight million bars, too");
	nn_montage_release(&m);
}

int main(void)
{
	test_resize();
	test_fit();
	test_colours();
	test_range();
	test_type();
	test_sheet();
	return done();
}
