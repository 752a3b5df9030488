/* SPDX-License-Identifier: ISC */
/* Transpose, Expand, Tile, SpaceToDepth, DepthToSpace: one strided copy, and its inverse. */
#include <stdlib.h>
#include <string.h>

#include "op.h"

/* y[i . sy] = x[i . sx] over dim; the gradient goes the other way. */
struct move {
	int n;
	int64_t dim[NN_DIMS], sy[NN_DIMS], sx[NN_DIMS];
};

static struct move *move_new(struct nn_call *c)
{
	return c->param = nn_calloc(1, sizeof(struct move));
}

static int move_forward(struct nn_call *c)
{
	const struct move *m = c->param;

	nn_move(m->n, m->dim, c->out[0]->data, m->sy, c->in[0]->data, m->sx,
	        nn_type_size(c->in[0]->type));
	return 0;
}

static void move_backward(struct nn_call *c)
{
	const struct move *m = c->param;

	if (c->gin[0])
		nn_move(m->n, m->dim, c->gin[0], m->sx, c->gout[0], m->sy, sizeof(float));
}

static int transpose_shape(struct nn_call *c)
{
	const int64_t *perm;
	const struct nn_tensor *x;
	int64_t dim[NN_DIMS], strides[NN_DIMS];
	struct move *m;
	int i, j, n;
	unsigned seen = 0;

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	x = c->in[0];
	perm = nn_attr_ints(c->attrs, "perm", &n);
	if (perm && n != x->ndim)
		return nn_fail("attribute perm: want %d axes, have %d", x->ndim, n);
	m = move_new(c);
	m->n = x->ndim;
	nn_strides(x->ndim, x->dim, strides);
	for (i = 0; i < x->ndim; i++) {
		if (perm && (perm[i] < 0 || perm[i] >= n || (seen & 1u << perm[i])))
			return nn_fail("attribute perm: axis %lld", (long long)perm[i]);
		j = perm ? (int)perm[i] : x->ndim - 1 - i;
		seen |= 1u << j;
		dim[i] = m->dim[i] = x->dim[j];
		m->sx[i] = strides[j];
	}
	nn_strides(m->n, dim, m->sy);
	return nn_out(c, 0, x->type, x->ndim, dim);
}

const struct nn_op nn_op_Transpose = {
	.name = "Transpose",
	.shape = transpose_shape,
	.forward = move_forward,
	.backward = move_backward,
};

static int blocks(struct nn_call *c, int64_t *block)
{
	*block = nn_attr_int(c->attrs, "blocksize", 0);
	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	if (c->in[0]->ndim != 4)
		return nn_fail("input 0: want 4 dimensions, have %d", c->in[0]->ndim);
	if (*block < 1 || *block > 65535)
		return nn_fail("attribute blocksize: %lld", (long long)*block);
	return 0;
}

/* x [n][c][h][w] as [n][block][block][c'][h][w] (DCR) or [n][c'][block][block][h][w] (CRD) */
static int depth_to_space_shape(struct nn_call *c)
{
	int64_t b, ch, h, w;
	struct move *m;
	int crd;

	if (blocks(c, &b) < 0 || nn_want_choice(c->attrs, "mode", "DCR", "DCR CRD", &crd) < 0)
		return -1;
	if (c->in[0]->dim[1] % (b * b))
		return nn_fail("attribute blocksize: %lld channels do not divide by %lld",
		               (long long)c->in[0]->dim[1], (long long)(b * b));
	m = move_new(c);
	m->n = 6;
	ch = c->in[0]->dim[1] / (b * b);
	h = c->in[0]->dim[2];
	w = c->in[0]->dim[3];
	memcpy(m->dim, (int64_t[]){c->in[0]->dim[0], ch, h, b, w, b}, 6 * sizeof *m->dim);
	nn_strides(6, m->dim, m->sy);
	memcpy(m->sx,
	       (int64_t[]){ch * b * b * h * w, (crd ? b * b : 1) * h * w, w,
	                   (crd ? b : b * ch) * h * w, 1, (crd ? 1 : ch) * h * w},
	       6 * sizeof *m->sx);
	return nn_out(c, 0, c->in[0]->type, 4, (int64_t[]){m->dim[0], ch, h * b, w * b});
}

const struct nn_op nn_op_DepthToSpace = {
	.name = "DepthToSpace",
	.shape = depth_to_space_shape,
	.forward = move_forward,
	.backward = move_backward,
};

