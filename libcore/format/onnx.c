/* SPDX-License-Identifier: ISC */
/* ModelProto and GraphProto. */
#include "format/onnx.h"

#include <stdlib.h>
#include <string.h>

#define MOST_NODES ((size_t)1 << 24)

/* Fields of ModelProto, OperatorSetIdProto and GraphProto. */
enum { GRAPH = 7, OPSET_IMPORT = 8 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { NODE = 1, INITIALIZER = 5, INPUT = 11, OUTPUT = 12, SPARSE_INITIALIZER = 15 };

/* ir_version first, then another field of ModelProto; or the name says so. */
static int is(const char *path, const unsigned char *head, size_t size)
{
	static const unsigned char tags[] = {0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72};
	size_t length = strlen(path);

	if (length > 5 && strcmp(path + length - 5, ".onnx") == 0)
		return 1;
	return size > 2 && head[0] == 0x08 && head[1] >= 1 && head[1] < 64 &&
	       memchr(tags, head[2], sizeof tags) != NULL;
}

static int read_opset(struct nn_onnx *o, const struct nn_field *import)
{
	struct nn_wire w = nn_wire(o->bytes, import->bytes);
	struct nn_field f;
	char *domain = NULL;
	uint64_t version = 0;
	int more;

	while ((more = nn_wire_next(&w, &f)) > 0) {
		if (f.number == OPSET_VERSION && f.type == NN_WIRE_VARINT)
			version = f.value;
		if (f.number != OPSET_DOMAIN)
			continue;
		free(domain);
		if (!(domain = nn_wire_text(&f, "the domain of an operator set")))
			break;
	}
	if (more == 0 && (!domain || !*domain || strcmp(domain, "ai.onnx") == 0))
		o->opset = (int64_t)version;
	free(domain);
	return more ? -1 : 0;
}

/* The graph, of which there is one, and the operator set. */
static int read_model(struct nn_onnx *o, struct nn_bytes *graph)
{
	struct nn_bytes all = {o->bytes, o->size};
	struct nn_wire w = nn_wire(o->bytes, all);
	struct nn_field f;
	int more;

	memset(graph, 0, sizeof *graph);
	while ((more = nn_wire_next(&w, &f)) > 0) {
		if (f.number == OPSET_IMPORT &&
		    (nn_wire_want(&f, NN_WIRE_BYTES, "an operator set") < 0 ||
		     read_opset(o, &f) < 0))
			return -1;
		if (f.number != GRAPH)
			continue;
		if (nn_wire_want(&f, NN_WIRE_BYTES, "the graph") < 0)
			return -1;
		if (graph->p)
			return nn_fail("byte %zu: a second graph", f.at);
		*graph = f.bytes;
	}
	if (more < 0)
		return -1;
	if (!graph->p)
		return nn_fail("an ONNX model without a graph");
	if (o->opset < 1 || o->opset > 20)
		return nn_fail("opset %lld is not supported (1 to 20 are)", (long long)o->opset);
	return 0;
}

/* The name of a TensorProto (field 8) or ValueInfoProto (field 1), newly allocated. */
static char *name_of(struct nn_onnx *o, struct nn_bytes bytes, uint32_t field)
{
	struct nn_wire w = nn_wire(o->bytes, bytes);
	struct nn_field f;
	char *name = NULL;
	int more;

	while ((more = nn_wire_next(&w, &f)) > 0) {
		if (f.number != field)
			continue;
		free(name);
		if (!(name = nn_wire_text(&f, "a name")))
			return NULL;
	}
	if (more == 0 && name && *name)
		return name;
	if (more == 0)
		nn_fail("byte %zu: an initial value, input or output without a name",
			(size_t)(bytes.p - o->bytes));
	free(name);
	return NULL;
}

static int add_initial(struct nn_onnx *o, struct nn_bytes bytes)
{
	struct nn_onnx_initial *i;
	char *name = name_of(o, bytes, 8);

	if (!name)
		return -1;
	o->initial = nn_grow(o->initial, o->ninitial, sizeof *o->initial);
	i = &o->initial[o->ninitial++];
	i->name = name;
	i->bytes = bytes;
	i->value = -1;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct nn_onnx_initial *)a)->name,
		      ((const struct nn_onnx_initial *)b)->name);
}

