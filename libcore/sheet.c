/* SPDX-License-Identifier: ISC */
/* A sheet is drawn: each block with its heading, the colours of its range, its cells or bars. */
#include "sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUND = 0xffffff, INK = 0x222222, SOFT = 0x808080, FAINT = 0xd8d8d8 };
enum { RISING = 0xb6367a, FALLING = 0x2f69c6 }; /* bars */
enum { RAMP = 96 };                             /* pixels of a legend */

/* Writes text as far as there is room; returns where it ends. */
static int64_t put(struct nn_canvas *c, const struct nn_font *font, int64_t x, int64_t y,
                   int64_t room, const char *text)
{
	char *fitting = nn_text_fit(font, text, NN_MAX(room, 0));

	nn_text_draw(c, font, x, y, fitting);
	x += nn_text_width(font, fitting);
	free(fitting);
	return x;
}

/* Does value i come after value j, largest first, equals by index? */
static int below(const float *value, int64_t i, int64_t j)
{
	return value[i] < value[j] || (value[i] == value[j] && i > j);
}

/* The colours, at x, y, a ramp from low to high. */
static void draw_ramp(struct nn_canvas *c, const struct nn_colourmap *map, int scale, int64_t x,
                      int64_t y)
{
	unsigned char rgb[RAMP * 3];
	struct nn_canvas strip = {RAMP, 1, rgb};
	float ramp[RAMP];
	int i;

	for (i = 0; i < RAMP; i++)
		ramp[i] = (float)i / (RAMP - 1);
	nn_colourmap_paint(map, ramp, RAMP, 0, 1, rgb);
	for (i = 0; i < NN_TEXT_HEIGHT - 2; i++)
		nn_canvas_paste(c, x, y + i * scale, &strip, scale);
}

/* low, the colours, high, at the right end, when there is room; returns where it begins */
static int64_t legend(struct nn_canvas *c, const struct nn_block *b, int scale, int64_t right,
                      int64_t y, int64_t room)
{
	struct nn_font font = {scale, 0, SOFT};
	int64_t between = (b->map ? RAMP + 2 * 6 : 0) * scale, wide, x;
	char low[32], high[32];

	snprintf(low, sizeof low, "%s%.4g", b->under ? "<" : "", b->low);
	snprintf(high, sizeof high, "%s%s%.4g", b->map ? "" : " .. ", b->over ? ">" : "", b->high);
	wide = nn_text_width(&font, low) + between + nn_text_width(&font, high);
	if (wide > room)
		return right;
	x = put(c, &font, right - wide, y, room, low);
	if (b->map)
		draw_ramp(c, b->map, scale, x + 6 * scale, y);
	put(c, &font, x + between, y, room, high);
	return right - wide;
}

static void draw_heading(const struct nn_page *p, const struct nn_frame *f, struct nn_canvas *c,
                         const struct nn_block *b)
{
	struct nn_font title = {p->type, 1, INK}, detail = {p->type, 0, SOFT};
	int64_t x = f->x, right = f->x + f->room, wide;

	if (b->kind != NN_BLOCK_PICTURES)
		right = legend(c, b, p->type, right, f->y, f->room / 2) - 10 * p->type;
	x = put(c, &title, x, f->y, right - x, b->title) + 10 * p->type;
	/* where a picture is from tells more than the shape, when there is no room for both */
	wide = nn_text_width(&detail, b->shape) + 10 * p->type;
	if (!b->source || x + wide + nn_text_width(&detail, b->source) <= right)
		x = put(c, &detail, x, f->y, right - x, b->shape) + 10 * p->type;
	if (b->source)
		put(c, &detail, x, f->y, right - x, b->source);
}

static void draw_cell(const struct nn_frame *f, struct nn_canvas *c, const struct nn_block *b,
                      const struct nn_cell *cell, int64_t x, int64_t y)
{
	struct nn_font font = {f->type, 0, INK};
	int64_t high = b->h * f->zoom, wide;
	char *text;
	int i;

	nn_canvas_paste(c, x + (f->cw - cell->image.w * f->zoom) / 2,
	                y + (high - cell->image.h * f->zoom) / 2, &cell->image, f->zoom);
	y += high + NN_ABOVE * f->type;
	for (i = 0; i < 2; i++, y += NN_LINE * f->type, font.rgb = SOFT) {
		if (!cell->line[i])
			continue;
		text = nn_text_fit(&font, cell->line[i], f->cw - 2 * f->type);
		wide = nn_text_width(&font, text);
		nn_text_draw(c, &font, x + (f->cw - wide) / 2, y, text);
		free(text);
	}
}

