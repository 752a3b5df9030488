/* SPDX-License-Identifier: ISC */
/* Gemm and MatMul: matrix products and their gradients to both factors. */
#include <string.h>

#include "op.h"

struct product {
	/* forward, and the gradients to a and b as they are stored */
	struct nn_gemm_shape y, a, b;
	/* MatMul: the batch, and where matrix i of it lies in a and b */
	int ndim;
	int64_t dim[NN_DIMS], batch, a_stride[NN_DIMS], b_stride[NN_DIMS];
};

/* Gradients of y [m][n] = a b, a being [m][k] or, transposed, [k][m]; b likewise. */
static void product_gradients(struct product *p)
{
	const struct nn_gemm_shape *s = &p->y;

	if (s->a_transposed)
		p->a = (struct nn_gemm_shape){.m = s->k, .n = s->m, .k = s->n, .lda = s->ldb,
		                              .ldb = s->ldc, .ldc = s->lda,
		                              .a_transposed = s->b_transposed, .b_transposed = 1};
	else
		p->a = (struct nn_gemm_shape){.m = s->m, .n = s->k, .k = s->n, .lda = s->ldc,
		                              .ldb = s->ldb, .ldc = s->lda,
		                              .b_transposed = !s->b_transposed};
	if (s->b_transposed)
		p->b = (struct nn_gemm_shape){.m = s->n, .n = s->k, .k = s->m, .lda = s->ldc,
		                              .ldb = s->lda, .ldc = s->ldb, .a_transposed = 1,
		                              .b_transposed = s->a_transposed};
	else
		p->b = (struct nn_gemm_shape){.m = s->k, .n = s->n, .k = s->m, .lda = s->lda,
		                              .ldb = s->ldc, .ldc = s->ldb,
		                              .a_transposed = !s->a_transposed};
}

static struct product *product_new(struct nn_call *c, const struct nn_gemm_shape *s)
{
	struct product *p = nn_calloc(1, sizeof *p);
	const struct nn_gemm_kernel *k = nn_kernels()->gemm;
	size_t bytes;

	c->param = p;
	p->y = *s;
	product_gradients(p);
	c->scratch_bytes = k->scratch_bytes(s);
	if (c->gradient) {
		bytes = NN_MAX(k->scratch_bytes(&p->a), k->scratch_bytes(&p->b));
		c->scratch_bytes = NN_MAX(c->scratch_bytes, bytes);
	}
	return p;
}

/* gin of a and b for one pair of matrices; the calls below have zeroed or will scale them. */
static void product_backward(const struct nn_call *c, const float *a, const float *b,
                             const float *g, float *ga, float *gb, int accumulate)
{
	const struct nn_gemm_kernel *k = nn_kernels()->gemm;
	const struct product *p = c->param;

	if (ga && p->y.a_transposed)
		k->run(&p->a, b, g, ga, accumulate, c->scratch);
	else if (ga)
		k->run(&p->a, g, b, ga, accumulate, c->scratch);
	if (gb && p->y.b_transposed)
		k->run(&p->b, g, a, gb, accumulate, c->scratch);
	else if (gb)
		k->run(&p->b, a, g, gb, accumulate, c->scratch);
}

/* Gemm: y [m][n] = alpha a b + beta c */

static int gemm_shape(struct nn_call *c)
{
	int ta = nn_attr_int(c->attrs, "transA", 0) != 0,
	    tb = nn_attr_int(c->attrs, "transB", 0) != 0;
	const struct nn_tensor *a, *b, *bias;
	int64_t out[2], dim[NN_DIMS];
	struct nn_gemm_shape s;
	int n;

	if (nn_want_inputs(c, 2, 3) < 0 || nn_want_float(c, 0) < 0 || nn_want_float(c, 1) < 0 ||
	    nn_want_float(c, 2) < 0)
		return -1;
	a = c->in[0];
	b = c->in[1];
	bias = nn_in(c, 2);
	if (a->ndim != 2 || b->ndim != 2)
		return nn_fail("want matrices, have %d and %d dimensions", a->ndim, b->ndim);
	s = (struct nn_gemm_shape){.m = a->dim[ta], .n = b->dim[!tb], .k = a->dim[!ta],
	                           .lda = a->dim[1], .ldb = b->dim[1], .ldc = b->dim[!tb],
	                           .a_transposed = ta, .b_transposed = tb};
	if (b->dim[tb] != s.k)
		return nn_fail("%lld columns do not fit %lld rows", (long long)s.k,
		               (long long)b->dim[tb]);
	out[0] = s.m;
	out[1] = s.n;
	if (bias && (nn_broadcast(bias->ndim, bias->dim, 2, out, &n, dim) < 0 || n != 2 ||
	             dim[0] != s.m || dim[1] != s.n))
		return nn_fail("input 2: want a shape that repeats to %lldx%lld", (long long)s.m,
		               (long long)s.n);
	if (nn_out(c, 0, NN_F32, 2, out) < 0)
		return -1;
	product_new(c, &s);
	return 0;
}