static int sort_initials(struct nn_onnx *o)
{
	size_t i;

	if (o->ninitial)
		qsort(o->initial, o->ninitial, sizeof *o->initial, by_name);
	for (i = 1; i < o->ninitial; i++)
		if (strcmp(o->initial[i - 1].name, o->initial[i].name) == 0)
			return nn_fail("initial value '%s' is given twice", o->initial[i].name);
	return 0;
}

/* The first field of that number in the message. Returns 1, 0 when there is none, -1. */
static int find(struct nn_onnx *o, struct nn_bytes bytes, uint32_t number, struct nn_field *f)
{
	struct nn_wire w = nn_wire(o->bytes, bytes);
	int more;

	while ((more = nn_wire_next(&w, f)) > 0 && f->number != number)
		;
	return more;
}

/* TensorShapeProto: a dimension is a number, or a name: any size. */
static int read_shape(struct nn_onnx *o, struct nn_bytes bytes, int64_t dim[NN_DIMS])
{
	struct nn_wire w = nn_wire(o->bytes, bytes);
	struct nn_field f, value;
	int more, ndim = 0, has;

	while ((more = nn_wire_next(&w, &f)) > 0) {
		if (f.number != 1)
			continue;
		if (ndim == NN_DIMS)
			return nn_fail("more than %d dimensions", NN_DIMS);
		if (nn_wire_want(&f, NN_WIRE_BYTES, "a dimension") < 0)
			return -1;
		has = find(o, f.bytes, 1, &value);
		if (has < 0)
			return -1;
		/* many writers put 0 or less for what they do not know */
		dim[ndim++] = has && value.type == NN_WIRE_VARINT && (int64_t)value.value > 0
				      ? (int64_t)value.value
				      : -1;
	}
	return more < 0 ? -1 : ndim;
}

/* ValueInfoProto.type.tensor_type: element type (1) and shape (2). */
static int read_type(struct nn_onnx *o, struct nn_bytes bytes, enum nn_type *type,
		     int64_t dim[NN_DIMS])
{
	struct nn_field f;
	struct nn_bytes tensor;
	int has;

	if ((has = find(o, bytes, 2, &f)) <= 0 || f.type != NN_WIRE_BYTES)
		return has < 0 ? -1 : nn_fail("no type");
	if ((has = find(o, f.bytes, 1, &f)) <= 0 || f.type != NN_WIRE_BYTES)
		return has < 0 ? -1 : nn_fail("not a tensor");
	tensor = f.bytes;
	if ((has = find(o, tensor, 1, &f)) <= 0)
		return has < 0 ? -1 : nn_fail("no element type");
	if (!(*type = nn_onnx_type(f.value)))
		return -1;
	if ((has = find(o, tensor, 2, &f)) <= 0 || f.type != NN_WIRE_BYTES)
		return has < 0 ? -1 : nn_fail("no shape");
	return read_shape(o, f.bytes, dim);
}

/* An input of the graph, unless it has an initial value (IR version 3 lists these, too). */
static int add_input(struct nn_onnx *o, struct nn_bytes bytes)
{
	char *name = name_of(o, bytes, 1);
	enum nn_type type = 0;
	int64_t dim[NN_DIMS];
	int value, ndim = 0;

	if (!name)
		return -1;
	value = nn_onnx_value(o, name);
	if (value >= 0 && !o->net->value[value].is_constant) {
		ndim = read_type(o, bytes, &type, dim);
		if (ndim >= 0)
			nn_net_input(o->net, value, type, ndim, dim);
		else
			nn_fail_in("input '%s'", name);
	}
	free(name);
	return value < 0 || ndim < 0 ? -1 : 0;
}

static int add_output(struct nn_onnx *o, struct nn_bytes bytes)
{
	char *name = name_of(o, bytes, 1);
	int value;

	if (!name)
		return -1;
	value = nn_onnx_value(o, name);
	if (value >= 0)
		nn_net_output(o->net, value);
	free(name);
	return value < 0 ? -1 : 0;
}

