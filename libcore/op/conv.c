/* SPDX-License-Identifier: ISC */
/*
 * Conv and ConvTranspose, the gradient of a Conv to its input taken as an operator: what is y for
 * the one is x for the other.
 */
#include <string.h>

#include "op_conv.h"

/* shapes */

static int check_inputs(const struct nn_call *c, int64_t *groups)
{
	const struct nn_tensor *x, *w;

	if (nn_want_inputs(c, 2, 3) < 0 || nn_want_float(c, 0) < 0 || nn_want_float(c, 1) < 0 ||
	    nn_want_float(c, 2) < 0)
		return -1;
	x = c->in[0];
	w = c->in[1];
	*groups = nn_attr_int(c->attrs, "group", 1);
	if (*groups > 1 && c->narrowed.count)
		*groups = *groups * c->narrowed.count / c->out_all;
	if (x->ndim < 3 || x->ndim > 5)
		return nn_fail("input 0: want 3 to 5 dimensions, have %d", x->ndim);
	if (w->ndim != x->ndim)
		return nn_fail("weights: want %d dimensions, have %d", x->ndim, w->ndim);
	if (*groups < 1 || w->dim[0] % *groups || x->dim[1] % *groups)
		return nn_fail("attribute group: %lld does not divide the channels",
			       (long long)*groups);
	if (c->gradient && !w->data)
		return nn_fail("weights: a gradient needs constant ones");
	return 0;
}

static int check_bias(const struct nn_call *c, int64_t channels)
{
	const struct nn_tensor *b = nn_in(c, 2);

	if (b && (b->ndim != 1 || b->dim[0] != channels))
		return nn_fail("bias: want %lld numbers, have %lld", (long long)channels,
		               (long long)nn_tensor_count(b));
	return 0;
}

static int check_kernel(const struct nn_call *c)
{
	const struct nn_tensor *w = c->in[1];
	int count, i;
	const int64_t *k = nn_attr_ints(c->attrs, "kernel_shape", &count);

	for (i = 0; k && i < w->ndim - 2; i++)
		if (count != w->ndim - 2 || k[i] != w->dim[2 + i])
			return nn_fail("attribute kernel_shape differs from the weights");
	return 0;
}

static void set_scratch(struct nn_call *c)
{
	const struct nn_conv *p = c->param;
	size_t forward = nn_slices_scratch(&p->c, p->transposed);
	size_t backward = c->gradient ? nn_slices_scratch(&p->c, !p->transposed) : 0;

	c->scratch_bytes = NN_MAX(forward, backward);
	if (!p->constant)
		c->scratch_bytes += nn_round_up(
			nn_kernels()->conv->packed_bytes(&p->c.s, p->transposed), NN_ALIGN);
}

static int conv_setup(struct nn_call *c, int64_t ci, int64_t co, int64_t groups,
                      const struct nn_window *w, int transposed)
{
	int64_t channels = transposed ? ci : co;
	struct nn_conv *p = nn_calloc(1, sizeof *p + 3 * (size_t)channels * sizeof(float));
	struct nn_slices whole;

	c->param = p;
	p->transposed = transposed;
	p->constant = c->in[1]->data != NULL;
	p->channels = channels;
	nn_slices_init(&p->c, c->in[0]->dim[0], ci, co, groups, w);
	if (c->narrowed.count) {
		nn_slices_init(&whole, c->in[0]->dim[0], c->in_all, c->out_all,
		               nn_attr_int(c->attrs, "group", 1), w);
		p->whole = whole.s;
		p->c.s.whole = &p->whole;
	}
	set_scratch(c);
	return 0;
}

static unsigned conv_blocks(struct nn_call *c)
{
	struct nn_conv *p = c->param;
	int blocks;

	if (!p->constant || c->in[0]->ndim != 4)
		return 0;
	blocks = nn_kernels()->conv->blocks(&p->c.s);
	if (!blocks)
		return 0;
	p->c.s.x_blocks = blocks > 1;
	p->c.s.y_blocks = 1;
	set_scratch(c);
	if (blocks > 1)
		return NN_BLOCKS_IN | NN_BLOCKS_OUT;
	return p->transposed ? NN_BLOCKS_IN : NN_BLOCKS_OUT;
}

/* Whole groups of the output, made of those of the input. */
static int conv_narrow(const struct nn_call *c, int lone, struct nn_channels *out,
                       struct nn_channels *in)
{
	int64_t groups = nn_attr_int(c->attrs, "group", 1), lanes = nn_kernels()->block->lanes;
	int64_t from, to, unit, end, all = c->out[0]->dim[1];

