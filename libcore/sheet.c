/* SPDX-License-Identifier: ISC */
/* Cells are arranged on a sheet: blocks below each other, each with its heading and its range. */
#include "montage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUND = 0xffffff, INK = 0x222222, SOFT = 0x808080, FAINT = 0xd8d8d8 };
enum { RISING = 0xb6367a, FALLING = 0x2f69c6 }; /* bars */
enum { LEAST = 32, LIKE = 64 };                 /* pixels of a cell: at least, and to be alike */
enum { BAR_HEIGHT = 96, BAR_PAGE = 1024, HEADED = 240, LINE = NN_TEXT_HEIGHT + 3 };
enum { ABOVE = 3, BELOW = 4, BETWEEN = 16, RAMP = 96 }; /* around captions, blocks; a legend */

/* Where a block goes. */
struct frame {
	int64_t zoom, columns, rows; /* bars: columns per row, zoom their width */
	int64_t cw, ch;              /* a cell with its captions, without the gap */
	int64_t w, h;                /* all of the block, without its heading */
	int type;                    /* scale of the captions */
};

struct page {
	const struct nn_montage *m;
	struct frame *frame;
	int64_t w, h, margin, alike; /* alike: pixels that maps are to have */
	int headed, type; /* has headings; their scale */
};

/* The largest divisor of n within from..to, or 0: rows that are full look best. */
static int64_t divisor(int64_t n, int64_t from, int64_t to)
{
	for (; to >= from && to > 0; to--)
		if (n % to == 0)
			return to;
	return 0;
}

/* Columns for n cells of a lone block: the sheet nearly square, rather wide than high. */
static int64_t square(int64_t n, double cw, double ch)
{
	int64_t low = NN_MAX((int64_t)ceil(sqrt((double)n * ch / cw) - 1e-9), 1), full;

	if (low >= n)
		return n;
	full = divisor(n, low, low + low / 2);
	return full ? full : low;
}

