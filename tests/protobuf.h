/* SPDX-License-Identifier: ISC */
/* Writes ONNX models for tests, field by field; field numbers are those of onnx.proto. */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include "run.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct msg {
	unsigned char b[1 << 14];
	size_t n;
};

__attribute__((unused)) static void put_varint(struct msg *m, uint64_t v)
{
	for (; v > 127; v >>= 7)
		m->b[m->n++] = (unsigned char)(v | 128);
	m->b[m->n++] = (unsigned char)v;
}

__attribute__((unused)) static void put_int(struct msg *m, int field, int64_t v)
{
	put_varint(m, (uint64_t)field << 3);
	put_varint(m, (uint64_t)v);
}

__attribute__((unused)) static void put_float(struct msg *m, int field, float v)
{
	put_varint(m, (uint64_t)field << 3 | 5);
	memcpy(m->b + m->n, &v, 4);
	m->n += 4;
}

__attribute__((unused)) static void put_bytes(struct msg *m, int field, const void *p, size_t n)
{
	put_varint(m, (uint64_t)field << 3 | 2);
	put_varint(m, n);
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

__attribute__((unused)) static void put_text(struct msg *m, int field, const char *s)
{
	put_bytes(m, field, s, strlen(s));
}

__attribute__((unused)) static void put_msg(struct msg *m, int field, const struct msg *inner)
{
	put_bytes(m, field, inner->b, inner->n);
}

/* A TensorProto with raw data; its type is ONNX's: 1 float, 7 int64. */
__attribute__((unused)) static void put_tensor(struct msg *m, int field, const char *name, int type,
					       int ndim, const int64_t *dim, const void *raw,
					       size_t n)
{
	struct msg t = {{0}, 0};
	int i;

	for (i = 0; i < ndim; i++)
		put_int(&t, 1, dim[i]);
	put_int(&t, 2, type);
	put_text(&t, 8, name);
	put_bytes(&t, 9, raw, n);
	put_msg(m, field, &t);
}

/* Attributes, into a message that put_node() takes. */

__attribute__((unused)) static void attr_begin(struct msg *a, const char *name, int type)
{
	a->n = 0;
	put_text(a, 1, name);
	put_int(a, 20, type);
}

__attribute__((unused)) static void attr_int(struct msg *attrs, const char *name, int64_t v)
{
	struct msg a;

	attr_begin(&a, name, 2);
	put_int(&a, 3, v);
	put_msg(attrs, 5, &a);
}

__attribute__((unused)) static void attr_float(struct msg *attrs, const char *name, float v)
{
	struct msg a;

	attr_begin(&a, name, 1);
	put_float(&a, 2, v);
	put_msg(attrs, 5, &a);
}

__attribute__((unused)) static void attr_text(struct msg *attrs, const char *name, const char *v)
{
	struct msg a;

	attr_begin(&a, name, 3);
	put_text(&a, 4, v);
	put_msg(attrs, 5, &a);
}

/* n integers (not packed) or floats (packed) follow. */
__attribute__((unused)) static void attr_ints(struct msg *attrs, const char *name, int n, ...)
{
	struct msg a;
	va_list ap;

	attr_begin(&a, name, 7);
	va_start(ap, n);
	while (n-- > 0)
		put_int(&a, 8, va_arg(ap, int));
	va_end(ap);
	put_msg(attrs, 5, &a);
}

__attribute__((unused)) static void attr_floats(struct msg *attrs, const char *name, int n, ...)
{
	struct msg a;
	float v[16];
	va_list ap;
	int i;

	attr_begin(&a, name, 6);
	va_start(ap, n);
	for (i = 0; i < n; i++)
		v[i] = (float)va_arg(ap, double);
	va_end(ap);
	put_bytes(&a, 7, v, (size_t)n * 4);
	put_msg(attrs, 5, &a);
}

/* The graph: parts in any order. */

static void put_names(struct msg *m, int field, const char *names)
{
	size_t n;

	for (; names && *names; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		put_bytes(m, field, names, *names == '-' ? 0 : n);
	}
}

/* in and out are names with a space between; "-" is one left out. attrs is emptied. */
__attribute__((unused)) static void put_node(struct msg *graph, const char *op, const char *in,
					     const char *out, struct msg *attrs)
{
	struct msg n = {{0}, 0};

	put_names(&n, 1, in);
	put_names(&n, 2, out);
	put_text(&n, 4, op);
	if (attrs) {
		memcpy(n.b + n.n, attrs->b, attrs->n);
		n.n += attrs->n;
		attrs->n = 0;
	}
	put_msg(graph, 1, &n);
}

/* A float input (11) or output (12) of the graph; a dimension of 0 is a name. */
__attribute__((unused)) static void put_value(struct msg *graph, int field, const char *name, int n,
					      ...)
{
	struct msg shape = {{0}, 0}, dim, tensor = {{0}, 0}, type = {{0}, 0}, value = {{0}, 0};
	va_list ap;
	int d;

	va_start(ap, n);
	while (n-- > 0) {
		d = va_arg(ap, int);
		dim.n = 0;
		if (d)
			put_int(&dim, 1, d);
		else
			put_text(&dim, 2, "N");
		put_msg(&shape, 1, &dim);
	}
	va_end(ap);
	put_int(&tensor, 1, 1);
	put_msg(&tensor, 2, &shape);
	put_msg(&type, 1, &tensor);
	put_text(&value, 1, name);
	put_msg(&value, 2, &type);
	put_msg(graph, field, &value);
}

__attribute__((unused)) static void put_floats(struct msg *graph, const char *name, int n, ...)
{
	int64_t dim = n;
	float v[16];
	va_list ap;
	int i;

	va_start(ap, n);
	for (i = 0; i < n; i++)
		v[i] = (float)va_arg(ap, double);
	va_end(ap);
	put_tensor(graph, 5, name, 1, 1, &dim, v, (size_t)n * 4);
}

__attribute__((unused)) static void put_ints(struct msg *graph, const char *name, int n, ...)
{
	int64_t dim = n, v[16];
	va_list ap;
	int i;

	va_start(ap, n);
	for (i = 0; i < n; i++)
		v[i] = va_arg(ap, int);
	va_end(ap);
	put_tensor(graph, 5, name, 7, 1, &dim, v, (size_t)n * 8);
}

/* The model of a graph. */
__attribute__((unused)) static void make_model(struct msg *m, const struct msg *graph,
					       int64_t opset)
{
	struct msg set = {{0}, 0};

	m->n = 0;
	put_int(m, 1, 8);
	put_msg(m, 7, graph);
	put_int(&set, 2, opset);
	put_msg(m, 8, &set);
}

/* Reads it as a file called path would be; the bytes must outlive the net. */
__attribute__((unused)) static struct nn_net *read_model(const struct msg *m, const char *path)
{
	struct nn_reader r;
	struct nn_net *net;

	nn_reader_memory(&r, path, m->b, m->n);
	net = nn_net_take(&r);
	nn_reader_close(&r);
	return net;
}

/* Runs a net of one input on the numbers x; its output into y. Returns how many there are, or -1.
 */
__attribute__((unused)) static int64_t run_net(struct nn_net *net, const float *x, float *y)
{
	struct nn_wish wish = {net->output, 1, NULL, 0, -1};
	struct nn_tensor in;
	const struct nn_tensor *out;
	struct nn_plan *p;
	int64_t n = -1, i;

	nn_net_input_shapes(net, &in);
	p = nn_plan_new(net, &in, 1, &wish, NULL);
	if (!p)
		return -1;
	memcpy(nn_plan_input(p, 0)->data, x, nn_tensor_bytes(&in));
	if (nn_forward(p) == 0) {
		out = nn_plan_value(p, net->output[0]);
		n = nn_tensor_count(out);
		for (i = 0; i < n; i++)
			y[i] = (float)nn_tensor_at(out, i);
	}
	nn_plan_free(p);
	return n;
}

#endif