	if (groups == 1)
		return nn_narrow_rows(c, lone, out, in);
	from = c->in[0]->dim[1] / groups;
	to = all / groups;
	if (from < 1 || to < 1 || !c->in[1]->data || (nn_in(c, 2) && !c->in[2]->data))
		return 0;
	end = (in[0].first + in[0].count + from - 1) / from * to;
	if (in[0].count)
		nn_channels_join(out, (struct nn_channels){in[0].first / from * to,
		                                           end - in[0].first / from * to});
	for (unit = to; unit % lanes; unit += to)
		;
	nn_channels_round(out, unit, all);
	nn_channels_join(&in[0], (struct nn_channels){out->first / to * from,
	                                              out->count / to * from});
	in[1] = *out;
	if (nn_in(c, 2))
		in[2] = *out;
	return 1;
}

static int conv_shape(struct nn_call *c)
{
	int64_t groups, dim[NN_DIMS];
	const struct nn_tensor *x, *w;
	struct nn_window win;

	if (check_inputs(c, &groups) < 0)
		return -1;
	x = c->in[0];
	w = c->in[1];
	if (w->dim[1] != x->dim[1] / groups)
		return nn_fail("weights: want %lld channels, have %lld",
			       (long long)(x->dim[1] / groups), (long long)w->dim[1]);
	if (check_kernel(c) < 0 || check_bias(c, w->dim[0]) < 0 ||
	    nn_window_read(c->attrs, x, w->dim + 2, &win) < 0)
		return -1;
	dim[0] = x->dim[0];
	dim[1] = w->dim[0];
	memcpy(dim + 2, win.out, (size_t)win.ndim * sizeof *dim);
	if (nn_out(c, 0, NN_F32, x->ndim, dim) < 0)
		return -1;
	return conv_setup(c, x->dim[1], w->dim[0], groups, &win, 0);
}

/* Output size along dimension i, which becomes the window's input, and pads: the standard's
 * formulas. */
static int transposed_dimension(struct nn_window *w, int i, int64_t extra, int64_t given,
                                const char *padding)
{
	int64_t full =
		w->stride[i] * (w->out[i] - 1) + extra + (w->kernel[i] - 1) * w->dilation[i] + 1;
	int64_t total;

	if (given >= 0 || !strncmp(padding, "SAME", 4)) {
		w->in[i] = given >= 0 ? given : w->out[i] * w->stride[i];
		total = NN_MAX(full - w->in[i], 0);
		w->pad_begin[i] = strcmp(padding, "SAME_UPPER") ? total - total / 2 : total / 2;
	} else {
		w->in[i] = full - w->pad_begin[i] - w->pad_end[i];
	}
	if (w->in[i] < 1)
		return nn_fail("attribute pads: nothing is left of the output");
	return 0;
}

static int transposed_window(const struct nn_call *c, struct nn_window *w)
{
	const struct nn_tensor *x = c->in[0];
	const char *padding = nn_attr_string(c->attrs, "auto_pad", "NOTSET");
	int extras, givens, i, n = x->ndim - 2;
	const int64_t *extra = nn_attr_ints(c->attrs, "output_padding", &extras);
	const int64_t *given = nn_attr_ints(c->attrs, "output_shape", &givens);
	struct nn_attrs plain = {NULL, 0};
	struct nn_tensor large;
	int status;

	if ((extra && extras != n) || (given && givens != n))
		return nn_fail("attribute %s: want %d integers",
			       extra && extras != n ? "output_padding" : "output_shape", n);
	/* the attributes are read for a picture in which any window fits */
	nn_attrs_copy(&plain, c->attrs);
	nn_attrs_remove(&plain, "auto_pad");
	large = *x;
	for (i = 0; i < n; i++)
		large.dim[2 + i] = INT64_C(1) << 30;
	status = nn_window_read(&plain, &large, c->in[1]->dim + 2, w);
	nn_attrs_release(&plain);
	if (status < 0)
		return -1;
	for (i = 0; i < n; i++) {
		w->out[i] = x->dim[2 + i];
		if (w->out[i] < 1 || w->out[i] > INT64_C(1) << 30)
			return nn_fail("input 0: a dimension of %lld", (long long)w->out[i]);
		if (extra && (extra[i] < 0 || extra[i] >= NN_MAX(w->stride[i], w->dilation[i])))
			return nn_fail("attribute output_padding: %lld is out of range",
				       (long long)extra[i]);
		if (given && (given[i] < 1 || given[i] > INT64_C(1) << 30))
			return nn_fail("attribute output_shape: %lld is out of range",
				       (long long)given[i]);
		if (transposed_dimension(w, i, extra ? extra[i] : 0, given ? given[i] : -1,
					 padding) < 0)
			return -1;
	}
	return 0;
}

