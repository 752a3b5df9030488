/* SPDX-License-Identifier: ISC */
/* Building a net, and putting its nodes in order. */
#include "net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct nn_net *nn_net_new(const char *name)
{
	struct nn_net *net = nn_calloc(1, sizeof *net);

	net->name = nn_strdup(name);
	return net;
}

static void node_release(struct nn_node *node)
{
	int i;

	free(node->name);
	nn_attrs_release(&node->attrs);
	free(node->in);
	free(node->out);
	for (i = 0; i < NN_PACKED; i++)
		free(node->packed[i]);
}

void nn_net_free(struct nn_net *net)
{
	int i;

	if (!net)
		return;
	for (i = 0; i < net->nvalues; i++) {
		free(net->value[i].name);
		nn_tensor_release(&net->value[i].constant);
	}
	for (i = 0; i < net->nnodes; i++)
		node_release(&net->node[i]);
	for (i = 0; i < net->nlabels; i++)
		free(net->label[i]);
	for (i = 0; i < net->nfiles; i++)
		nn_reader_close(&net->file[i]);
	free(net->name);
	free(net->value);
	free(net->node);
	free(net->input);
	free(net->output);
	free(net->label);
	free(net->file);
	free(net->table);
	free(net);
}

/* names to values: an open hash table of value index + 1, at most half full */

static int *slot(const struct nn_net *net, const char *name)
{
	unsigned mask = (unsigned)net->table_size - 1, i = (unsigned)nn_hash(name) & mask;

	while (net->table[i] && strcmp(net->value[net->table[i] - 1].name, name) != 0)
		i = (i + 1) & mask;
	return &net->table[i];
}

static void table_grow(struct nn_net *net)
{
	int i;

	net->table_size = net->table_size ? 2 * net->table_size : 64;
	free(net->table);
	net->table = nn_calloc((size_t)net->table_size, sizeof *net->table);
	for (i = 0; i < net->nvalues; i++)
		*slot(net, net->value[i].name) = i + 1;
}

int nn_net_find_value(const struct nn_net *net, const char *name)
{
	return net->table_size ? *slot(net, name) - 1 : -1;
}

int nn_net_value(struct nn_net *net, const char *name)
{
	int found = nn_net_find_value(net, name);
	struct nn_value *v;

	if (found >= 0)
		return found;
	net->value = nn_grow(net->value, (size_t)net->nvalues, sizeof *net->value);
	v = &net->value[net->nvalues];
	memset(v, 0, sizeof *v);
	v->name = nn_strdup(name);
	v->producer = -1;
	net->nvalues++;
	if (2 * net->nvalues > net->table_size)
		table_grow(net);
	else
		*slot(net, name) = net->nvalues;
	return net->nvalues - 1;
}

void nn_net_constant(struct nn_net *net, int value, struct nn_tensor *t)
{
	struct nn_value *v = &net->value[value];

	nn_tensor_release(&v->constant);
	v->constant = *t;
	v->is_constant = 1;
	memset(t, 0, sizeof *t);
}

void nn_net_input(struct nn_net *net, int value, enum nn_type type, int ndim, const int64_t *dim)
{
	struct nn_input *in;

	net->input = nn_grow(net->input, (size_t)net->ninputs, sizeof *net->input);
	in = &net->input[net->ninputs++];
	memset(in, 0, sizeof *in);
	in->value = value;
	in->type = type;
	in->ndim = ndim;
	memcpy(in->dim, dim, (size_t)ndim * sizeof *dim);
}

void nn_net_output(struct nn_net *net, int value)
{
	net->output = nn_grow(net->output, (size_t)net->noutputs, sizeof *net->output);
	net->output[net->noutputs++] = value;
}

static int *copy_ints(const int *v, int n)
{
	int *copy = nn_alloc((size_t)n * sizeof *copy);

	if (n)
		memcpy(copy, v, (size_t)n * sizeof *copy);
	return copy;
}

int nn_net_node(struct nn_net *net, const struct nn_op *op, const char *name, int nin, const int *in,
                int nout, const int *out, struct nn_attrs *attrs)
{
	struct nn_node *node;

	net->node = nn_grow(net->node, (size_t)net->nnodes, sizeof *net->node);
	node = &net->node[net->nnodes];
	memset(node, 0, sizeof *node);
	node->name = nn_strdup(name);
	node->op = op;
	node->nin = nin;
	node->nout = nout;
	node->in = copy_ints(in, nin);
	node->out = copy_ints(out, nout);
	if (attrs) {
		node->attrs = *attrs;
		memset(attrs, 0, sizeof *attrs);
	}
	return net->nnodes++;
}

int nn_net_fresh(struct nn_net *net, int value, const char *what)
{
	char *name = nn_asprintf("%s/%s", net->value[value].name, what);
	int i, made;

	for (i = 2; nn_net_find_value(net, name) >= 0; i++) {
		free(name);
		name = nn_asprintf("%s/%s%d", net->value[value].name, what, i);
	}
	made = nn_net_value(net, name);
	free(name);
	return made;
}

int nn_net_insert(struct nn_net *net, int value, const struct nn_op *op, const char *name,
                  struct nn_attrs *attrs)
{
	int made = nn_net_fresh(net, value, name), i, j;

