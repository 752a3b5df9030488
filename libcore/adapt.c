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

static int channels_first(struct nn_net *net)
{
	const int64_t order[4] = {0, 2, 3, 1};
	struct nn_input *in = &net->input[0];
	const int64_t dim[4] = {in->dim[0], in->dim[3], in->dim[1], in->dim[2]};
	struct nn_attrs attrs = {NULL, 0};

	nn_attrs_set_ints(&attrs, "perm", 4, order);
	nn_net_insert(net, in->value, nn_op_find("Transpose"), "channels_last", &attrs);
	memcpy(in->dim, dim, sizeof dim);
	return nn_net_finish(net);
}

/* The first dimension of value when n pictures come in; -1 when it cannot be told. */
static int64_t batch_of(struct nn_net *net, int64_t n, int value)
{
	struct nn_tensor *in = nn_calloc((size_t)net->ninputs, sizeof *in);
	struct nn_shapes s;
	int64_t batch = -1;

	nn_net_input_shapes(net, in);
	in[0].dim[0] = n;
	if (nn_shapes_init(&s, net, in, net->ninputs, &value, 1, 0) == 0) {
		if (s.value[value].ndim)
			batch = s.value[value].dim[0];
		nn_shapes_release(&s);
	}
	free(in);
	return batch;
}

/* A Reshape of n pictures, for which its shape says n: says 0 then, which copies the dimension. */
static int free_reshape(struct nn_net *net, int i, int64_t n)
{
	const struct nn_node *node = &net->node[i];
	const struct nn_tensor *t;
	struct nn_tensor copy;
	int made;

	if (strcmp(node->op->name, "Reshape") != 0 || node->nin != 2 || node->in[0] < 0 ||
	    node->in[1] < 0 || nn_attr_int(&node->attrs, "allowzero", 0) ||
	    !net->value[node->in[1]].is_constant)
		return 0;
	t = &net->value[node->in[1]].constant;
	if (t->type != NN_I64 || t->ndim != 1 || t->dim[0] < 1 ||
	    ((const int64_t *)t->data)[0] != n || batch_of(net, n, node->in[0]) != n ||
	    batch_of(net, n + 1, node->in[0]) != n + 1)
		return 0;
	nn_tensor_copy(&copy, t);
	((int64_t *)copy.data)[0] = 0;
	made = nn_net_fresh(net, node->in[1], "batch");
	nn_net_constant(net, made, &copy);
	net->node[i].in[1] = made;
	return 1;
}

/* Tells whether one picture more gives one more of each output. */
static int takes_batches(struct nn_net *net, int64_t n)
{
	int i;

	for (i = 0; i < net->noutputs; i++)
		if (batch_of(net, n + 1, net->output[i]) != n + 1)
			return 0;
	return 1;
}

int nn_net_adapt(struct nn_net *net)
{
	int64_t n;
	int i;

	if (!net->ninputs || net->input[0].ndim != 4)
		return 0;
	if (is_channels_last(&net->input[0]) && channels_first(net) < 0)
		return -1;
	n = NN_MAX(net->input[0].dim[0], 1);
	if (!takes_batches(net, n))
		for (i = 0; i < net->nnodes; i++)
			free_reshape(net, i, n);
	return 0;
}
