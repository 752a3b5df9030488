/* SPDX-License-Identifier: ISC */
/*
 * Where blocks go on a sheet: from left to right as long as there is room, then below, so that many
 * small ones make a grid and large ones a column.
 */
#include "sheet.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST = 32, LIKE = 64 };                               /* of a cell: at least; to be alike */
enum { BARS_WIDTH = 1024, BARS_HEIGHT = 96, WIDEST_BAR = 32 };
enum { PAGE = 240, HEADING = 120, BETWEEN = 16 };             /* least widths; between blocks */

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

/*
 * The side that the maps of several layers are brought near to: that of the largest, limited; but
 * when no layer has more than one, as wide as a heading.
 */
static int64_t alike(const struct nn_montage *m)
{
	int64_t most = 0, cells = 0;
	int i;

	for (i = 0; i < m->nblock; i++)
		if (m->block[i].kind == NN_BLOCK_MAPS) {
			most = NN_MAX(most, NN_MAX(m->block[i].w, m->block[i].h));
			cells = NN_MAX(cells, m->block[i].ncell);
		}
	return cells == 1 ? HEADING : NN_MIN(most, LIKE);
}

/* Pixels per value: small maps are made large, and those of several layers alike. */
static int64_t zoom(const struct nn_page *p, const struct nn_block *b)
{
	int64_t side = NN_MAX(b->w, b->h), least = NN_MIN(b->w, b->h), z;

	if (p->m->zoom)
		return p->m->zoom;
	z = b->kind == NN_BLOCK_MAPS ? (p->alike + side / 2) / side : 1;
	z = NN_MAX(z, (LEAST + least - 1) / least);
	/* long strips need not be high */
	return within(z, 1, NN_MAX(1, 32 * LEAST / side));
}

static void measure(const struct nn_page *p, const struct nn_block *b, struct nn_frame *f)
{
	if (b->kind == NN_BLOCK_BARS) {
		f->type = 1;
		f->cw = NN_MIN(b->nvalue * WIDEST_BAR, BARS_WIDTH); /* to begin with */
		f->ch = BARS_HEIGHT;
		return;
	}
	f->zoom = zoom(p, b);
	f->cw = b->w * f->zoom;
	f->type = (int)within(f->cw / 160, 1, 3);
	f->ch = b->h * f->zoom;
	if (b->lines)
		f->ch += (b->lines * NN_LINE + NN_ABOVE + NN_BELOW - 3) * f->type;
}

/* Bars get the width that the page has, several rows when they are many. */
static void arrange_bars(const struct nn_page *p, const struct nn_block *b, struct nn_frame *f,
                         int64_t room)
{
	f->zoom = p->m->zoom ? p->m->zoom : within(room / b->nvalue, 1, WIDEST_BAR);
	f->columns = within(room / f->zoom, 1, b->nvalue);
	f->rows = (b->nvalue + f->columns - 1) / f->columns;
	f->columns = (b->nvalue + f->rows - 1) / f->rows;
	f->cw = f->columns * f->zoom;
	f->ch = within(room / 10, BARS_HEIGHT, 2 * BARS_HEIGHT);
	f->w = f->cw;
	f->h = f->rows * (f->ch + p->m->gap) - p->m->gap + (b->lines ? NN_LINE + 2 : 0);
}

static void arrange(const struct nn_page *p, const struct nn_block *b, struct nn_frame *f,
                    int64_t room)
{
	int64_t gap = p->m->gap, most, full;

	if (b->kind == NN_BLOCK_BARS) {
		arrange_bars(p, b, f, room);
		return;
	}
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

/* Puts the blocks on shelves of a width; returns the paper that takes per pixel of cells. */
static double try_room(struct nn_page *p, int64_t room)
{
	int headed = p->m->nblock > 1 || p->m->captions, i;
	int64_t x = 0, y = 0, high = 0, wide;
	const struct nn_block *b = p->m->block;
	struct nn_frame *f;
	double area = 1;

	p->type = (int)within((room + 450) / 900, 1, 3);
	p->w = headed ? PAGE : 0;
	for (i = 0; i < p->m->nblock; i++) {
		f = &p->frame[i];
		arrange(p, &b[i], f, room);
		f->heading = headed && b[i].title ? (NN_LINE + 4) * p->type : 0;
		wide = NN_MAX(f->w, f->heading ? HEADING * p->type : 0);
		if (x && x + wide > room) {
			x = 0;
			y += high + BETWEEN * p->type;
			high = 0;
		}
		f->x = x;
		f->y = y;
		f->room = wide;
		p->w = NN_MAX(p->w, x + wide);
		high = NN_MAX(high, f->heading + f->h);
		x += wide + BETWEEN * p->type;
		area += (double)f->w * (double)f->h;
	}
	p->h = y + high;
	return (double)p->w * (double)p->h / area;
}

/*
 * The width that lets all blocks together be a little wider than high, or one near it with which
 * more rows are full.
 */
static int64_t room_for(struct nn_page *p)
{
	int64_t widest = PAGE, gap = p->m->gap, wish, room, best = 0;
	double area = 0, waste, least = INFINITY, cells;
	const struct nn_frame *f;
	int i;

	for (i = 0; i < p->m->nblock; i++) {
		f = &p->frame[i];
		cells = (double)NN_MAX(p->m->block[i].ncell, 1) * (double)(f->cw + gap) *
		        (double)(f->ch + gap);
		area += fmax(cells, HEADING * (double)(f->ch + NN_LINE + BETWEEN));
		widest = NN_MAX(widest, f->cw);
	}
	wish = NN_MAX((int64_t)sqrt(1.4 * area), widest);
	for (i = -8; i <= 8; i++) {
		room = NN_MAX(wish + wish * i / 24, widest);
		waste = try_room(p, room) + 0.01 * abs(i);
		if (waste < least) {
			least = waste;
			best = room;
		}
	}
	return best;
}

void nn_page_init(struct nn_page *p, const struct nn_montage *m)
{
	int64_t margin;
	int i;

	p->m = m;
	p->frame = nn_calloc((size_t)m->nblock, sizeof *p->frame);
	p->alike = alike(m);
	for (i = 0; i < m->nblock; i++)
		measure(p, &m->block[i], &p->frame[i]);
	try_room(p, room_for(p));
	margin = m->nblock > 1 || m->captions ? NN_MAX(m->gap, 8 * p->type) : m->gap;
	for (i = 0; i < m->nblock; i++) {
		/* a heading that has its shelf for itself goes to the right edge */
		if (p->frame[i].x == 0 && (i + 1 == m->nblock || p->frame[i + 1].x == 0))
			p->frame[i].room = p->w;
		p->frame[i].x += margin;
		p->frame[i].y += margin;
	}
	p->w += 2 * margin;
	p->h += 2 * margin;
}

void nn_page_release(struct nn_page *p)
{
	free(p->frame);
}
