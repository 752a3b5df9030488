/* SPDX-License-Identifier: ISC */
#include "strip.h"

static int64_t rows_of(const struct piece *p, int64_t lines)
{
	return (lines - 1) * p->step_h + (p->rows - 1) * p->row_step + 1;
}

void strip_make(struct strip *s, const struct piece *p, int unit, int64_t lines, int64_t channels)
{
	s->unit = unit;
	s->parts = p->cols == 1 ? 1 : p->step_w;
	s->part = p->gw + (p->cols - 1) * p->col_step / p->step_w;
	s->plane = rows_of(p, lines) * s->parts * s->part * unit;
	s->floats = (channels + unit - 1) / unit * s->plane;
}

/* A row of n pixels, step apart, from column x of a row of iw pixels; zeros outside. */
INLINE void copy_row(const int unit, const float *in, const float *gate, int64_t iw, int64_t x,
		     int64_t step, int64_t n, float *to)
{
	int64_t low = x < 0 ? NN_MIN((-x + step - 1) / step, n) : 0, i;
	int64_t high = x < iw ? NN_MAX(NN_MIN((iw - x - 1) / step + 1, n), low) : low;

	for (i = 0; i < low * unit; i++)
		to[i] = 0;
	for (i = high * unit; i < n * unit; i++)
		to[i] = 0;
	in += (x + low * step) * unit;
	to += low * unit;
	n = high - low;
	if (gate) {
		gate += (x + low * step) * unit;
		for (i = 0; i < n; i++)
			v_store(to + i * VL,
				v_pass(v_load(gate + i * step * VL), v_load(in + i * step * VL)));
	} else if (step == 1 && unit == VL)
		for (i = 0; i < n; i++)
			v_store(to + i * VL, v_load(in + i * VL));
	else if (step == 1)
		memcpy(to, in, (size_t)n * sizeof *to);
	else if (unit == VL)
		for (i = 0; i < n; i++)
			v_store(to + i * VL, v_load(in + i * step * VL));
	else
		for (i = 0; i < n; i++)
			to[i] = in[i * step];
}

void strip_fill(const struct strip *s, const struct piece *p, const float *in, const float *gate,
		int64_t line, int64_t lines, int64_t c, int64_t channels, float *to)
{
	int64_t planes = (channels + s->unit - 1) / s->unit, rows = rows_of(p, lines), i, r, y, x,
		at;
	int64_t pitch = s->parts * s->part * s->unit;

	for (i = 0; i < planes; i++)
		for (r = 0; r < rows; r++) {
			float *row = to + i * s->plane + r * pitch;

			y = line * p->step_h + p->row + r;
			if (y < 0 || y >= p->ih) {
				memset(row, 0, (size_t)pitch * sizeof *row);
				continue;
			}
			at = ((c / s->unit + i) * p->ih + y) * p->iw * s->unit;
			for (x = 0; x < s->parts; x++, row += s->part * s->unit)
				if (s->unit == 1)
					copy_row(1, in + at, NULL, p->iw, p->col + x, p->step_w,
						 s->part, row);
				else
					copy_row(VL, in + at, gate ? gate + at : NULL, p->iw,
						 p->col + x, p->step_w, s->part, row);
		}
}

void strip_fill_flat(const struct strip *s, const float *in, const float *gate, int64_t length,
		     int64_t pixels, int64_t channels, float *to)
{
	int64_t i;

	for (i = 0; i < (channels + VL - 1) / VL; i++)
		copy_row(VL, in + i * length, gate ? gate + i * length : NULL, pixels, 0, 1, pixels,
			 to + i * s->plane);
}

void strip_table(const struct strip *s, const struct piece *p, int64_t channels, int32_t *at)
{
	int64_t ty, tx, c, x, row;

	for (ty = 0; ty < p->rows; ty++)
		for (tx = 0; tx < p->cols; tx++)
			for (c = 0; c < channels; c++) {
				x = tx * p->col_step;
				row = ty * p->row_step * s->parts + x % p->step_w;
				*at++ = (int32_t)(c / s->unit * s->plane + c % s->unit +
						  (row * s->part + x / p->step_w) * s->unit);
			}
}
