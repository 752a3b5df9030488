/* SPDX-License-Identifier: ISC */
/* Writing a net: a graph record of text, whose form nnt(5) specifies, then a record per weight. */
#include "net.h"

#include <stdlib.h>
#include <string.h>

/* A name as one word: bytes that mean something in a line become %XX; a value left out is "-". */
static void put_word(FILE *f, const char *s)
{
	if (strcmp(s, "-") == 0) {
		fputs("%2D", f);
		return;
	}
	if (!*s)
		fputs("%", f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c == 0x7f || c == '%' || c == '=' || c == '>')
			fprintf(f, "%%%02X", c);
		else
			putc(c, f);
	}
}

static void put_value(FILE *f, const struct nn_net *net, int v)
{
	putc(' ', f);
	if (v < 0)
		putc('-', f);
	else
		put_word(f, net->value[v].name);
}

static void put_attr(FILE *f, const struct nn_attr *a)
{
	int i;

	putc(' ', f);
	put_word(f, a->name);
	if (a->type == NN_ATTR_STRING) {
		fputs("=s:", f);
		put_word(f, a->string);
		return;
	}
	fputs(a->type == NN_ATTR_INTS ? "=i:" : "=f:", f);
	for (i = 0; i < a->count; i++) {
		if (i)
			putc(',', f);
		if (a->type == NN_ATTR_INTS)
			fprintf(f, "%lld", (long long)a->ints[i]);
		else
			fprintf(f, "%.17g", a->floats[i]);
	}
}

static void put_node(FILE *f, const struct nn_net *net, const struct nn_node *node)
{
	int i;

	fprintf(f, "node %s ", node->op->name);
	put_word(f, node->name);
	for (i = 0; i < node->nin; i++)
		put_value(f, net, node->in[i]);
	fputs(" >", f);
	for (i = 0; i < node->nout; i++)
		put_value(f, net, node->out[i]);
	for (i = 0; i < node->attrs.count; i++)
		put_attr(f, &node->attrs.attr[i]);
	putc('\n', f);
}

static void put_text(FILE *f, const struct nn_net *net)
{
	int i, j;

	fputs(NN_NET_HEADLINE "\n", f);
	for (i = 0; i < net->ninputs; i++) {
		fputs("input", f);
		put_value(f, net, net->input[i].value);
		fprintf(f, " %s", nn_type_name(net->input[i].type));
		for (j = 0; j < net->input[i].ndim; j++)
			fprintf(f, " %lld", (long long)net->input[i].dim[j]);
		putc('\n', f);
	}
	for (i = 0; i < net->noutputs; i++) {
		fputs("output", f);
		put_value(f, net, net->output[i]);
		putc('\n', f);
	}
	for (i = 0; i < net->nnodes; i++)
		put_node(f, net, &net->node[i]);
	for (i = 0; i < net->nlabels; i++) {
		fputs("label ", f);
		put_word(f, net->label[i]);
		putc('\n', f);
	}
}

/* Is the constant read by a node, or an output? Others are not worth a record. */
static char *used_constants(const struct nn_net *net, int *count)
{
	char *used = nn_calloc((size_t)net->nvalues, 1);
	int i, j;

	for (i = 0; i < net->nnodes; i++)
		for (j = 0; j < net->node[i].nin; j++)
			if (net->node[i].in[j] >= 0)
				used[net->node[i].in[j]] = 1;
	for (i = 0; i < net->noutputs; i++)
		used[net->output[i]] = 1;
	*count = 0;
	for (i = 0; i < net->nvalues; i++)
		*count += used[i] = used[i] && net->value[i].is_constant &&
		                    !net->value[i].is_folded;
	return used;
}

/* The constant's numbers under its value's name, whatever the tensor was called. */
static int write_constant(FILE *f, const struct nn_value *v)
{
	struct nn_tensor t;
	int status;

	nn_tensor_view(&t, v->name, v->constant.type, v->constant.ndim, v->constant.dim,
	               v->constant.data);
	status = nn_write(f, &t);
	nn_tensor_release(&t);
	return status;
}

int nn_net_write(FILE *f, const struct nn_net *net)
{
	struct nn_tensor t;
	char *text = NULL, *used;
	size_t size = 0;
	int64_t dim;
	FILE *m = open_memstream(&text, &size);
	int count, i, status;

	if (!m)
		return nn_fail("cannot make the graph record");
	put_text(m, net);
	if (fclose(m) != 0)
		return nn_fail("cannot make the graph record");
	dim = (int64_t)size;
	used = used_constants(net, &count);
	nn_tensor_view(&t, net->name, NN_U8, 1, &dim, text);
	nn_tensor_set(&t, "kind", "net");
	nn_tensor_set(&t, "weights", "%d", count);
	status = nn_write(f, &t);
	nn_tensor_release(&t);
	for (i = 0; i < net->nvalues && status == 0; i++)
		if (used[i])
			status = write_constant(f, &net->value[i]);
	free(used);
	free(text);
	return status;
}