/* The bar that comes after bar last (-1: none), largest first; -1 after them all. */
static int64_t next_largest(const struct nn_block *b, int64_t last)
{
	int64_t best = -1, i;

	for (i = 0; i < b->nvalue; i++)
		if (isfinite(b->value[i]) && (last < 0 || below(b->value, i, last)) &&
		    (best < 0 || below(b->value, best, i)))
			best = i;
	return best;
}

/* The largest values in words, as many of five as there is room for: index, label, value. */
static void draw_top(const struct nn_frame *f, struct nn_canvas *c, const struct nn_block *b,
                     int64_t x, int64_t y)
{
	struct nn_font ink = {1, 0, INK}, soft = {1, 0, SOFT};
	int64_t i = -1, k, wide, right = x + f->w;
	char *what, much[32];
	const char *label;

	for (k = 0; k < 5 && (i = next_largest(b, i)) >= 0; k++) {
		label = b->label ? b->label[i] : "";
		what = nn_asprintf("%lld%s%.*s", (long long)(b->first + i), *label ? " " : "",
		                   (int)strcspn(label, ","), label);
		snprintf(much, sizeof much, "%.3g", b->value[i]);
		wide = nn_text_width(&ink, what) + 5 + nn_text_width(&soft, much);
		if (x + wide <= right) {
			put(c, &soft, put(c, &ink, x, y, wide, what) + 5, y, wide, much);
			x += wide + 16;
		}
		free(what);
	}
}

static void draw_bars(const struct nn_page *p, const struct nn_frame *f, struct nn_canvas *c,
                      const struct nn_block *b, int64_t x, int64_t y)
{
	int64_t last = f->ch - 1, gap = f->zoom > 3, zero, end, i;
	double scale = (double)last / (b->high - b->low), v;
	struct nn_box line = {x, 0, f->cw, 1}, bar = {0, 0, f->zoom - gap, 0};

	zero = last - llround(-b->low * scale);
	zero = NN_MIN(NN_MAX(zero, 0), last);
	for (i = 0; i < b->nvalue; i++) {
		if (i % f->columns == 0) {
			line.y = y + i / f->columns * (f->ch + p->m->gap) + zero;
			nn_canvas_fill(c, &line, FAINT);
		}
		v = b->value[i];
		bar.x = x + i % f->columns * f->zoom;
		bar.y = line.y - zero;
		bar.h = f->ch;
		if (isfinite(v)) {
			v = v < b->low ? b->low : v > b->high ? b->high : v;
			end = last - llround((v - b->low) * scale);
			bar.y += NN_MIN(end, zero);
			bar.h = end < zero ? zero - end : end - zero;
		}
		nn_canvas_fill(c, &bar, !isfinite(v) ? NN_MARK : v < 0 ? FALLING : RISING);
	}
	if (b->lines)
		draw_top(f, c, b, x, y + f->h - NN_TEXT_HEIGHT);
}

static void draw_block(const struct nn_page *p, const struct nn_frame *f, struct nn_canvas *c,
                       const struct nn_block *b)
{
	int64_t i, gap = p->m->gap, y = f->y + f->heading;

	if (f->heading)
		draw_heading(p, f, c, b);
	for (i = 0; i < b->ncell; i++)
		draw_cell(f, c, b, &b->cell[i], f->x + i % f->columns * (f->cw + gap),
		          y + i / f->columns * (f->ch + gap));
	if (b->kind == NN_BLOCK_BARS)
		draw_bars(p, f, c, b, f->x, y);
}

int nn_montage_draw(const struct nn_montage *m, struct nn_canvas *sheet)
{
	struct nn_page p;
	int i, status;

	if (!m->nblock)
		return nn_fail("there is nothing to show");
	nn_page_init(&p, m);
	status = nn_canvas_init(sheet, p.w, p.h, GROUND);
	for (i = 0; i < m->nblock && status == 0; i++)
		draw_block(&p, &p.frame[i], sheet, &m->block[i]);
	nn_page_release(&p);
	return status;
}
