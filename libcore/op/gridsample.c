/* SPDX-License-Identifier: ISC */
/*
 * GridSample: y [n][c][oh][ow] = x [n][c][h][w] at the places grid [n][oh][ow][2], of which -1..1
 * is the width and the height of x.
 */
#include <math.h>
#include <string.h>

#include "op.h"

enum mode { LINEAR, NEAREST, CUBIC };
enum padding { ZEROS, BORDER, REFLECTION };

struct grid {
	int mode, padding, align;
};

static int grid_shape(struct nn_call *c)
{
	const struct nn_tensor *x, *grid;
	struct grid *p;
	int mode, padding;

	/* opset 20 renamed the modes of opset 16 */
	if (nn_want_inputs(c, 2, 2) < 0 || nn_want_float(c, 0) < 0 || nn_want_float(c, 1) < 0 ||
	    nn_want_choice(c->attrs, "mode", "linear", "linear nearest cubic bilinear bicubic",
			   &mode) < 0 ||
	    nn_want_choice(c->attrs, "padding_mode", "zeros", "zeros border reflection",
	                   &padding) < 0)
		return -1;
	x = c->in[0];
	grid = c->in[1];
	if (x->ndim != 4 || grid->ndim != 4 || grid->dim[3] != 2 || grid->dim[0] != x->dim[0])
		return nn_fail("want x nxcxhxw and a grid nxhxwx2");
	if (nn_want_no_gradient(c, 1) < 0)
		return -1;
	if (nn_tensor_count(x) < 1)
		return nn_fail("input 0 is empty");
	c->param = p = nn_calloc(1, sizeof *p);
	p->mode = mode == 3 ? LINEAR : mode == 4 ? CUBIC : mode;
	p->padding = padding;
	p->align = nn_attr_int(c->attrs, "align_corners", 0) != 0;
	return nn_out(c, 0, NN_F32, 4,
	              (int64_t[]){x->dim[0], x->dim[1], grid->dim[1], grid->dim[2]});
}

/* x folded back into low..high as often as needed */
static double reflect(double x, double low, double high)
{
	double span = high - low;

	if (span <= 0)
		return low;
	x = fmod(fabs(x - low), 2 * span);
	return low + (x > span ? 2 * span - x : x);
}

/* The place of a grid coordinate along a dimension of n. */
static double place(const struct grid *p, double g, int64_t n)
{
	double x = p->align ? (g + 1) / 2 * (double)(n - 1) : ((g + 1) * (double)n - 1) / 2;

	if (x != x)
		x = -1e9; /* as far outside as it gets */
	x = NN_MIN(NN_MAX(x, -1e9), 1e9);
	if (p->mode == CUBIC)
		return x; /* its taps are put inside one by one */
	if (p->padding == BORDER)
		return NN_MIN(NN_MAX(x, 0), (double)(n - 1));
	if (p->padding == REFLECTION) {
		x = p->align ? reflect(x, 0, (double)(n - 1)) : reflect(x, -.5, (double)n - .5);
		return NN_MIN(NN_MAX(x, 0), (double)(n - 1));
	}
	return x;
}

/* Where tap i of a dimension of n is read; -1: a zero. */
static int64_t tap(const struct grid *p, int64_t i, int64_t n)
{
	double x;

	if (i >= 0 && i < n)
		return i;
	if (p->padding == ZEROS)
		return -1;
	if (p->padding == BORDER)
		return i < 0 ? 0 : n - 1;
	x = p->align ? reflect((double)i, 0, (double)(n - 1))
	             : reflect((double)i, -.5, (double)n - .5);
	return NN_MIN(NN_MAX((int64_t)rint(x), 0), n - 1);
}

/* Up to four taps along a dimension, with their weights: how many. */
static int taps(const struct grid *p, double g, int64_t n, int64_t at[4], double weight[4])
{
	const double a = -.75;
	double x = place(p, g, n), f = x - floor(x), d;
	int i;

	if (p->mode == NEAREST) {
		at[0] = tap(p, (int64_t)rint(x), n);
		weight[0] = 1;
		return 1;
	}
	if (p->mode == LINEAR) {
		for (i = 0; i < 2; i++) {
			at[i] = tap(p, (int64_t)floor(x) + i, n);
			weight[i] = i ? f : 1 - f;
		}
		return 2;
	}
	for (i = 0; i < 4; i++) {
		d = fabs(f - (i - 1));
		at[i] = tap(p, (int64_t)floor(x) - 1 + i, n);
		weight[i] = d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1
		                   : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
	}
	return 4;
}

struct sample {
	int rows, columns;
	int64_t row[4], column[4];
	double row_weight[4], column_weight[4];
};

static void sample(const struct nn_call *c, int64_t i, struct sample *s)
{
	const float *g = (const float *)c->in[1]->data + 2 * i;

	s->columns = taps(c->param, g[0], c->in[0]->dim[3], s->column, s->column_weight);
	s->rows = taps(c->param, g[1], c->in[0]->dim[2], s->row, s->row_weight);
}

static int grid_forward(struct nn_call *c)
{
	const struct nn_tensor *x = c->in[0], *y = c->out[0];
	int64_t size = x->dim[2] * x->dim[3], places = y->dim[2] * y->dim[3], i, ch;
	struct sample s;
	int j, k;

	for (i = 0; i < y->dim[0] * places; i++) {
		sample(c, i, &s);
		for (ch = 0; ch < x->dim[1]; ch++) {
			int64_t plane = i / places * x->dim[1] + ch;
			const float *from = (const float *)x->data + plane * size;
			double sum = 0;

			for (j = 0; j < s.rows; j++)
				for (k = 0; k < s.columns; k++)
					if (s.row[j] >= 0 && s.column[k] >= 0)
						sum += s.row_weight[j] * s.column_weight[k] *
						       from[s.row[j] * x->dim[3] + s.column[k]];
			((float *)y->data)[plane * places + i % places] = (float)sum;
		}
	}
	return 0;
}

static void grid_backward(struct nn_call *c)
{
	const struct nn_tensor *x = c->in[0], *y = c->out[0];
	int64_t size = x->dim[2] * x->dim[3], places = y->dim[2] * y->dim[3], i, ch;
	struct sample s;
	int j, k;

	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(x));
	for (i = 0; i < y->dim[0] * places; i++) {
		sample(c, i, &s);
		for (ch = 0; ch < x->dim[1]; ch++) {
			int64_t plane = i / places * x->dim[1] + ch;
			float *to = c->gin[0] + plane * size;
			double g = c->gout[0][plane * places + i % places];

			for (j = 0; j < s.rows; j++)
				for (k = 0; k < s.columns; k++)
					if (s.row[j] >= 0 && s.column[k] >= 0)
						to[s.row[j] * x->dim[3] + s.column[k]] +=
						        (float)(g * s.row_weight[j] *
						                s.column_weight[k]);
		}
	}
}

const struct nn_op nn_op_GridSample = {
	.name = "GridSample",
	.limits = "4 dimensions; no gradient to the grid",
	.shape = grid_shape,
	.forward = grid_forward,
	.backward = grid_backward,
	.flags = NN_KEEP_IN,
};
