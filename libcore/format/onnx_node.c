/* SPDX-License-Identifier: ISC */
/* NodeProto and AttributeProto. */
#include "format/onnx.h"

#include <stdlib.h>
#include <string.h>

/* AttributeProto: its fields, and the types that we read. */
enum {
	NAME = 1,
	F = 2,
	I = 3,
	S = 4,
	T = 5,
	G = 6,
	FLOATS = 7,
	INTS = 8,
	STRINGS = 9,
	TYPE = 20,
	REF = 21
};
enum { FLOAT = 1, INT, STRING, TENSOR, GRAPH, FLOAT_LIST, INT_LIST };

struct attribute {
	char *name, *text;
	int type;  /* AttributeProto.AttributeType */
	int guess; /* the type by the field that came, for files older than the type field */
	int64_t i;
	double f;
	struct nn_int_list ints, floats; /* floats as their bits */
	struct nn_bytes tensor;
};

static int compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct nn_onnx_initial *)row)->name);
}

int nn_onnx_value(struct nn_onnx *o, const char *name)
{
	struct nn_onnx_initial *initial = NULL;
	struct nn_tensor t;

	if (o->ninitial)
		initial = bsearch(name, o->initial, o->ninitial, sizeof *initial, compare_name);
	if (!initial)
		return nn_net_value(o->net, name);
	if (initial->value < 0) {
		if (nn_onnx_tensor(o, initial->bytes, &t) < 0)
			return -1;
		initial->value = nn_net_value(o->net, name);
		nn_net_constant(o->net, initial->value, &t);
	}
	return initial->value;
}

/* Repeated float: fixed numbers, alone or packed. */
static int read_floats(const struct nn_field *f, struct nn_int_list *list)
{
	size_t i;

	if (f->type != NN_WIRE_32 && nn_wire_want(f, NN_WIRE_BYTES, "a list of floats") < 0)
		return -1;
	if (f->bytes.size % 4)
		return nn_fail("byte %zu: a list of floats ends inside a number", f->at);
	for (i = 0; i < f->bytes.size; i += 4) {
		list->v = nn_grow(list->v, list->n, sizeof *list->v);
		list->v[list->n++] = (int64_t)nn_little_endian(f->bytes.p + i, 4);
	}
	return 0;
}

static int read_attribute_field(const unsigned char *start, const struct nn_field *f,
				struct attribute *a)
{
	char **text;

	switch (f->number) {
	case NAME:
	case S:
		text = f->number == NAME ? &a->name : &a->text;
		free(*text);
		a->guess = f->number == S ? STRING : a->guess;
		return (*text = nn_wire_text(f, "an attribute's name or text")) ? 0 : -1;
	case F:
		a->guess = FLOAT;
		a->f = (double)nn_bits_to_float((uint32_t)f->value);
		return nn_wire_want(f, NN_WIRE_32, "an attribute's number");
	case I:
		a->guess = INT;
		a->i = (int64_t)f->value;
		return nn_wire_want(f, NN_WIRE_VARINT, "an attribute's integer");
	case TYPE:
		a->type = (int)(f->value & 0xff);
		return nn_wire_want(f, NN_WIRE_VARINT, "an attribute's type");
	case T:
		a->guess = TENSOR;
		a->tensor = f->bytes;
		return nn_wire_want(f, NN_WIRE_BYTES, "an attribute's tensor");
	case G:
		a->guess = GRAPH;
		return 0;
	case FLOATS:
		a->guess = FLOAT_LIST;
		return read_floats(f, &a->floats);
	case INTS:
		a->guess = INT_LIST;
		return nn_wire_ints(start, f, &a->ints);
	case REF:
		return f->bytes.size ? nn_fail("a reference outside a function") : 0;
	default:
		return 0;
	}
}

/* Moves what was read to the node. */
static int take_attribute(struct attribute *a, struct nn_onnx_node *n)
{
	double *floats;
	size_t i;

	if (nn_attrs_find(&n->attrs, a->name))
		return nn_fail("given twice");
	switch (a->type ? a->type : a->guess) {
	case FLOAT:
		nn_attrs_set_floats(&n->attrs, a->name, 1, &a->f);
		return 0;
	case INT:
		nn_attrs_set_ints(&n->attrs, a->name, 1, &a->i);
		return 0;
	case STRING:
		nn_attrs_set_string(&n->attrs, a->name, a->text ? a->text : "");
		return 0;
	case INT_LIST:
		nn_attrs_set_ints(&n->attrs, a->name, (int)a->ints.n, a->ints.v);
		return 0;
	case FLOAT_LIST:
		floats = nn_calloc(a->floats.n, sizeof *floats);
		for (i = 0; i < a->floats.n; i++)
			floats[i] = (double)nn_bits_to_float((uint32_t)a->floats.v[i]);
		nn_attrs_set_floats(&n->attrs, a->name, (int)a->floats.n, floats);
		free(floats);
		return 0;
	case TENSOR:
		if (n->tensor_name)
			return nn_fail("a second tensor");
		if (!a->tensor.p)
			return nn_fail("no tensor");
		n->tensor_name = nn_strdup(a->name);
		n->tensor = a->tensor;
		return 0;
	default:
		return nn_fail("neither numbers, text nor a tensor");
	}
}

