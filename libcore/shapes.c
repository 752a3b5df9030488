/* SPDX-License-Identifier: ISC */
/* Shapes of all values for one size of input; what does not depend on the input is computed here. */
#include "run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

size_t nn_fold_limit = (size_t)4 << 30;

/* marks the nodes that the wanted values depend on */
static char *needed_nodes(const struct nn_net *net, const int *wanted, int nwanted)
{
	char *node = nn_calloc((size_t)net->nnodes, 1), *value = nn_calloc((size_t)net->nvalues, 1);
	int i, j;

	for (i = 0; i < nwanted; i++)
		value[wanted[i]] = 1;
	for (i = net->nnodes - 1; i >= 0; i--) {
		node[i] = wanted == NULL;
		for (j = 0; j < net->node[i].nout; j++)
			if (net->node[i].out[j] >= 0 && value[net->node[i].out[j]])
				node[i] = 1;
		for (j = 0; node[i] && j < net->node[i].nin; j++)
			if (net->node[i].in[j] >= 0)
				value[net->node[i].in[j]] = 1;
	}
	free(value);
	return node;
}

static int set_inputs(struct nn_shapes *s, const struct nn_tensor *in, int nin)
{
	const struct nn_net *net = s->net;
	const struct nn_input *want;
	char text[NN_DIMS * 21];
	int i, j;

	if (nin != net->ninputs)
		return nn_fail("the net has %d inputs, not %d", net->ninputs, nin);
	for (i = 0; i < nin; i++) {
		want = &net->input[i];
		if (in[i].type != want->type || in[i].ndim != want->ndim)
			return nn_fail("input '%s': want %s with %d dimensions, have %s %s",
			               net->value[want->value].name, nn_type_name(want->type),
			               want->ndim, nn_type_name(in[i].type),
			               nn_shape_text(in[i].ndim, in[i].dim, text));
		for (j = 0; j < in[i].ndim; j++)
			if (in[i].dim[j] < (in[i].ndim == 4)) /* a picture has pixels */
				return nn_fail("input '%s' is empty: %s", net->value[want->value].name,
				               nn_shape_text(in[i].ndim, in[i].dim, text));
		nn_tensor_view(&s->value[want->value], NULL, in[i].type, in[i].ndim, in[i].dim,
		               in[i].data);
	}
	return 0;
}

static void set_constants(struct nn_shapes *s)
{
	const struct nn_tensor *t;
	int i;

	for (i = 0; i < s->net->nvalues; i++)
		if (s->net->value[i].is_constant) {
			t = &s->net->value[i].constant;
			nn_tensor_view(&s->value[i], NULL, t->type, t->ndim, t->dim, t->data);
		}
}

static void call_init(struct nn_shapes *s, int n, int gradient)
{
	struct nn_node *node = &s->net->node[n];
	struct nn_call *c = &s->call[n];
	int i;

	c->op = node->op;
	c->name = node->name;
	c->attrs = &node->attrs;
	c->nin = node->nin;
	c->nout = node->nout;
	c->in = nn_calloc((size_t)c->nin, sizeof *c->in);
	c->out = nn_calloc((size_t)c->nout, sizeof *c->out);
	c->gin = nn_calloc((size_t)c->nin, sizeof *c->gin);
	c->gout = nn_calloc((size_t)c->nout, sizeof *c->gout);
	c->gradient = gradient;
	c->packed = node->packed;
	for (i = 0; i < c->nin; i++)
		c->in[i] = node->in[i] < 0 ? NULL : &s->value[node->in[i]];
	for (i = 0; i < c->nout; i++)
		c->out[i] = node->out[i] < 0 ? NULL : &s->value[node->out[i]];
}

static void call_release(struct nn_call *c)
{
	free(c->in);
	free(c->out);
	free(c->gin);
	free(c->gout);
	free(c->param);
	memset(c, 0, sizeof *c);
}

static int check_outputs(const struct nn_call *c)
{
	int i;

	for (i = 0; i < c->nout; i++)
		if (c->out[i] && nn_shape_count(c->out[i]->ndim, c->out[i]->dim) < 0)
			return nn_fail("output %d is too large", i);
	return 0;
}

/* Can the call be run now, for good? An empty constant has no data and holds no numbers. */
static int is_constant(const struct nn_call *c)
{
	int i;

	if (c->op->flags & NN_SHAPE_ONLY)
		return 1;
	for (i = 0; i < c->nin; i++)
		if (c->in[i] && !c->in[i]->data && nn_tensor_count(c->in[i]) != 0)
			return 0;
	return 1;
}

/* Do the node's numbers depend on the net alone, and not on the shape of the input? */
static int is_of_net(const struct nn_net *net, const struct nn_node *node)
{
	int i;

	if (node->op->flags & NN_SHAPE_ONLY)
		return 0;
	for (i = 0; i < node->nin; i++)
		if (node->in[i] >= 0 && !net->value[node->in[i]].is_constant)
			return 0;
	return 1;
}

