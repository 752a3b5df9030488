/* SPDX-License-Identifier: ISC */
/* Tensors become cells. */
#include "montage.h"
#include "raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BARS ((int64_t)1 << 22) /* most bars: 4 million pixels of width */
#define NOTES 1000 /* most tensors with a line of their own */
#define SIGN "\xc3\x97"

/* A tensor with its shape read as [n][c][h][w]. */
struct view {
	const struct nn_tensor *t;
	enum nn_block_kind kind;
	int64_t n, c, h, w;
	int bytes; /* it was u8 */
};

static const char *called(const struct nn_tensor *t)
{
	return t->name ? t->name : "";
}

static int look(struct view *v, const struct nn_tensor *t)
{
	int64_t dim[4];

	if (nn_tensor_planes(t, dim) < 0)
		return -1;
	if (nn_tensor_count(t) == 0)
		return nn_fail("'%s' is empty", called(t));
	v->t = t;
	v->n = dim[0];
	v->c = dim[1];
	v->h = dim[2];
	v->w = dim[3];
	v->kind = v->c == 3 && t->ndim > 2 ? NN_BLOCK_PICTURES : NN_BLOCK_MAPS;
	if (v->kind == NN_BLOCK_PICTURES || v->h * v->w > 1)
		return 0;
	if (v->n == 1) {
		v->kind = NN_BLOCK_BARS;
	} else { /* a vector per row */
		v->h = v->n;
		v->w = v->c;
		v->n = v->c = 1;
	}
	return 0;
}

/* Is it a picture as it should be?  One from a computation may be a little outside. */
static int is_plain(const struct nn_montage *m, const struct view *v)
{
	return v->kind == NN_BLOCK_PICTURES && !m->ranged &&
	       (v->bytes || (m->last.least >= -1e-3 && m->last.most <= 1 + 1e-3));
}

/* Chooses the range of a tensor, and its map; pictures have none. */
static void choose(struct nn_montage *m, const struct view *v)
{
	struct nn_range r;

	nn_range_find(&r, v->t->data, nn_tensor_count(v->t));
	m->last.marked = r.odd;
	m->last.least = m->last.low = r.least;
	m->last.most = m->last.high = r.most;
	if (m->ranged) {
		m->last.low = m->low;
		m->last.high = m->high;
	} else if (is_plain(m, v)) {
		m->last.low = 0;
		m->last.high = v->bytes ? 255 : 1;
	} else if (v->kind != NN_BLOCK_BARS) {
		m->last.low = r.least < 0 ? -r.usual : 0;
		m->last.high = r.usual;
	}
	if (m->last.low == m->last.high)
		m->last.high = m->last.low + 1;
	m->last.map = v->kind == NN_BLOCK_MAPS ? m->map : NULL;
	if (v->kind == NN_BLOCK_MAPS && !m->map)
		m->last.map = nn_colourmap_find(m->last.low < 0 ? "redblue" : "magma");
}

static struct nn_block *block_new(struct nn_montage *m, enum nn_block_kind kind)
{
	struct nn_block *b;

	if ((m->nblock & (m->nblock - 1)) == 0)
		m->block = nn_realloc(m->block, (size_t)NN_MAX(2 * m->nblock, 1), sizeof *m->block);
	b = &m->block[m->nblock++];
	memset(b, 0, sizeof *b);
	b->kind = kind;
	b->map = m->last.map;
	b->low = m->last.low;
	b->high = m->last.high;
	b->under = m->last.least < b->low;
	b->over = m->last.most > b->high;
	return b;
}

static struct nn_cell *cell_new(struct nn_block *b, int64_t w, int64_t h)
{
	struct nn_cell *cell;

	/* room doubles, so that thousands of pictures do not take thousands of copies */
	if ((b->ncell & (b->ncell - 1)) == 0)
		b->cell = nn_realloc(b->cell, (size_t)NN_MAX(2 * b->ncell, 1), sizeof *b->cell);
	cell = &b->cell[b->ncell++];
	memset(cell, 0, sizeof *cell);
	cell->image.w = w;
	cell->image.h = h;
	cell->image.rgb = nn_calloc((size_t)(w * h), 3);
	b->w = NN_MAX(b->w, w);
	b->h = NN_MAX(b->h, h);
	return cell;
}

