/* SPDX-License-Identifier: ISC */
/* Nodes that hold a tensor: Constant and ConstantOfShape. */
#include "format/onnx.h"

#include <string.h>

void nn_onnx_attr_tensor(struct nn_tensor *t, const struct nn_attr *a, int scalar)
{
	int64_t count = a->count;
	int i;

	nn_tensor_init(t, NULL, a->type == NN_ATTR_INTS ? NN_I64 : NN_F32, !scalar, &count);
	for (i = 0; i < (scalar ? 1 : a->count); i++)
		if (a->type == NN_ATTR_INTS)
			((int64_t *)t->data)[i] = a->ints[i];
		else
			((float *)t->data)[i] = (float)a->floats[i];
}

/* ConstantOfShape keeps its one number as an attribute, and stays a node: it is small. */
int nn_onnx_constant_of_shape(struct nn_onnx *o, struct nn_onnx_node *n)
{
	struct nn_tensor t;
	double real;
	int64_t whole, type;

	if (!n->tensor_name)
		return 0;
	if (strcmp(n->tensor_name, "value") != 0)
		return nn_fail("attribute '%s' is not supported", n->tensor_name);
	if (nn_onnx_tensor(o, n->tensor, &t) < 0)
		return nn_fail_in("attribute 'value'");
	if (nn_tensor_count(&t) != 1) {
		nn_tensor_release(&t);
		return nn_fail("attribute 'value' is not one number");
	}
	type = t.type;
	real = t.type == NN_F32 ? (double)*(const float *)t.data : 0;
	whole = t.type == NN_I64 ? *(const int64_t *)t.data : (int64_t)nn_tensor_at(&t, 0);
	if (t.type == NN_F32)
		nn_attrs_set_floats(&n->attrs, "value", 1, &real);
	else
		nn_attrs_set_ints(&n->attrs, "value", 1, &whole);
	nn_attrs_set_ints(&n->attrs, "type", 1, &type);
	nn_tensor_release(&t);
	return 0;
}

int nn_onnx_constant(struct nn_onnx *o, struct nn_onnx_node *n)
{
	static const char *const names[] = {"value_int", "value_ints", "value_float",
					    "value_floats"};
	const struct nn_attr *a = n->attrs.count == 1 ? &n->attrs.attr[0] : NULL;
	struct nn_value *out = &o->net->value[n->out[0]];
	struct nn_tensor t;
	size_t i = NN_LEN(names);

	if (out->is_constant)
		return nn_fail("value '%s' is made twice", out->name);
	if (n->tensor_name && strcmp(n->tensor_name, "value") == 0 && !n->attrs.count) {
		if (nn_onnx_tensor(o, n->tensor, &t) < 0)
			return -1;
		nn_net_constant(o->net, n->out[0], &t);
		return 0;
	}
	for (i = 0; a && !n->tensor_name && i < NN_LEN(names); i++)
		if (strcmp(a->name, names[i]) == 0 &&
		    a->type == (i < 2 ? NN_ATTR_INTS : NN_ATTR_FLOATS) && (i % 2 || a->count == 1))
			break;
	if (!a || n->tensor_name || i == NN_LEN(names))
		return nn_fail("attribute '%s' is not supported", n->tensor_name ? n->tensor_name
								  : a            ? a->name
										 : "value");
	nn_onnx_attr_tensor(&t, a, i % 2 == 0);
	nn_net_constant(o->net, n->out[0], &t);
	return 0;
}
