/* SPDX-License-Identifier: ISC */
/* ReverseSequence: in each of a batch, the first so many along the time axis in reverse order. */
#include <string.h>

#include "op.h"

struct reverse {
	int64_t dim0, dim1, inner; /* the first two dimensions, one the batch and one the time */
	int time_first;
};

static int reverse_shape(struct nn_call *c)
{
	int64_t time = nn_attr_int(c->attrs, "time_axis", 0);
	int64_t batch = nn_attr_int(c->attrs, "batch_axis", 1), i;
	const struct nn_tensor *x, *lengths;
	struct reverse *p;

	if (nn_want_inputs(c, 2, 2) < 0)
		return -1;
	x = c->in[0];
	lengths = c->in[1];
	if (x->ndim < 2)
		return nn_fail("input 0: want 2 dimensions or more, have %d", x->ndim);
	if (time + batch != 1 || (time != 0 && time != 1))
		return nn_fail("attributes time_axis and batch_axis: want 0 and 1, or 1 and 0");
	if (lengths->type == NN_F32 || lengths->ndim != 1 || lengths->dim[0] != x->dim[batch])
		return nn_fail("input 1: want a length for each of the batch");
	c->param = p = nn_calloc(1, sizeof *p);
	p->dim0 = x->dim[0];
	p->dim1 = x->dim[1];
	p->time_first = time == 0;
	for (p->inner = 1, i = 2; i < x->ndim; i++)
		p->inner *= x->dim[i];
	return nn_out_like(c, 0, x);
}

/* y = x reversed: its own inverse */
static int reverse(const struct nn_call *c, char *y, const char *x, size_t size)
{
	const struct reverse *p = c->param;
	int64_t i, j, n, time, from, steps = p->time_first ? p->dim0 : p->dim1;
	size_t bytes = (size_t)p->inner * size;

	for (i = 0; i < p->dim0; i++)
		for (j = 0; j < p->dim1; j++) {
			n = nn_int_at(c->in[1], p->time_first ? j : i);
			if (n < 0 || n > steps)
				return nn_fail("input 1: a length of %lld of %lld", (long long)n,
				               (long long)steps);
			time = p->time_first ? i : j;
			from = time < n ? n - 1 - time : time;
			from = p->time_first ? from * p->dim1 + j : i * p->dim1 + from;
			memcpy(y + (size_t)(i * p->dim1 + j) * bytes, x + (size_t)from * bytes,
			       bytes);
		}
	return 0;
}

static int reverse_forward(struct nn_call *c)
{
	return reverse(c, c->out[0]->data, c->in[0]->data, nn_type_size(c->in[0]->type));
}

static void reverse_backward(struct nn_call *c)
{
	if (c->gin[0])
		reverse(c, (char *)c->gin[0], (const char *)c->gout[0], sizeof(float));
}

const struct nn_op nn_op_ReverseSequence = {
	.name = "ReverseSequence",
	.shape = reverse_shape,
	.forward = reverse_forward,
	.backward = reverse_backward,
	.flags = NN_KEEP_IN,
};