static int read_attribute(struct nn_onnx *o, const struct nn_field *field, struct nn_onnx_node *n)
{
	struct nn_wire w = nn_wire(o->bytes, field->bytes);
	struct attribute a;
	struct nn_field f;
	int more;

	memset(&a, 0, sizeof a);
	while ((more = nn_wire_next(&w, &f)) > 0)
		if (read_attribute_field(o->bytes, &f, &a) < 0)
			break;
	if (more == 0 && !a.name)
		more = nn_fail("no name");
	if (more == 0)
		more = take_attribute(&a, n);
	if (more)
		nn_fail_in("attribute '%s'", a.name ? a.name : "");
	free(a.name);
	free(a.text);
	free(a.ints.v);
	free(a.floats.v);
	return more ? -1 : 0;
}

static int append_value(struct nn_onnx *o, const struct nn_field *f, int **list, size_t *n)
{
	char *name = nn_wire_text(f, "the name of a value");
	int value = -1, bad = !name;

	if (name && *name) {
		value = nn_onnx_value(o, name);
		bad = value < 0;
	}
	free(name);
	if (bad)
		return -1;
	*list = nn_grow(*list, *n, sizeof **list);
	(*list)[(*n)++] = value;
	return 0;
}

/* Fields of NodeProto. */
enum { INPUT = 1, OUTPUT = 2, NODE_NAME = 3, OP_TYPE = 4, ATTRIBUTE = 5, DOMAIN = 7 };

/* What must be known before the rest makes sense: names, type, domain. */
static int read_head(struct nn_onnx *o, struct nn_bytes bytes, struct nn_onnx_node *n)
{
	struct nn_wire w = nn_wire(o->bytes, bytes);
	struct nn_field f;
	char *domain = NULL, **into;
	int more, bad = 0;

	while ((more = nn_wire_next(&w, &f)) > 0) {
		into = f.number == NODE_NAME ? &n->name
		       : f.number == OP_TYPE ? &n->type
		       : f.number == DOMAIN  ? &domain
					     : NULL;
		if (f.number == OUTPUT && !n->made)
			into = &n->made;
		if (!into)
			continue;
		free(*into);
		*into = nn_wire_text(&f, "the name, type, domain or output of a node");
		if (!*into)
			break;
	}
	if (more == 0 && !n->type)
		more = nn_fail("no operator");
	if (more == 0 && domain && *domain && strcmp(domain, "ai.onnx") != 0)
		bad = nn_fail("operator '%s' of the domain '%s' is not supported", n->type, domain);
	else if (more == 0 && !nn_onnx_known(n->type))
		bad = nn_fail("operator '%s' is not supported", n->type);
	free(domain);
	return more || bad ? -1 : 0;
}

int nn_onnx_node_read(struct nn_onnx *o, struct nn_bytes bytes, struct nn_onnx_node *n)
{
	struct nn_wire w = nn_wire(o->bytes, bytes);
	struct nn_field f;
	int more = 0, bad;

	memset(n, 0, sizeof *n);
	bad = read_head(o, bytes, n);
	while (bad == 0 && (more = nn_wire_next(&w, &f)) > 0) {
		if (f.number == INPUT)
			bad = append_value(o, &f, &n->in, &n->nin);
		else if (f.number == OUTPUT)
			bad = append_value(o, &f, &n->out, &n->nout);
		else if (f.number == ATTRIBUTE &&
			 nn_wire_want(&f, NN_WIRE_BYTES, "an attribute") < 0)
			bad = -1;
		else if (f.number == ATTRIBUTE)
			bad = read_attribute(o, &f, n);
	}
	bad = more < 0 ? -1 : bad;
	if (bad == 0 && (n->nout == 0 || n->out[0] < 0))
		bad = nn_fail("no output");
	if (!n->name)
		n->name = nn_strdup("");
	return bad < 0 ? nn_onnx_node_fail(n) : 0;
}

int nn_onnx_node_fail(const struct nn_onnx_node *n)
{
	return nn_fail_in("node '%s' (%s)", *n->name || !n->made ? n->name : n->made,
			  n->type ? n->type : "?");
}

void nn_onnx_node_release(struct nn_onnx_node *n)
{
	free(n->name);
	free(n->type);
	free(n->made);
	free(n->in);
	free(n->out);
	free(n->tensor_name);
	nn_attrs_release(&n->attrs);
	memset(n, 0, sizeof *n);
}