/* y = alpha y + beta bias, relu */
static void gemm_finish(struct nn_call *c)
{
	float alpha = (float)nn_attr_float(c->attrs, "alpha", 1), *y = c->out[0]->data;
	float beta = (float)nn_attr_float(c->attrs, "beta", 1), v;
	const struct nn_tensor *bias = nn_in(c, 2);
	int64_t i, j, stride[NN_DIMS] = {0}, columns = c->out[0]->dim[1];
	const float *t = bias ? bias->data : NULL;

	if (!bias && !c->relu && alpha == 1)
		return;
	if (bias)
		nn_broadcast_strides(bias->ndim, bias->dim, 2, c->out[0]->dim, stride);
	for (i = 0; i < c->out[0]->dim[0]; i++)
		for (j = 0; j < columns; j++) {
			v = alpha * y[i * columns + j];
			if (t)
				v += beta * t[i * stride[0] + j * stride[1]];
			y[i * columns + j] = c->relu && v < 0 ? 0 : v;
		}
}

static int gemm_forward(struct nn_call *c)
{
	const struct product *p = c->param;

	nn_kernels()->gemm->run(&p->y, c->in[0]->data, c->in[1]->data, c->out[0]->data, 0,
				c->scratch);
	gemm_finish(c);
	return 0;
}

static void multiply(float *v, int64_t n, double factor)
{
	int64_t i;

	for (i = 0; v && factor != 1 && i < n; i++)
		v[i] *= (float)factor;
}

static void gemm_backward(struct nn_call *c)
{
	double alpha = nn_attr_float(c->attrs, "alpha", 1),
	       beta = nn_attr_float(c->attrs, "beta", 1);
	const struct nn_tensor *y = c->out[0], *bias = nn_in(c, 2);

	if (c->relu)
		nn_relu_gradient(c->rule, y->data, c->gout[0], c->gout[0], y->dim[0], y->dim[1]);
	product_backward(c, c->in[0]->data, c->in[1]->data, c->gout[0], c->gin[0], c->gin[1], 0);
	multiply(c->gin[0], nn_tensor_count(c->in[0]), alpha);
	multiply(c->gin[1], nn_tensor_count(c->in[1]), alpha);
	if (bias && c->gin[2]) {
		nn_broadcast_gradient(2, y->dim, c->gout[0], bias->ndim, bias->dim, c->gin[2]);
		multiply(c->gin[2], nn_tensor_count(bias), beta);
	}
}

/* Where a column of the product is a row of b. */
static int gemm_narrow(const struct nn_call *c, int lone, struct nn_channels *out,
                       struct nn_channels *in)
{
	const struct nn_tensor *bias = nn_in(c, 2);

	if (!nn_attr_int(c->attrs, "transB", 0) || (bias && bias->ndim > 1 && bias->dim[0] != 1) ||
	    (bias && nn_tensor_count(bias) != 1 && nn_tensor_count(bias) != c->out[0]->dim[1]))
		return 0;
	return nn_narrow_rows(c, lone, out, in);
}

static int gemm_fuse(struct nn_call *c, const struct nn_call *next)
{
	if (c->relu || strcmp(next->op->name, "Relu"))
		return 0;
	c->relu = 1;
	return 1;
}

/* MatMul: y [...][m][n] = a [...][m][k] b [...][k][n], batches repeated as NumPy does it */

/* Strides, in numbers, of the batch; 0 where a matrix is used again. */
static void batch_strides(const struct product *p, const struct nn_tensor *t, int64_t matrix,
                          int64_t *stride)
{
	int i;

	nn_broadcast_strides(NN_MAX(t->ndim - 2, 0), t->dim, p->ndim, p->dim, stride);
	for (i = 0; i < p->ndim; i++)
		stride[i] *= matrix;
}