	for (i = 0; i < net->nnodes; i++)
		for (j = 0; j < net->node[i].nin; j++)
			if (net->node[i].in[j] == value)
				net->node[i].in[j] = made;
	for (i = 0; i < net->noutputs; i++)
		if (net->output[i] == value)
			net->output[i] = made;
	nn_net_node(net, op, name, 1, &value, 1, &made, attrs);
	return made;
}

void nn_net_keep(struct nn_net *net, struct nn_reader *file)
{
	net->file = nn_grow(net->file, (size_t)net->nfiles, sizeof *net->file);
	net->file[net->nfiles++] = *file;
	memset(file, 0, sizeof *file);
	file->fd = -1;
}

void nn_net_label(struct nn_net *net, const char *label)
{
	net->label = nn_grow(net->label, (size_t)net->nlabels, sizeof *net->label);
	net->label[net->nlabels++] = nn_strdup(label);
}

/* order */

static const char *node_text(const struct nn_node *node, char *text, size_t size)
{
	snprintf(text, size, "node '%s' (%s)", node->name, node->op->name);
	return text;
}

/* Every value has at most one origin, and what is read has one. */
static int check_origins(struct nn_net *net)
{
	char text[256];
	int i, j, v;

	for (i = 0; i < net->nvalues; i++)
		net->value[i].producer = -1;
	for (i = 0; i < net->ninputs; i++)
		if (net->value[net->input[i].value].is_constant)
			return nn_fail("input '%s' is also a constant", net->value[net->input[i].value].name);
	for (i = 0; i < net->nnodes; i++)
		for (j = 0; j < net->node[i].nout; j++) {
			v = net->node[i].out[j];
			if (v < 0)
				continue;
			if (net->value[v].producer >= 0 ||
			    (net->value[v].is_constant && !net->value[v].is_folded))
				return nn_fail("%s: value '%s' is made twice",
				               node_text(&net->node[i], text, sizeof text), net->value[v].name);
			net->value[v].producer = i;
		}
	for (i = 0; i < net->ninputs; i++)
		if (net->value[net->input[i].value].producer >= 0)
			return nn_fail("input '%s' is made by a node", net->value[net->input[i].value].name);
	return 0;
}

static int check_reads(const struct nn_net *net)
{
	char text[256], *made = nn_calloc((size_t)net->nvalues, 1);
	int i, j, v, status = 0;

	for (i = 0; i < net->nvalues; i++)
		made[i] = net->value[i].producer >= 0 || net->value[i].is_constant;
	for (i = 0; i < net->ninputs; i++)
		made[net->input[i].value] = 1;
	for (i = 0; i < net->nnodes && status == 0; i++)
		for (j = 0; j < net->node[i].nin && status == 0; j++) {
			v = net->node[i].in[j];
			if (v >= 0 && !made[v])
				status = nn_fail("%s reads '%s', which nothing makes",
				                 node_text(&net->node[i], text, sizeof text),
				                 net->value[v].name);
		}
	for (i = 0; i < net->noutputs && status == 0; i++)
		if (!made[net->output[i]])
			status = nn_fail("the net's output reads '%s', which nothing makes",
			                 net->value[net->output[i]].name);
	free(made);
	return status;
}

/*
 * Depth first over producers with a stack of our own; the given order is kept where it can be.
 * state of a node: 0 not met, 1 on the stack, 2 placed.
 */
static int place(const struct nn_net *net, int root, char *state, int *order, int *placed, int *stack)
{
	int top = 0, j, p, n;

	stack[top++] = root;
	while (top) {
		n = stack[top - 1];
		if (state[n] == 2) {
			top--;
			continue;
		}
		state[n] = 1;
		for (j = 0; j < net->node[n].nin; j++) {
			if (net->node[n].in[j] < 0)
				continue;
			p = net->value[net->node[n].in[j]].producer;
			if (p < 0 || state[p] == 2)
				continue;
			if (state[p] == 1)
				return nn_fail("node '%s' (%s) is part of a cycle", net->node[p].name,
				               net->node[p].op->name);
			break;
		}
		if (j < net->node[n].nin) {
			stack[top++] = net->value[net->node[n].in[j]].producer;
		} else {
			state[n] = 2;
			order[(*placed)++] = n;
			top--;
		}
	}
	return 0;
}

static void reorder(struct nn_net *net, const int *order)
{
	struct nn_node *node = nn_calloc((size_t)net->nnodes, sizeof *node);
	int i, j;

	for (i = 0; i < net->nnodes; i++) {
		node[i] = net->node[order[i]];
		for (j = 0; j < node[i].nout; j++)
			if (node[i].out[j] >= 0)
				net->value[node[i].out[j]].producer = i;
	}
	if (net->nnodes)
		memcpy(net->node, node, (size_t)net->nnodes * sizeof *node);
	free(node);
}

int nn_net_finish(struct nn_net *net)
{
	size_t n = (size_t)net->nnodes;
	char *state;
	int *order, *stack, placed = 0, i, status = 0;

	if (check_origins(net) < 0 || check_reads(net) < 0)
		return -1;
	state = nn_calloc(n, 1);
	order = nn_calloc(n, sizeof *order);
	stack = nn_calloc(n + 1, sizeof *stack);
	for (i = 0; i < net->nnodes && status == 0; i++)
		if (state[i] == 0)
			status = place(net, i, state, order, &placed, stack);
	if (status == 0)
		reorder(net, order);
	free(state);
	free(order);
	free(stack);
	return status;
}