static int fold(struct nn_shapes *s, int n)
{
	struct nn_node *node = &s->net->node[n];
	struct nn_call *c = &s->call[n];
	struct nn_value *v;
	int of_net = is_of_net(s->net, node), i, status;

	for (i = 0; i < c->nout; i++) {
		if (!c->out[i])
			continue;
		s->folded += nn_tensor_bytes(c->out[i]);
		if (s->folded > nn_fold_limit)
			return nn_fail("constant values would take more than %zu bytes", nn_fold_limit);
		c->out[i]->data = nn_aligned(nn_tensor_bytes(c->out[i]));
		c->out[i]->owned = 1;
	}
	c->scratch = nn_aligned(c->scratch_bytes);
	status = c->op->forward(c);
	free(c->scratch);
	for (i = 0; i < c->nout && of_net && status == 0; i++) {
		if (!c->out[i])
			continue;
		v = &s->net->value[node->out[i]];
		v->constant = *c->out[i];
		v->is_constant = v->is_folded = 1;
		c->out[i]->owned = 0;
	}
	call_release(c);
	return status;
}

/* Was every output folded for an earlier plan? */
static int is_folded(const struct nn_net *net, const struct nn_node *node)
{
	int i;

	for (i = 0; i < node->nout; i++)
		if (node->out[i] >= 0 && !net->value[node->out[i]].is_folded)
			return 0;
	return 1;
}

static int infer(struct nn_shapes *s, int n, int gradient)
{
	struct nn_call *c = &s->call[n];
	int status;

	if (is_folded(s->net, &s->net->node[n]))
		return 0;
	call_init(s, n, gradient);
	if (c->nout < 1 || !c->out[0])
		status = nn_fail("the first output is left out");
	else
		status = c->op->shape(c) < 0 ? -1 : check_outputs(c);
	if (status == 0 && is_constant(c))
		status = fold(s, n);
	return status;
}

/* A node without a name is called by what it makes. */
static const char *node_name(const struct nn_net *net, int n)
{
	const struct nn_node *node = &net->node[n];

	return *node->name || !node->nout || node->out[0] < 0 ? node->name
							       : net->value[node->out[0]].name;
}

int nn_shapes_init(struct nn_shapes *s, struct nn_net *net, const struct nn_tensor *in, int nin,
                   const int *wanted, int nwanted, int gradient)
{
	char *needed;
	int i, status;

	memset(s, 0, sizeof *s);
	s->net = net;
	s->value = nn_calloc((size_t)net->nvalues, sizeof *s->value);
	s->call = nn_calloc((size_t)net->nnodes, sizeof *s->call);
	set_constants(s);
	status = set_inputs(s, in, nin);
	needed = needed_nodes(net, wanted, nwanted);
	for (i = 0; i < net->nnodes && status == 0; i++)
		if (needed[i]) {
			status = infer(s, i, gradient);
			if (status < 0)
				nn_fail_in("node '%s' (%s)", node_name(net, i), net->node[i].op->name);
		}
	free(needed);
	if (status < 0)
		nn_shapes_release(s);
	return status;
}

void nn_shapes_release(struct nn_shapes *s)
{
	int i;

	if (!s->net)
		return;
	for (i = 0; i < s->net->nnodes; i++)
		call_release(&s->call[i]);
	for (i = 0; i < s->net->nvalues; i++)
		nn_tensor_release(&s->value[i]);
	free(s->value);
	free(s->call);
	memset(s, 0, sizeof *s);
}

void nn_net_picture_shape(const struct nn_net *net, int64_t dim[4])
{
	const struct nn_input *in = net->ninputs ? &net->input[0] : NULL;
	const int64_t otherwise[4] = {1, 3, 224, 224};
	int i;

	for (i = 0; i < 4; i++)
		dim[i] = in && in->ndim == 4 && in->dim[i] > 0 ? in->dim[i] : otherwise[i];
}

void nn_net_input_shapes(const struct nn_net *net, struct nn_tensor *in)
{
	int64_t dim[NN_DIMS];
	int i, j;

	for (i = 0; i < net->ninputs; i++) {
		for (j = 0; j < net->input[i].ndim; j++)
			dim[j] = NN_MAX(net->input[i].dim[j], 1);
		if (i == 0 && net->input[0].ndim == 4)
			nn_net_picture_shape(net, dim);
		nn_tensor_view(&in[i], NULL, net->input[i].type, net->input[i].ndim, dim, NULL);
	}
}

/* Positions of t [n][c][spatial...], or of that in blocks, as the weights' dimensions tell. */
static int64_t positions(const struct nn_tensor *t, const struct nn_tensor *weights)
{
	int64_t n = t->dim[0];
	int i;

	for (i = 2; i < weights->ndim; i++)
		n *= t->dim[i];
	return n;
}

int64_t nn_call_multiply_adds(const struct nn_call *c)
{
	const struct nn_tensor *a, *b;
	int64_t inner;

	if (c->nin < 2 || !c->in[0] || !c->in[1])
		return 0;
	a = c->in[0];
	b = c->in[1];
	if (strcmp(c->op->name, "Conv") == 0) /* an output position sums w [co][ci/groups][kh][kw] */
		return positions(c->out[0], b) * nn_tensor_count(b);
	if (strcmp(c->op->name, "ConvTranspose") == 0) /* an input position, w [ci][co/groups][kh][kw] */
		return positions(a, b) * nn_tensor_count(b);
	if (strcmp(c->op->name, "Gemm") == 0) {
		inner = a->dim[nn_attr_int(c->attrs, "transA", 0) ? 0 : 1];
		return nn_tensor_count(c->out[0]) * inner;
	}
	if (strcmp(c->op->name, "MatMul") == 0)
		return nn_tensor_count(c->out[0]) * a->dim[a->ndim - 1];
	return 0;
}