static void paint_picture(const struct nn_montage *m, const float *x, struct nn_canvas *to)
{
	int64_t i, n = to->w * to->h;
	double scale = 1 / (m->last.high - m->last.low);
	unsigned char *p = to->rgb;
	int c;

	for (i = 0; i < n; i++, p += 3)
		for (c = 0; c < 3; c++) {
			if (!isfinite(x[i]) || !isfinite(x[n + i]) || !isfinite(x[2 * n + i]))
				p[c] = NN_MARK >> (16 - 8 * c) & 255;
			else
				p[c] = nn_byte((float)((x[c * n + i] - m->last.low) * scale));
		}
}

/*
 * The captions of a picture: which unit, objective or file it is, and below what it is called and
 * worth.  The label that a gradient has is that of its source.
 */
static void caption(struct nn_block *b, struct nn_cell *cell, const struct view *v, int64_t i)
{
	char *unit = nn_tensor_get(v->t, "unit"), *label = nn_tensor_get(v->t, "label");
	char *objective = nn_tensor_get(v->t, "objective"), *value = nn_tensor_get(v->t, "value");
	char *source = nn_tensor_get(v->t, "source");
	char *name = unit ? unit : objective ? objective : v->t->name, number[32] = "", *end;

	if (objective && source) {
		free(label);
		label = NULL;
	}
	if (v->n > 1)
		cell->line[0] = nn_asprintf("%s %lld", name ? name : "", (long long)i);
	else if (name && *name)
		cell->line[0] = nn_strdup(name);
	if (value) { /* to the digits that a caption has room for */
		snprintf(number, sizeof number, "%.4g", strtod(value, &end));
		if (end == value || *end)
			number[0] = '\0';
	}
	if (label || number[0])
		cell->line[1] = nn_asprintf("%.*s%s%s", label ? (int)strcspn(label, ",") : 0,
		                            label ? label : "", label && number[0] ? "  " : "",
		                            number);
	b->lines = NN_MAX(b->lines, cell->line[1] ? 2 : cell->line[0] ? 1 : 0);
	free(unit);
	free(label);
	free(objective);
	free(source);
	free(value);
}

static void add_pictures(struct nn_montage *m, const struct view *v)
{
	struct nn_block *b = m->nblock ? &m->block[m->nblock - 1] : NULL;
	const float *x = v->t->data;
	struct nn_cell *cell;
	int64_t i;

	if (!b || b->kind != NN_BLOCK_PICTURES)
		b = block_new(m, NN_BLOCK_PICTURES);
	for (i = 0; i < v->n; i++) {
		cell = cell_new(b, v->w, v->h);
		paint_picture(m, x + i * 3 * v->h * v->w, &cell->image);
		if (m->captions)
			caption(b, cell, v, i);
	}
}

/* Which layer, and picture i of how many; the shape, and the file of the picture. */
static void name_block(struct nn_block *b, const struct view *v, int64_t i)
{
	const char *name = called(v->t);
	char *source = nn_tensor_get(v->t, "source"), *stem = nn_stem(source ? source : "");
	int known = *stem && strcmp(stem, name) != 0;
	char shape[64];

	if (v->kind == NN_BLOCK_BARS)
		snprintf(shape, sizeof shape, "%lld", (long long)v->c);
	else if (v->t->ndim == 2)
		snprintf(shape, sizeof shape, "%lld " SIGN " %lld", (long long)v->h,
		         (long long)v->w);
	else
		snprintf(shape, sizeof shape, "%lld " SIGN " %lld " SIGN " %lld", (long long)v->c,
		         (long long)v->h, (long long)v->w);
	b->title = v->n > 1 ? nn_asprintf("%s %lld", name, (long long)i) : nn_strdup(name);
	b->shape = nn_strdup(shape);
	b->source = known ? stem : NULL;
	if (!known)
		free(stem);
	free(source);
}

/* A map's channel in its layer, and below what that is called. */
static void caption_map(struct nn_block *b, struct nn_cell *cell, const struct view *v, int64_t c,
                        char **label)
{
	cell->line[0] = nn_asprintf("%lld", (long long)(nn_tensor_first_channel(v->t) + c));
	if (label)
		cell->line[1] = nn_strndup(label[c], strcspn(label[c], ","));
	b->lines = label ? 2 : 1;
}

static void add_maps(struct nn_montage *m, const struct view *v)
{
	char **label = m->captions ? nn_tensor_labels(v->t, v->c) : NULL;
	int64_t i, c, plane = v->h * v->w;
	const float *x = v->t->data;
	struct nn_block *b;
	struct nn_cell *cell;

	for (i = 0; i < v->n; i++) {
		b = block_new(m, NN_BLOCK_MAPS);
		name_block(b, v, i);
		for (c = 0; c < v->c; c++, x += plane) {
			cell = cell_new(b, v->w, v->h);
			nn_colourmap_paint(b->map, x, plane, b->low, b->high, cell->image.rgb);
			if (m->captions && v->t->ndim > 2)
				caption_map(b, cell, v, c, label);
		}
	}
	free(label);
}