static int add_node(struct nn_onnx *o, struct nn_bytes bytes)
{
	if (o->nnode == MOST_NODES)
		return nn_fail("more than %zu nodes", MOST_NODES);
	o->node = nn_grow(o->node, o->nnode, sizeof *o->node);
	return nn_onnx_node_read(o, bytes, &o->node[o->nnode++]);
}

static int each(struct nn_onnx *o, struct nn_bytes graph, uint32_t number,
		int (*add)(struct nn_onnx *, struct nn_bytes))
{
	struct nn_wire w = nn_wire(o->bytes, graph);
	struct nn_field f;
	int more;

	while ((more = nn_wire_next(&w, &f)) > 0)
		if (f.number == number &&
		    (nn_wire_want(&f, NN_WIRE_BYTES, "a part of the graph") < 0 ||
		     add(o, f.bytes) < 0))
			return -1;
	return more;
}

static int refuse_sparse(struct nn_onnx *o, struct nn_bytes bytes)
{
	return nn_fail("byte %zu: sparse initial values are not supported",
		       (size_t)(bytes.p - o->bytes));
}

/*
 * Nodes are read before they are upgraded: names made up by an upgrade must be new to all of the
 * file.
 */
static int read_graph(struct nn_onnx *o, struct nn_bytes graph)
{
	size_t i;

	if (each(o, graph, SPARSE_INITIALIZER, refuse_sparse) < 0 ||
	    each(o, graph, INITIALIZER, add_initial) < 0 || sort_initials(o) < 0 ||
	    each(o, graph, INPUT, add_input) < 0 || each(o, graph, NODE, add_node) < 0 ||
	    each(o, graph, OUTPUT, add_output) < 0)
		return -1;
	for (i = 0; i < o->nnode; i++)
		if (nn_onnx_upgrade(o, &o->node[i]) < 0)
			return nn_onnx_node_fail(&o->node[i]);
	if (!o->net->noutputs)
		return nn_fail("the graph has no output");
	return nn_net_finish(o->net) < 0 ? -1 : nn_onnx_align(o);
}

/* "squeezenet" of "models/squeezenet.onnx" */
static struct nn_net *net_new(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
		   *dot = strrchr(base, '.');
	char *name = nn_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	struct nn_net *net = nn_net_new(strcmp(path, "stdin") == 0 ? "net" : name);

	free(name);
	return net;
}

static struct nn_net *load(const char *path, const unsigned char *bytes, size_t size)
{
	struct nn_onnx o;
	struct nn_bytes graph;
	size_t i;

	memset(&o, 0, sizeof o);
	o.path = path;
	o.bytes = bytes;
	o.size = size;
	o.opset = 1; /* of models older than the field */
	o.net = net_new(path);
	if (read_model(&o, &graph) < 0 || read_graph(&o, graph) < 0) {
		nn_net_free(o.net);
		o.net = NULL;
	}
	for (i = 0; i < o.nnode; i++)
		nn_onnx_node_release(&o.node[i]);
	for (i = 0; i < o.ninitial; i++)
		free(o.initial[i].name);
	for (i = 0; i < o.nexternal; i++) {
		if (o.net)
			nn_net_keep(o.net, &o.external[i].reader);
		else
			nn_reader_close(&o.external[i].reader);
		free(o.external[i].location);
	}
	free(o.node);
	free(o.initial);
	free(o.external);
	free(o.aligned);
	return o.net;
}

int nn_onnx_tensor_file(struct nn_tensor *t, const char *path, const void *bytes, size_t size)
{
	struct nn_bytes all = {bytes, size};
	struct nn_onnx o;
	struct nn_tensor view;
	int bad;

	memset(&o, 0, sizeof o);
	o.path = path;
	o.bytes = bytes;
	o.size = size;
	memset(t, 0, sizeof *t);
	bad = nn_onnx_tensor(&o, all, &view);
	if (bad == 0)
		nn_tensor_copy(t, &view);
	nn_tensor_release(&view);
	while (o.nexternal) {
		nn_reader_close(&o.external[--o.nexternal].reader);
		free(o.external[o.nexternal].location);
	}
	free(o.external);
	return bad < 0 ? nn_fail_in("%s", path) : 0;
}

const struct nn_format nn_format_onnx = {
	.name = "onnx",
	.what = "ONNX, opsets 1 to 20",
	.is = is,
	.load = load,
};