static int matmul_shape(struct nn_call *c)
{
	const struct nn_tensor *a, *b;
	int64_t dim[NN_DIMS];
	struct nn_gemm_shape s = {.m = 1, .n = 1};
	struct product *p;
	int n, batch, i;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_want_float(c, 0) < 0 || nn_want_float(c, 1) < 0)
		return -1;
	a = c->in[0];
	b = c->in[1];
	if (a->ndim < 1 || b->ndim < 1)
		return nn_fail("want matrices, have a scalar");
	s.k = s.lda = a->dim[a->ndim - 1];
	if (a->ndim > 1)
		s.m = a->dim[a->ndim - 2];
	if (b->ndim > 1)
		s.n = b->dim[b->ndim - 1];
	s.ldb = s.ldc = s.n;
	if (b->dim[NN_MAX(b->ndim - 2, 0)] != s.k)
		return nn_fail("%lld columns do not fit %lld rows", (long long)s.k,
		               (long long)b->dim[NN_MAX(b->ndim - 2, 0)]);
	if (nn_broadcast(NN_MAX(a->ndim - 2, 0), a->dim, NN_MAX(b->ndim - 2, 0), b->dim, &n, dim) <
	    0)
		return -1;
	batch = n;
	if (a->ndim > 1)
		dim[n++] = s.m;
	if (b->ndim > 1)
		dim[n++] = s.n;
	if (nn_out(c, 0, NN_F32, n, dim) < 0)
		return -1;
	if (b->ndim <= 2 && a->ndim > 2) { /* one b for all: rows of the batch are rows */
		s.m = nn_shape_count(a->ndim - 1, a->dim);
		batch = 0;
	}
	p = product_new(c, &s);
	p->ndim = batch;
	memcpy(p->dim, dim, (size_t)batch * sizeof *dim);
	for (i = 0, p->batch = 1; i < batch; i++)
		p->batch *= dim[i];
	batch_strides(p, a, s.m * s.k, p->a_stride);
	batch_strides(p, b, s.k * s.n, p->b_stride);
	return 0;
}

/* Where the matrices of batch item i begin. */
static void batch_at(const struct product *p, int64_t i, int64_t *a, int64_t *b)
{
	int d;

	*a = *b = 0;
	for (d = p->ndim - 1; d >= 0; d--) {
		*a += i % p->dim[d] * p->a_stride[d];
		*b += i % p->dim[d] * p->b_stride[d];
		i /= p->dim[d];
	}
}

static int matmul_forward(struct nn_call *c)
{
	const struct product *p = c->param;
	const float *a = c->in[0]->data, *b = c->in[1]->data;
	int64_t i, ai, bi;

	for (i = 0; i < p->batch; i++) {
		batch_at(p, i, &ai, &bi);
		nn_kernels()->gemm->run(&p->y, a + ai, b + bi,
					(float *)c->out[0]->data + i * p->y.m * p->y.n, 0,
					c->scratch);
	}
	return 0;
}

static void matmul_backward(struct nn_call *c)
{
	const struct product *p = c->param;
	const float *a = c->in[0]->data, *b = c->in[1]->data;
	float *ga = c->gin[0], *gb = c->gin[1];
	int64_t i, ai, bi;

	if (ga)
		memset(ga, 0, nn_tensor_bytes(c->in[0]));
	if (gb)
		memset(gb, 0, nn_tensor_bytes(c->in[1]));
	for (i = 0; i < p->batch; i++) {
		batch_at(p, i, &ai, &bi);
		product_backward(c, a + ai, b + bi, c->gout[0] + i * p->y.m * p->y.n,
				 ga ? ga + ai : NULL, gb ? gb + bi : NULL, 1);
	}
}

const struct nn_op nn_op_Gemm = {
	.name = "Gemm", .shape = gemm_shape, .forward = gemm_forward, .backward = gemm_backward,
	.narrow = gemm_narrow, .fuse = gemm_fuse, .flags = NN_KEEP_IN,
};

const struct nn_op nn_op_MatMul = {
	.name = "MatMul", .shape = matmul_shape, .forward = matmul_forward,
	.backward = matmul_backward, .flags = NN_KEEP_IN,
};