static int64_t within(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* The side that the maps of several layers are brought near to: that of the largest, limited. */
static int64_t alike(const struct nn_montage *m)
{
	int64_t most = 0;
	int i;

	for (i = 0; i < m->nblock; i++)
		if (m->block[i].kind == NN_BLOCK_MAPS)
			most = NN_MAX(most, NN_MAX(m->block[i].w, m->block[i].h));
	return NN_MIN(most, LIKE);
}

/* Pixels per value: small maps are made large, and those of several layers alike. */
static int64_t zoom(const struct page *p, const struct nn_block *b)
{
	int64_t side = NN_MAX(b->w, b->h), least = NN_MIN(b->w, b->h), z;

	if (p->m->zoom)
		return p->m->zoom;
	z = b->kind == NN_BLOCK_MAPS ? (p->alike + side / 2) / side : 1;
	z = NN_MAX(z, (LEAST + least - 1) / least);
	/* long strips need not be high */
	return within(z, 1, NN_MAX(1, 32 * LEAST / side));
}

static void measure(const struct page *p, const struct nn_block *b, struct frame *f)
{
	if (b->kind == NN_BLOCK_BARS)
		return;
	f->zoom = zoom(p, b);
	f->cw = b->w * f->zoom;
	f->type = (int)within(f->cw / 160, 1, 3);
	f->ch = b->h * f->zoom + (b->lines ? b->lines * LINE + ABOVE + BELOW - 3 : 0) * f->type;
}

/* Bars get the width that the page has, several rows when they are many. */
static void measure_bars(const struct page *p, const struct nn_block *b, struct frame *f,
                         int64_t room)
{
	f->type = 1;
	f->zoom = p->m->zoom ? p->m->zoom : within(room / b->nvalue, 1, 32);
	f->columns = within(room / f->zoom, 1, b->nvalue);
	f->rows = (b->nvalue + f->columns - 1) / f->columns;
	f->columns = (b->nvalue + f->rows - 1) / f->rows;
	f->cw = f->columns * f->zoom;
	f->ch = within(room / 10, BAR_HEIGHT, 2 * BAR_HEIGHT);
	f->w = f->cw;
	f->h = f->rows * (f->ch + p->m->gap) - p->m->gap + (b->lines ? LINE + 2 : 0);
}

static void arrange(const struct page *p, const struct nn_block *b, struct frame *f, int64_t room)
{
	int64_t gap = p->m->gap, most, full;

	if (p->m->columns) {
		f->columns = p->m->columns;
	} else if (p->m->nblock == 1) {
		f->columns = square(b->ncell, (double)(f->cw + gap), (double)(f->ch + gap));
	} else {
		most = within((room + gap) / (f->cw + gap), 1, b->ncell);
		full = divisor(b->ncell, most - most / 4, most);
		f->columns = full ? full : most;
	}
	f->columns = NN_MIN(f->columns, b->ncell);
	f->rows = (b->ncell + f->columns - 1) / f->columns;
	f->w = f->columns * (f->cw + gap) - gap;
	f->h = f->rows * (f->ch + gap) - gap;
}

/* Arranges what is not bars for a width; returns the paper that takes per pixel of cells. */
static double try_room(const struct page *p, int64_t room)
{
	double area = 0, w = 0, h = 0;
	const struct frame *f;
	int i;

	for (i = 0; i < p->m->nblock; i++) {
		if (p->m->block[i].kind == NN_BLOCK_BARS)
			continue;
		f = &p->frame[i];
		arrange(p, &p->m->block[i], &p->frame[i], room);
		area += (double)p->m->block[i].ncell * (double)f->cw * (double)f->ch;
		w = fmax(w, (double)f->w);
		h += (double)f->h;
	}
	return area > 0 ? w * h / area : 0;
}

/*
 * The width that lets all blocks together be a little wider than high, or one near it with which
 * more rows are full; everything but bars is arranged for it.  0 when there are only bars.
 */
static int64_t room_for(const struct page *p)
{
	const struct nn_block *b = p->m->block;
	int64_t widest = 0, gap = p->m->gap, wish, room, best = 0;
	double area = 0, waste, least = INFINITY;
	int i, bars = 1;

	for (i = 0; i < p->m->nblock; i++) {
		if (b[i].kind == NN_BLOCK_BARS)
			continue;
		bars = 0;
		area += (double)b[i].ncell * (double)(p->frame[i].cw + gap) *
		        (double)(p->frame[i].ch + gap);
		widest = NN_MAX(widest, p->frame[i].cw);
	}
	if (bars)
		return 0;
	wish = NN_MAX((int64_t)sqrt(1.4 * area), NN_MAX(widest, HEADED));
	for (i = -8; i <= 8; i++) {
		room = NN_MAX(wish + wish * i / 24, widest);
		waste = try_room(p, room) + 0.01 * abs(i);
		if (waste < least) {
			least = waste;
			best = room;
		}
	}
	try_room(p, best);
	return best;
}

static int64_t heading_height(const struct page *p, int i)
{
	return p->headed && p->m->block[i].title ? (LINE + 4) * p->type : 0;
}

static void page_init(struct page *p, const struct nn_montage *m)
{
	int64_t room;
	int i;

	p->m = m;
	p->frame = nn_calloc((size_t)m->nblock, sizeof *p->frame);
	p->headed = m->nblock > 1 || m->captions;
	p->alike = alike(m);
	for (i = 0; i < m->nblock; i++)
		measure(p, &m->block[i], &p->frame[i]);
	room = room_for(p);
	for (p->w = p->headed ? HEADED : 0, i = 0; i < m->nblock; i++)
		p->w = NN_MAX(p->w, p->frame[i].w);
	for (i = 0; i < m->nblock; i++)
		if (m->block[i].kind == NN_BLOCK_BARS)
			measure_bars(p, &m->block[i], &p->frame[i], room ? p->w : BAR_PAGE);
	for (i = 0; i < m->nblock; i++)
		p->w = NN_MAX(p->w, p->frame[i].w);
	p->type = (int)within(p->w / 900, 1, 3);
	p->margin = p->headed ? NN_MAX(m->gap, 8 * p->type) : m->gap;
	for (p->h = 0, i = 0; i < m->nblock; i++)
		p->h += (i ? BETWEEN * p->type : 0) + heading_height(p, i) + p->frame[i].h;
	p->w += 2 * p->margin;
	p->h += 2 * p->margin;
}

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

static void draw_heading(const struct page *p, struct nn_canvas *c, const struct nn_block *b,
                         int64_t y)
{
	struct nn_font title = {p->type, 1, INK}, detail = {p->type, 0, SOFT};
	int64_t x = p->margin, right = c->w - p->margin;

	if (b->kind != NN_BLOCK_PICTURES)
		right = legend(c, b, p->type, right, y, (right - x) / 2) - 10 * p->type;
	x = put(c, &title, x, y, right - x, b->title) + 10 * p->type;
	if (b->detail)
		put(c, &detail, x, y, right - x, b->detail);
}

static void draw_cell(const struct frame *f, struct nn_canvas *c, const struct nn_block *b,
                      const struct nn_cell *cell, int64_t x, int64_t y)
{
	struct nn_font font = {f->type, 0, INK};
	int64_t high = b->h * f->zoom, wide;
	char *text;
	int i;

	nn_canvas_paste(c, x + (f->cw - cell->image.w * f->zoom) / 2,
	                y + (high - cell->image.h * f->zoom) / 2, &cell->image, f->zoom);
	y += high + ABOVE * f->type;
	for (i = 0; i < 2; i++, y += LINE * f->type, font.rgb = SOFT) {
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
static void draw_top(const struct frame *f, struct nn_canvas *c, const struct nn_block *b,
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

static void draw_bars(const struct page *p, const struct frame *f, struct nn_canvas *c,
                      const struct nn_block *b, int64_t x, int64_t y)
{
	int64_t last = f->ch - 1, gap = f->zoom > 3, zero, end, i;
	double scale = (double)last / (b->high - b->low), v;
	struct nn_box line = {x, 0, f->cw, 1}, bar = {0, 0, f->zoom - gap, 0};

	zero = within(last - llround(-b->low * scale), 0, last);
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

static void draw_block(const struct page *p, const struct frame *f, struct nn_canvas *c,
                       const struct nn_block *b, int64_t y)
{
	int64_t i, gap = p->m->gap;

	for (i = 0; i < b->ncell; i++)
		draw_cell(f, c, b, &b->cell[i], p->margin + i % f->columns * (f->cw + gap),
		          y + i / f->columns * (f->ch + gap));
	if (b->kind == NN_BLOCK_BARS)
		draw_bars(p, f, c, b, p->margin, y);
}

int nn_montage_draw(const struct nn_montage *m, struct nn_canvas *sheet)
{
	struct page p;
	int64_t y;
	int i, status;

	if (!m->nblock)
		return nn_fail("there is nothing to show");
	page_init(&p, m);
	status = nn_canvas_init(sheet, p.w, p.h, GROUND);
	for (i = 0, y = p.margin; i < m->nblock && status == 0; i++) {
		y += i ? BETWEEN * p.type : 0;
		if (heading_height(&p, i))
			draw_heading(&p, sheet, &m->block[i], y);
		y += heading_height(&p, i);
		draw_block(&p, &p.frame[i], sheet, &m->block[i], y);
		y += p.frame[i].h;
	}
	free(p.frame);
	return status;
}