static int transposed_shape(struct nn_call *c)
{
	int64_t groups, channels, dim[NN_DIMS];
	const struct nn_tensor *x, *w;
	struct nn_window win;

	if (check_inputs(c, &groups) < 0)
		return -1;
	x = c->in[0];
	w = c->in[1];
	if (w->dim[0] != x->dim[1])
		return nn_fail("weights: want %lld rows, have %lld", (long long)x->dim[1],
		               (long long)w->dim[0]);
	channels = w->dim[1] * groups;
	if (check_kernel(c) < 0 || check_bias(c, channels) < 0 || transposed_window(c, &win) < 0)
		return -1;
	dim[0] = x->dim[0];
	dim[1] = channels;
	memcpy(dim + 2, win.in, (size_t)win.ndim * sizeof *dim);
	if (nn_out(c, 0, NN_F32, x->ndim, dim) < 0)
		return -1;
	return conv_setup(c, channels, x->dim[1], groups, &win, 1);
}

/* running */

static int conv_forward(struct nn_call *c)
{
	struct nn_conv *p = c->param;

	nn_slices_forward(&p->c, c->in[0]->data, nn_conv_packed(c, 0), nn_conv_bias(c), c->relu,
	                  c->out[0]->data, c->scratch);
	return 0;
}

/* y + bias, relu; y has lanes of channels in each pixel, 1 where these lie in rows. */
static void finish(const struct nn_conv *p, const float *bias, int relu, float *y)
{
	int64_t lanes = p->c.s.x_blocks ? nn_kernels()->block->lanes : 1;
	int64_t rows = (p->channels + lanes - 1) / lanes, plane = p->c.d * p->c.s.h * p->c.s.w, i;

#pragma omp parallel for
	for (i = 0; i < p->c.n * rows; i++) {
		float *to = y + i * plane * lanes;
		int64_t first = i % rows * lanes, given = NN_MIN(lanes, p->channels - first), j, k;

		for (j = 0; j < plane; j++)
			for (k = 0; k < given; k++) {
				float v = to[j * lanes + k] + (bias ? bias[first + k] : 0);

				to[j * lanes + k] = relu && v < 0 ? 0 : v;
			}
	}
}

static int transposed_forward(struct nn_call *c)
{
	struct nn_conv *p = c->param;
	const float *bias;
	float *y = c->out[0]->data;

	nn_slices_backward(&p->c, c->in[0]->data, NULL, nn_conv_packed(c, 1), y, c->scratch);
	bias = nn_conv_bias(c);
	if (bias || c->relu)
		finish(p, bias, c->relu, y);
	return 0;
}

static void mask_gradient(struct nn_call *c)
{
	int64_t n = c->out[0]->dim[0];

	if (c->relu)
		nn_relu_gradient(c->rule, c->out[0]->data, c->gout[0], c->gout[0], n,
		                 n ? nn_tensor_count(c->out[0]) / n : 0);
}

static void conv_backward(struct nn_call *c)
{
	struct nn_conv *p = c->param;

	int masks = c->relu && c->rule == NN_RELU_PLAIN && p->c.flat;

	if (!masks)
		mask_gradient(c);
	if (c->gin[0])
		nn_slices_backward(&p->c, c->gout[0], masks ? c->out[0]->data : NULL,
				   nn_conv_packed(c, 1), c->gin[0], c->scratch);
}

static void transposed_backward(struct nn_call *c)
{
	struct nn_conv *p = c->param;

	mask_gradient(c);
	if (c->gin[0])
		nn_slices_forward(&p->c, c->gout[0], nn_conv_packed(c, 0), NULL, 0, c->gin[0],
				  c->scratch);
}

const struct nn_op nn_op_Conv = {
	.name = "Conv", .limits = "no gradient to weights", .shape = conv_shape,
	.forward = conv_forward, .backward = conv_backward, .narrow = conv_narrow,
	.fuse = nn_conv_fuse,
	.blocks = conv_blocks, .flags = NN_BLOCKS_FIRST,
};

const struct nn_op nn_op_ConvTranspose = {
	.name = "ConvTranspose", .limits = "no gradient to weights", .shape = transposed_shape,
	.forward = transposed_forward, .backward = transposed_backward, .fuse = nn_conv_fuse,
	.blocks = conv_blocks, .flags = NN_BLOCKS_FIRST,
};
