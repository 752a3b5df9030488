/* SPDX-License-Identifier: ISC */
/* Receptive fields, node by node. */
#include "summary.h"

#include <math.h>
#include <string.h>

static int is_one_of(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return 0;
}

/* Does an output number of the operator depend on inputs at other positions, with no window? */
static int looks_around(const struct nn_call *c)
{
	static const char *const names[] = {
		"ArgMax",
		"ArgMin",
		"CumSum",
		"Einsum",
		"Gather",
		"Gemm",
		"Hardmax",
		"InstanceNormalization",
		"LayerNormalization",
		"GroupNormalization",
		"LogSoftmax",
		"LpNormalization",
		"MatMul",
		"MeanVarianceNormalization",
		"Reshape",
		"Softmax",
		"TopK",
		"Transpose",
	};
	int64_t axis = nn_attr_int(c->attrs, "axis", 0);

	if (strstr(c->op->name, "oftmax") && c->in[0]->ndim == 4 && (axis == 1 || axis == -3) &&
	    !nn_attr_int(c->attrs, "flatten", 0))
		return 0; /* over channels */
	return is_one_of(c->op->name, names, NN_LEN(names));
}

/* What a position sees that sees all that a and b do. */
static void join(struct nn_receptive *a, const struct nn_receptive *b)
{
	double end;
	int i;

	if (!b->sees)
		return;
	if (!a->sees || b->whole) {
		*a = *b;
		return;
	}
	for (i = 0; i < 2 && !a->whole; i++) {
		/* positions that drift apart over the picture have no field of one size */
		a->whole = a->jump[i] != b->jump[i];
		end = NN_MAX(a->begin[i] + a->size[i], b->begin[i] + b->size[i]);
		a->begin[i] = NN_MIN(a->begin[i], b->begin[i]);
		a->size[i] = end - a->begin[i];
	}
}

/* A position is made of span positions of before, step apart by before's, from offset on. */
static void spread(struct nn_receptive *r, int i, double span, double step, double offset)
{
	r->begin[i] += offset * r->jump[i];
	r->size[i] += (span - 1) * r->jump[i];
	r->jump[i] *= step;
}

static void window(struct nn_receptive *r, const struct nn_call *c)
{
	int is_conv = strcmp(c->op->name, "Conv") == 0, i;
	struct nn_window w;

	if (nn_window_read(c->attrs, c->in[0], is_conv ? c->in[1]->dim + 2 : NULL, &w) < 0)
		r->whole = 1; /* shape() has read it, so this does not happen */
	for (i = 0; i < 2 && !r->whole; i++)
		spread(r, i, (double)((w.kernel[i] - 1) * w.dilation[i] + 1), (double)w.stride[i],
		       (double)-w.pad_begin[i]);
}

/* Output o gets input i when o = i * stride - pad + 0..kernel-1: so many inputs at most. */
static void transposed(struct nn_receptive *r, const struct nn_call *c)
{
	int n, i;
	const int64_t *strides = nn_attr_ints(c->attrs, "strides", &n), *pads;
	double kernel, stride, pad;

	for (i = 0; i < 2; i++) {
		strides = nn_attr_ints(c->attrs, "strides", &n);
		stride = n == 2 ? (double)strides[i] : 1;
		pads = nn_attr_ints(c->attrs, "pads", &n);
		pad = n == 4 ? (double)pads[i] : 0;
		kernel = (double)c->in[1]->dim[2 + i];
		spread(r, i, ceil(kernel / stride), 1 / stride, ceil((pad - kernel + 1) / stride));
	}
}

static void resized(struct nn_receptive *r, const struct nn_call *c)
{
	const char *mode = nn_attr_string(c->attrs, "mode", "nearest");
	double reach = strcmp(mode, "cubic") == 0 ? 4 : strcmp(mode, "linear") == 0 ? 2 : 1, step;
	int i;

	for (i = 0; i < 2; i++) {
		step = (double)c->in[0]->dim[2 + i] / (double)c->out[0]->dim[2 + i];
		spread(r, i, step == 1 ? 1 : reach, step, step == 1 ? 0 : -floor((reach - 1) / 2));
	}
}

static void padded(struct nn_receptive *r, const struct nn_call *c)
{
	const int64_t *pads = c->nin > 1 && c->in[1] && c->in[1]->data &&
					      c->in[1]->type == NN_I64 && c->in[1]->ndim == 1 &&
					      c->in[1]->dim[0] == 8
				      ? c->in[1]->data
				      : NULL;
	int i;

	r->whole = !pads;
	for (i = 0; i < 2 && pads; i++)
		spread(r, i, 1, 1, (double)-pads[2 + i]);
}

static void blocks(struct nn_receptive *r, const struct nn_call *c)
{
	double block = (double)nn_attr_int(c->attrs, "blocksize", 1);
	int i, deep = strcmp(c->op->name, "SpaceToDepth") == 0;

	for (i = 0; i < 2; i++)
		spread(r, i, deep ? block : 1, deep ? block : 1 / block, 0);
}

/* The field of the call's outputs, from what its inputs see together. */
static void pass(struct nn_receptive *r, const struct nn_call *c)
{
	static const char *const windows[] = {"Conv", "MaxPool", "AveragePool", "LpPool"};
	const struct nn_tensor *in = NULL, *out = c->out[0];
	const char *op = c->op->name;
	int i;

	if (!r->sees || r->whole)
		return;
	for (i = 0; i < c->nin && !in; i++) /* of a constant plus a map, the map */
		in = c->in[i] && c->in[i]->ndim == 4 ? c->in[i] : NULL;
	if (!in || in->ndim != 4 || out->ndim != 4)
		r->whole = 1;
	else if (is_one_of(op, windows, NN_LEN(windows)))
		window(r, c);
	else if (strcmp(op, "ConvTranspose") == 0)
		transposed(r, c);
	else if (strcmp(op, "Resize") == 0)
		resized(r, c);
	else if (strcmp(op, "Pad") == 0)
		padded(r, c);
	else if (strcmp(op, "DepthToSpace") == 0 || strcmp(op, "SpaceToDepth") == 0)
		blocks(r, c);
	else
		r->whole =
			looks_around(c) || in->dim[2] != out->dim[2] || in->dim[3] != out->dim[3];
}

void nn_receptive_fields(const struct nn_shapes *s, struct nn_receptive *r)
{
	const struct nn_receptive pixel = {1, 0, {1, 1}, {1, 1}, {0, 0}};
	const struct nn_net *net = s->net;
	struct nn_receptive sum;
	int i, j;

	memset(r, 0, (size_t)net->nvalues * sizeof *r);
	if (net->ninputs)
		r[net->input[0].value] = pixel;
	for (i = 0; i < net->nnodes; i++) {
		memset(&sum, 0, sizeof sum);
		if (!s->call[i].op || !s->call[i].out[0])
			continue;
		for (j = 0; j < net->node[i].nin; j++)
			if (net->node[i].in[j] >= 0)
				join(&sum, &r[net->node[i].in[j]]);
		pass(&sum, &s->call[i]);
		for (j = 0; j < net->node[i].nout; j++)
			if (net->node[i].out[j] >= 0)
				r[net->node[i].out[j]] = sum;
	}
}
