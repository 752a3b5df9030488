/* SPDX-License-Identifier: ISC */
/* What keeps a net from taking pictures, channels first and several at once. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* Is the input declared as [n][h][w][c], with the channels of a picture? */
static int is_channels_last(const struct nn_input *in)
{
	return in->ndim == 4 && (in->dim[3] == 1 || in->dim[3] == 3) && in->dim[1] != 1 &&
	       in->dim[1] != 3;
}

/* Does the node put the channels of its input first? */
static int puts_first(const struct nn_node *node)
{
	static const int64_t order[4] = {0, 3, 1, 2};
	const int64_t *perm;
	int n;

	if (strcmp(node->op->name, "Transpose") != 0)
		return 0;
	perm = nn_attr_ints(&node->attrs, "perm", &n);
	return n == 4 && memcmp(perm, order, sizeof order) == 0;
}

/* When all that reads the input does that first, there is nothing to do for it any more. */
static int drop_transposes(struct nn_net *net, int input)
{
	struct nn_node *node;
	int i, j, undo = 1;

	for (i = 0; i < net->noutputs; i++)
		undo &= net->output[i] != input;
	for (i = 0; i < net->nnodes; i++)
		for (j = 0; j < net->node[i].nin; j++)
			if (net->node[i].in[j] == input)
				undo &= puts_first(&net->node[i]);
	for (i = 0; i < net->nnodes && undo; i++) {
		node = &net->node[i];
		if (node->nin == 1 && node->in[0] == input) {
			node->op = nn_op_find("Identity");
			nn_attrs_remove(&node->attrs, "perm");
		}
	}
	return undo;
}

static int channels_first(struct nn_net *net)
{
	const int64_t order[4] = {0, 2, 3, 1};
	struct nn_input *in = &net->input[0];
	const int64_t dim[4] = {in->dim[0], in->dim[3], in->dim[1], in->dim[2]};
	struct nn_attrs attrs = {NULL, 0};

	if (!drop_transposes(net, in->value)) {
		nn_attrs_set_ints(&attrs, "perm", 4, order);
		nn_net_insert(net, in->value, nn_op_find("Transpose"), "channels_last", &attrs);
	}
	memcpy(in->dim, dim, sizeof dim);
	return nn_net_finish(net);
}

/* Shapes for n pictures; of what the outputs need. */
static int infer(struct nn_shapes *s, struct nn_net *net, int64_t n)
{
	struct nn_tensor *in = nn_calloc((size_t)net->ninputs, sizeof *in);
	int status;

	nn_net_input_shapes(net, in);
	in[0].dim[0] = n;
	status = nn_shapes_init(s, net, in, net->ninputs, net->output, net->noutputs, 0);
	free(in);
	return status;
}

/* Do n + 1 pictures give n + 1 of each output? */
static int takes_batches(struct nn_net *net, int64_t n)
{
	struct nn_shapes s;
	const struct nn_tensor *t;
	int i, all = 1;

	if (infer(&s, net, n + 1) < 0)
		return 0;
	for (i = 0; i < net->noutputs; i++) {
		t = &s.value[net->output[i]];
		all &= t->ndim > 0 && t->dim[0] == n + 1;
	}
	nn_shapes_release(&s);
	return all;
}

/* Does the node give its n items, of which s knows, a fixed shape of n items? */
static int is_fixed_reshape(const struct nn_shapes *s, const struct nn_node *node, int64_t n)
{
	const struct nn_tensor *x, *to;

	if (strcmp(node->op->name, "Reshape") != 0 || node->nin != 2 || node->in[0] < 0 ||
	    node->in[1] < 0 || nn_attr_int(&node->attrs, "allowzero", 0) ||
	    !s->net->value[node->in[1]].is_constant)
		return 0;
	x = &s->value[node->in[0]];
	to = &s->net->value[node->in[1]].constant;
	return x->ndim > 0 && x->dim[0] == n && to->type == NN_I64 && to->ndim == 1 &&
	       to->dim[0] > 0 && ((const int64_t *)to->data)[0] == n;
}

/* The shape of the Reshape says 0 for the number of items, which copies it; twin: such shapes, + 1.
 */
static void free_reshape(struct nn_net *net, struct nn_node *node, int *twin)
{
	struct nn_tensor copy;
	int from = node->in[1];

	if (!twin[from]) {
		nn_tensor_copy(&copy, &net->value[from].constant);
		((int64_t *)copy.data)[0] = 0;
		twin[from] = nn_net_fresh(net, from, "batch") + 1;
		nn_net_constant(net, twin[from] - 1, &copy);
	}
	node->in[1] = twin[from] - 1;
}

/*
 * Every Reshape of n items to n items copies the number instead: the same for n, and right for
 * more, as items stay whole.
 */
static int free_batch(struct nn_net *net, int64_t n)
{
	struct nn_shapes s;
	char *fixed;
	int *twin, i;

	if (infer(&s, net, n) < 0)
		return -1; /* who runs it will hear why */
	fixed = nn_calloc((size_t)net->nnodes, 1);
	for (i = 0; i < net->nnodes; i++)
		fixed[i] = s.call[i].op && is_fixed_reshape(&s, &net->node[i], n);
	nn_shapes_release(&s);
	twin = nn_calloc((size_t)net->nvalues, sizeof *twin);
	for (i = 0; i < net->nnodes; i++)
		if (fixed[i])
			free_reshape(net, &net->node[i], twin);
	free(twin);
	free(fixed);
	return 0;
}

int nn_net_adapt(struct nn_net *net)
{
	int64_t n;

	if (!net->ninputs || net->input[0].ndim != 4)
		return 0;
	if (is_channels_last(&net->input[0]) && channels_first(net) < 0)
		return -1;
	n = NN_MAX(net->input[0].dim[0], 1);
	if (takes_batches(net, n) || free_batch(net, n) < 0)
		return 0;
	return !takes_batches(net, n);
}