static void add_bars(struct nn_montage *m, const struct view *v)
{
	struct nn_block *b = block_new(m, NN_BLOCK_BARS);

	name_block(b, v, 0);
	b->nvalue = v->c;
	b->value = nn_calloc((size_t)v->c, sizeof *b->value);
	memcpy(b->value, v->t->data, (size_t)v->c * sizeof *b->value);
	b->lines = m->captions;
	b->first = nn_tensor_first_channel(v->t);
	b->label = nn_tensor_labels(v->t, v->c);
}

/* Of the lines that the tensors before share, those that t has, too. */
static void share(struct nn_montage *m, const struct nn_tensor *t)
{
	const char *line, *next, *other = t->meta ? t->meta : "", *p;
	char *kept = m->meta, *to = kept;
	size_t n;

	if (!m->tensors) {
		m->meta = nn_strdup(other);
		return;
	}
	for (line = kept; *line; line = next) {
		n = strcspn(line, "\n");
		next = line + n + (line[n] == '\n');
		for (p = other; *p; p += strcspn(p, "\n"), p += *p == '\n')
			if (strcspn(p, "\n") == n && strncmp(p, line, n) == 0)
				break;
		if (*p) {
			memmove(to, line, (size_t)(next - line));
			to += next - line;
		}
	}
	*to = '\0';
}

/* What the tensor was shown with, for whoever reads the picture's text fields. */
static void note(struct nn_montage *m, const struct nn_tensor *t)
{
	char shape[NN_DIMS * 21], *line;
	size_t have, more;

	if (m->tensors > NOTES)
		return;
	line = nn_asprintf("tensor.%lld=%s %s values %.9g..%.9g shown %.9g..%.9g%s%s\n",
	                   (long long)m->tensors, called(t),
	                   nn_shape_text(t->ndim, t->dim, shape), m->last.least, m->last.most,
	                   m->last.low, m->last.high, m->last.map ? " " : "",
	                   m->last.map ? m->last.map->name : "");
	have = m->notes ? strlen(m->notes) : 0;
	more = strlen(line) + 1;
	m->notes = nn_realloc(m->notes, have + more, 1);
	memcpy(m->notes + have, line, more);
	free(line);
}

int nn_montage_add(struct nn_montage *m, struct nn_tensor *t)
{
	struct view v = {0};

	v.bytes = t->type == NN_U8;
	if (look(&v, t) < 0)
		return -1;
	if (v.kind == NN_BLOCK_BARS ? v.c > BARS : nn_tensor_count(t) > NN_PIXELS * 3)
		return nn_fail("'%s' is too large for a picture", called(t));
	m->pixels += v.kind == NN_BLOCK_PICTURES ? v.n * v.h * v.w : nn_tensor_count(t);
	if (m->pixels > NN_PIXELS)
		return nn_fail("'%s' and what came before have over %lld pixels",
		               called(t), (long long)NN_PIXELS);
	nn_tensor_to_f32(t);
	choose(m, &v);
	share(m, t);
	m->tensors++;
	if (v.kind == NN_BLOCK_PICTURES)
		add_pictures(m, &v);
	else if (v.kind == NN_BLOCK_MAPS)
		add_maps(m, &v);
	else
		add_bars(m, &v);
	note(m, t);
	return 0;
}

char *nn_montage_meta(const struct nn_montage *m)
{
	const char *meta = m->meta ? m->meta : "";
	size_t n = strlen(meta);

	return nn_asprintf("%s%s%s", meta, n && meta[n - 1] != '\n' ? "\n" : "",
	                   m->notes ? m->notes : "");
}

static void block_release(struct nn_block *b)
{
	int64_t i;

	for (i = 0; i < b->ncell; i++) {
		nn_canvas_release(&b->cell[i].image);
		free(b->cell[i].line[0]);
		free(b->cell[i].line[1]);
	}
	free(b->cell);
	free(b->title);
	free(b->shape);
	free(b->source);
	free(b->value);
	free(b->label);
}

void nn_montage_release(struct nn_montage *m)
{
	int i;

	for (i = 0; i < m->nblock; i++)
		block_release(&m->block[i]);
	free(m->block);
	free(m->meta);
	free(m->notes);
	memset(m, 0, sizeof *m);
}
