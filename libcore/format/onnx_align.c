/* SPDX-License-Identifier: ISC */
/* Broadcasting as it was until opset 6: ones are appended to the shape of the second input. */
#include "format/onnx.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* Ranks of the two inputs of the node that makes value. */
static int ranks(struct nn_net *net, int value, int rank[2])
{
	struct nn_tensor *in = nn_calloc((size_t)net->ninputs, sizeof *in);
	const int *inputs = net->node[net->value[value].producer].in;
	struct nn_shapes s;
	int status;

	nn_net_input_shapes(net, in);
	status = nn_shapes_init(&s, net, in, net->ninputs, inputs, 2, 0);
	if (status == 0) {
		rank[0] = s.value[inputs[0]].ndim;
		rank[1] = s.value[inputs[1]].ndim;
		nn_shapes_release(&s);
	}
	free(in);
	return status;
}

/* b [..] becomes b [..][1]... with so many ones. */
static int append_ones(struct nn_net *net, int b, int rank, int ones)
{
	int in[2] = {b, nn_net_fresh(net, b, "axes")}, out = nn_net_fresh(net, b, "aligned"), i;
	struct nn_attrs none = {NULL, 0};
	struct nn_tensor t;
	int64_t count = ones;

	nn_tensor_init(&t, NULL, NN_I64, 1, &count);
	for (i = 0; i < ones; i++)
		((int64_t *)t.data)[i] = rank + i;
	nn_net_constant(net, in[1], &t);
	nn_net_node(net, nn_op_find("Unsqueeze"), "", 2, in, 1, &out, &none);
	return out;
}

static int align(struct nn_net *net, int value, int64_t axis)
{
	struct nn_node *node = &net->node[net->value[value].producer];
	int rank[2] = {0, 0}, b;

	if (node->nin != 2 || node->in[0] < 0 || node->in[1] < 0)
		return nn_fail("want 2 inputs");
	if (ranks(net, value, rank) < 0)
		return -1;
	axis += axis < 0 ? rank[0] : 0;
	if (axis < 0 || axis + rank[1] > rank[0])
		return nn_fail("attribute 'axis': %d dimensions at axis %lld of %d", rank[1],
			       (long long)axis, rank[0]);
	if (axis + rank[1] == rank[0])
		return 0;
	b = append_ones(net, node->in[1], rank[1], rank[0] - rank[1] - (int)axis);
	net->node[net->value[value].producer].in[1] = b;
	return nn_net_finish(net);
}

int nn_onnx_align(struct nn_onnx *o)
{
	size_t i;

	if (o->naligned > 4096) /* each takes a look at the whole net */
		return nn_fail("more than 4096 operators with an axis");
	for (i = 0; i < o->naligned; i++)
		if (align(o->net, o->aligned[i].value, o->aligned[i].axis) < 0)
			return nn_fail_in("value '%s'", o->net->value[o->aligned[i].value].name);
	return 0;
}
