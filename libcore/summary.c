/* SPDX-License-Identifier: ISC */
/* Layers with shape, parameters, multiply-adds and receptive field. */
#include "summary.h"

#include <stdlib.h>
#include <string.h>

/* Is input j of the node a weight: a constant of the net with float numbers, not a scalar? */
static int is_weight(const struct nn_net *net, const struct nn_node *node, int j)
{
	const struct nn_value *v;

	if (node->in[j] < 0 || strcmp(node->op->name, "Resize") == 0)
		return 0;
	v = &net->value[node->in[j]];
	return v->is_constant && v->constant.type == NN_F32 && v->constant.ndim > 0;
}

/* Parameters of the node; those not seen before also count for the net. */
static int64_t count_weights(struct nn_summary *m, int n, char *seen)
{
	const struct nn_net *net = m->shapes.net;
	const struct nn_node *node = &net->node[n];
	int64_t sum = 0, count;
	int j;

	for (j = 0; j < node->nin; j++) {
		if (!is_weight(net, node, j))
			continue;
		count = nn_tensor_count(&net->value[node->in[j]].constant);
		sum += count;
		if (!seen[node->in[j]])
			m->parameters += count;
		seen[node->in[j]] = 1;
	}
	return sum;
}

static struct nn_layer *add_layer(struct nn_summary *m, int value, int node,
				  const struct nn_receptive *fields)
{
	const struct nn_net *net = m->shapes.net;
	struct nn_layer *l;

	m->layer = nn_grow(m->layer, (size_t)m->count, sizeof *m->layer);
	l = &m->layer[m->count++];
	memset(l, 0, sizeof *l);
	l->name = nn_layer_name(net, value);
	l->op = node < 0 ? "input" : net->node[node].op->name;
	l->value = value;
	l->node = node;
	l->shape = &m->shapes.value[value];
	l->field = fields[value];
	return l;
}

static void add_node(struct nn_summary *m, int n, const struct nn_receptive *fields, char *seen)
{
	const struct nn_node *node = &m->shapes.net->node[n];
	struct nn_layer *l;
	int j, first = 1;

	for (j = 0; j < node->nout; j++) {
		if (node->out[j] < 0)
			continue;
		l = add_layer(m, node->out[j], n, fields);
		if (!first)
			continue;
		first = 0;
		l->parameters = count_weights(m, n, seen);
		l->multiply_adds = nn_call_multiply_adds(&m->shapes.call[n]);
		m->multiply_adds += l->multiply_adds;
	}
}

int nn_summary_init(struct nn_summary *m, struct nn_net *net, int width, int height)
{
	struct nn_tensor *in = nn_calloc((size_t)net->ninputs, sizeof *in);
	struct nn_receptive *fields;
	char *seen;
	int i, status;

	memset(m, 0, sizeof *m);
	nn_net_input_shapes(net, in);
	if (width && (!net->ninputs || net->input[0].ndim != 4)) {
		free(in);
		return nn_fail("the net's input is not a picture, and has no size");
	}
	if (width) {
		in[0].dim[2] = height;
		in[0].dim[3] = width;
	}
	status = nn_shapes_init(&m->shapes, net, in, net->ninputs, NULL, 0, 0);
	free(in);
	if (status < 0)
		return -1;
	fields = nn_calloc((size_t)net->nvalues, sizeof *fields);
	seen = nn_calloc((size_t)net->nvalues, 1);
	nn_receptive_fields(&m->shapes, fields);
	for (i = 0; i < net->ninputs; i++)
		add_layer(m, net->input[i].value, -1, fields);
	for (i = 0; i < net->nnodes; i++)
		if (m->shapes.call[i].op)
			add_node(m, i, fields, seen);
	free(fields);
	free(seen);
	return 0;
}

void nn_summary_release(struct nn_summary *m)
{
	nn_shapes_release(&m->shapes);
	free(m->layer);
	memset(m, 0, sizeof *m);
}