/* y [n][block][block][c][h/block][w/block] */
static int space_to_depth_shape(struct nn_call *c)
{
	int64_t b, ch, h, w;
	struct move *m;

	if (blocks(c, &b) < 0)
		return -1;
	if (c->in[0]->dim[2] % b || c->in[0]->dim[3] % b)
		return nn_fail("attribute blocksize: %lldx%lld does not divide by %lld",
		               (long long)c->in[0]->dim[2], (long long)c->in[0]->dim[3],
		               (long long)b);
	m = move_new(c);
	m->n = 6;
	ch = c->in[0]->dim[1];
	h = c->in[0]->dim[2] / b;
	w = c->in[0]->dim[3] / b;
	memcpy(m->dim, (int64_t[]){c->in[0]->dim[0], b, b, ch, h, w}, 6 * sizeof *m->dim);
	nn_strides(6, m->dim, m->sy);
	memcpy(m->sx,
	       (int64_t[]){ch * h * b * w * b, w * b, 1, h * b * w * b, b * w * b, b},
	       6 * sizeof *m->sx);
	return nn_out(c, 0, c->in[0]->type, 4, (int64_t[]){m->dim[0], ch * b * b, h, w});
}

const struct nn_op nn_op_SpaceToDepth = {
	.name = "SpaceToDepth",
	.shape = space_to_depth_shape,
	.forward = move_forward,
	.backward = move_backward,
};

static int expand_shape(struct nn_call *c)
{
	int64_t *want, dim[NN_DIMS];
	struct move *m;
	int n, i, r = 0;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_const_ints(c, 1, &want, &n) < 0)
		return -1;
	for (i = 0; i < n && r == 0; i++)
		if (want[i] < 0)
			r = nn_fail("input 1: dimension %lld", (long long)want[i]);
	if (r == 0 && n > NN_DIMS)
		r = nn_fail("input 1: %d dimensions, at most %d are read", n, NN_DIMS);
	m = move_new(c);
	if (r == 0)
		r = nn_broadcast(c->in[0]->ndim, c->in[0]->dim, n, want, &m->n, dim);
	free(want);
	if (r < 0 || nn_out(c, 0, c->in[0]->type, m->n, dim) < 0)
		return -1;
	memcpy(m->dim, dim, sizeof dim);
	nn_strides(m->n, dim, m->sy);
	nn_broadcast_strides(c->in[0]->ndim, c->in[0]->dim, m->n, dim, m->sx);
	return 0;
}

static void expand_backward(struct nn_call *c)
{
	if (c->gin[0])
		nn_broadcast_gradient(c->out[0]->ndim, c->out[0]->dim, c->gout[0], c->in[0]->ndim,
		                      c->in[0]->dim, c->gin[0]);
}

const struct nn_op nn_op_Expand = {
	.name = "Expand",
	.shape = expand_shape,
	.forward = move_forward,
	.backward = expand_backward,
};

/* y as [r0][d0][r1][d1]..., of which x repeats along every r */
static int tile_shape(struct nn_call *c)
{
	const struct nn_tensor *x;
	int64_t *repeats, dim[NN_DIMS], own[NN_DIMS];
	struct move *m;
	int i, n, r = 0;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_const_ints(c, 1, &repeats, &n) < 0)
		return -1;
	x = c->in[0];
	m = move_new(c);
	nn_strides(x->ndim, x->dim, own);
	if (n != x->ndim)
		r = nn_fail("input 1: want %d repeats, have %d", x->ndim, n);
	for (i = 0; i < n && r == 0; i++) {
		if (repeats[i] < 0 || (x->dim[i] && repeats[i] > INT64_MAX / x->dim[i])) {
			r = nn_fail("input 1: %lld repeats", (long long)repeats[i]);
			break;
		}
		dim[i] = x->dim[i] * repeats[i];
		if (repeats[i] != 1)
			m->dim[m->n++] = repeats[i];
		if (x->dim[i] != 1 || repeats[i] == 1) {
			if (m->n + n - i > NN_DIMS) {
				r = nn_fail("input 1: repeats along too many dimensions");
				break;
			}
			m->sx[m->n] = own[i];
			m->dim[m->n++] = x->dim[i];
		}
	}
	free(repeats);
	if (r < 0 || nn_out(c, 0, x->type, n, dim) < 0)
		return -1;
	nn_strides(m->n, m->dim, m->sy);
	return 0;
}

static void tile_backward(struct nn_call *c)
{
	const struct move *m = c->param;
	int64_t kept[NN_DIMS];
	int i;

	for (i = 0; i < m->n; i++)
		kept[i] = m->sx[i] ? m->dim[i] : 1;
	if (c->gin[0])
		nn_broadcast_gradient(m->n, m->dim, c->gout[0], m->n, kept, c->gin[0]);
}

const struct nn_op nn_op_Tile = {
	.name = "Tile",
	.limits = "at most 8 dimensions, of which repeated ones count twice",
	.shape = tile_shape,
	.forward = move_forward,
	.backward = tile_backward,
};
