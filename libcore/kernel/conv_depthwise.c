/* SPDX-License-Identifier: ISC */
/*
 * Depthwise convolution: every channel by itself, so that moving numbers is the cost.  Some rows of
 * outputs are made at once from each vector that is read, where it lies in the input.  Weights are
 * packed as for conv_gemm.c.
 */
#include "conv.h"
#include "piece.h"

#define ROWS 4 /* of outputs at once */

struct plane {
	const struct piece *p;
	const float *in, *weights; /* tap i at weights[i * p->tile] */
	float bias;
	int relu;
	float *out;
};

/* Lanes of the vector at column x of the input, step apart, that are inside of it. */
static range inside(const struct piece *p, int64_t x, int64_t step)
{
	int64_t low = x < 0 ? (-x + step - 1) / step : 0;
	int64_t high = x < p->iw ? (p->iw - x - 1) / step + 1 : 0;

	high = NN_MAX(NN_MIN(high, VL), 0);
	return v_range((int)NN_MIN(low, high), (int)high);
}

/*
 * Outputs (gy.., gx..), rows of them, a vector each.  rows, kh, kw and step are constants where the
 * caller knows them, and then all is unrolled.
 */
INLINE void block(const struct plane *t, int64_t gy, int64_t gx, int64_t rows, int64_t kh,
                  int64_t kw, int64_t step)
{
	const struct piece *p = t->p;
	int64_t r, q, tx, y, x = gx * step + p->col, height = (rows - 1) * step + kh;
	int whole = x >= 0 && x + (VL - 1) * step + kw <= p->iw,
	    columns = (int)NN_MIN(VL, p->gw - gx);
	vec acc[ROWS], v;

	for (q = 0; q < ROWS; q++)
		acc[q] = v_zero();
#pragma GCC unroll 16
	for (r = 0; r < height; r++) {
		const float *in;

		y = gy * step + p->row + r;
		if (y < 0 || y >= p->ih)
			continue;
		in = t->in + y * p->iw + x;
#pragma GCC unroll 5
		for (tx = 0; tx < kw; tx++) {
			if (step == 1)
				v = whole ? v_load(in + tx)
					  : v_load_range(in + tx, inside(p, x + tx, 1));
			else
				v = v_load_step(in + tx, (int)step, inside(p, x + tx, step));
#pragma GCC unroll 4
			for (q = 0; q < ROWS; q++)
				if (q < rows && r - q * step >= 0 && r - q * step < kh)
					acc[q] =
						v_fma(v_set1(t->weights[((r - q * step) * kw + tx) *
									p->tile]),
						      v, acc[q]);
		}
	}
	for (q = 0; q < rows; q++) {
		v = v_add(acc[q], v_set1(t->bias));
		if (t->relu)
			v = v_max(v_zero(), v);
		v_store_range(t->out + (gy + q) * p->gw + gx, v_range(0, columns), v);
	}
}

static void plane_run(const struct plane *t)
{
	const struct piece *p = t->p;
	int64_t gy, gx, rows;

	for (gy = 0; gy < p->gh; gy += ROWS)
		for (gx = 0; gx < p->gw; gx += VL) {
			rows = NN_MIN(ROWS, p->gh - gy);
			if (rows == ROWS && p->rows == 3 && p->cols == 3 && p->step_w == 1)
				block(t, gy, gx, ROWS, 3, 3, 1);
			else if (rows == ROWS && p->rows == 3 && p->cols == 3 && p->step_w == 2)
				block(t, gy, gx, ROWS, 3, 3, 2);
			else if (rows == ROWS && p->rows == 5 && p->cols == 5 && p->step_w == 1)
				block(t, gy, gx, ROWS, 5, 5, 1);
			else
				block(t, gy, gx, rows, p->rows, p->cols, p->step_w);
		}
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const void *packed,
                const float *bias, int relu, float *out, void *scratch)
{
	size_t group = piece_group(s, backward);
	struct piece p;
	int64_t i;

	(void)scratch;
	piece_make(s, backward, 0, &p);
#pragma omp parallel for schedule(static)
	for (i = 0; i < s->n * s->groups; i++) {
		struct plane t = {.p = &p, .relu = relu};

		t.in = in + i * p.ih * p.iw;
		t.out = out + i * p.gh * p.gw;
		t.weights = (const float *)packed + (size_t)(i % s->groups) * group;
		t.bias = bias ? bias[i % s->groups] : 0;
		plane_run(&t);
	}
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 0;
}

static int able(const struct nn_conv_shape *s, int backward)
{
	struct piece p;

	if (s->ci != s->groups || s->co != s->groups || s->h < 1 || s->w < 1)
		return 0;
	piece_make(s, backward, 0, &p);
	return piece_count(s, backward) == 1 && piece_in_place(&p) && p.step_h == p.step_w &&
	       p.row_step == 1 && p.col_step == 1 && p.rows > 0 && p.cols > 0;
}

static int fits(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 1;
}

const struct conv_algorithm conv_depthwise = {
	.name = "depthwise", .packing = 0, .able = able, .fits = fits,
	.packed_bytes = piece_packed_bytes, .pack = piece_pack_all, .scratch_bytes = scratch_bytes,
	.run = run,
};
