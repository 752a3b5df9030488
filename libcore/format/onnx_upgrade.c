/* SPDX-License-Identifier: ISC */
/*
 * From any opset to opset 20.  Source: Changelog.md of the ONNX project, which tells for each
 * operator and version what changed.
 */
#include "format/onnx.h"

#include <stdlib.h>
#include <string.h>

static int new_constant(struct nn_onnx *o, const struct nn_onnx_node *n, const struct nn_attr *a,
			int scalar)
{
	int value = nn_net_fresh(o->net, n->out[0], a->name);
	struct nn_tensor t;

	nn_onnx_attr_tensor(&t, a, scalar);
	nn_net_constant(o->net, value, &t);
	return value;
}

static void set_input(struct nn_onnx_node *n, size_t i, int value)
{
	while (n->nin <= i) {
		n->in = nn_grow(n->in, n->nin, sizeof *n->in);
		n->in[n->nin++] = -1;
	}
	n->in[i] = value;
}

static void rename_node(struct nn_onnx_node *n, const char *type)
{
	free(n->type);
	n->type = nn_strdup(type);
}

static int has_input(const struct nn_onnx_node *n, size_t i)
{
	return n->nin > i && n->in[i] >= 0;
}

/* attributes that became inputs */

static const struct moved {
	const char *op;
	int64_t below; /* the opset in which it became an input */
	const char *attr;
	size_t input;
	enum nn_attr_type type;
	int scalar;
} moved[] = {
	{"Clip", 11, "min", 1, NN_ATTR_FLOATS, 1},
	{"Clip", 11, "max", 2, NN_ATTR_FLOATS, 1},
	{"Pad", 2, "paddings", 1, NN_ATTR_INTS, 0},
	{"Pad", 11, "pads", 1, NN_ATTR_INTS, 0},
	{"Pad", 11, "value", 2, NN_ATTR_FLOATS, 1},
	{"ReduceL1", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceL2", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceLogSum", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceLogSumExp", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceMax", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceMean", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceMin", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceProd", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceSum", 13, "axes", 1, NN_ATTR_INTS, 0},
	{"ReduceSumSquare", 18, "axes", 1, NN_ATTR_INTS, 0},
	{"Reshape", 5, "shape", 1, NN_ATTR_INTS, 0},
	{"Slice", 10, "starts", 1, NN_ATTR_INTS, 0},
	{"Slice", 10, "ends", 2, NN_ATTR_INTS, 0},
	{"Slice", 10, "axes", 3, NN_ATTR_INTS, 0},
	{"Split", 13, "split", 1, NN_ATTR_INTS, 0},
	{"Squeeze", 13, "axes", 1, NN_ATTR_INTS, 0},
	{"TopK", 10, "k", 1, NN_ATTR_INTS, 0},
	{"Unsqueeze", 13, "axes", 1, NN_ATTR_INTS, 0},
	{"Upsample", 9, "scales", 1, NN_ATTR_FLOATS, 0},
};

static int move_attributes(struct nn_onnx *o, struct nn_onnx_node *n)
{
	const struct moved *m;
	const struct nn_attr *a;

	for (m = moved; m < moved + NN_LEN(moved); m++) {
		if (o->opset >= m->below || strcmp(n->type, m->op) != 0)
			continue;
		a = nn_attrs_find(&n->attrs, m->attr);
		if (!a)
			continue;
		if (a->type != m->type || (m->scalar && a->count != 1))
			return nn_fail("attribute '%s' is not of its type", m->attr);
		if (has_input(n, m->input))
			return nn_fail("attribute '%s' and input %zu are both given", m->attr,
				       m->input);
		set_input(n, m->input, new_constant(o, n, a, m->scalar));
		nn_attrs_remove(&n->attrs, m->attr);
	}
	return 0;
}

/* what else changed, by operator */

static void set_default_int(struct nn_onnx_node *n, const char *name, int64_t v)
{
	if (!nn_attrs_find(&n->attrs, name))
		nn_attrs_set_ints(&n->attrs, name, 1, &v);
}

static void set_default_float(struct nn_onnx_node *n, const char *name, double v)
{
	if (!nn_attrs_find(&n->attrs, name))
		nn_attrs_set_floats(&n->attrs, name, 1, &v);
}

/* The input is flattened to two dimensions at axis, and the second is normalised. */
static int softmax(struct nn_onnx *o, struct nn_onnx_node *n)
{
	(void)o;
	set_default_int(n, "axis", 1);
	set_default_int(n, "flatten", 1);
	return 0;
}

static int batch_norm(struct nn_onnx *o, struct nn_onnx_node *n)
{
	size_t i;

	if (o->opset < 9 && nn_attr_int(&n->attrs, "spatial", 1) != 1)
		return nn_fail("attribute 'spatial' is 0, which is not supported");
	if (o->opset >= 14 && nn_attr_int(&n->attrs, "training_mode", 0) != 0)
		return nn_fail("attribute 'training_mode' is not supported");
	for (i = 1; i < n->nout; i++)
		if (n->out[i] >= 0)
			return nn_fail("output %zu exists in training only, which is not supported",
				       i);
	n->nout = 1;
	nn_attrs_remove(&n->attrs, "is_test");
	nn_attrs_remove(&n->attrs, "momentum");
	nn_attrs_remove(&n->attrs, "spatial");
	nn_attrs_remove(&n->attrs, "training_mode");
	return 0;
}

/* The one number of a constant input, otherwise when it is left out. */
static int constant_input(const struct nn_onnx *o, const struct nn_onnx_node *n, size_t i,
			  const char *name, double otherwise, double *v)
{
	const struct nn_value *value = has_input(n, i) ? &o->net->value[n->in[i]] : NULL;

	*v = otherwise;
	if (!value)
		return 0;
	if (!value->is_constant || nn_tensor_count(&value->constant) != 1)
		return nn_fail("input '%s' is computed, which is not supported", name);
	*v = nn_tensor_at(&value->constant, 0);
	return 0;
}

/* In inference, and in training with a ratio of 0, the data passes as it is. */
static int dropout(struct nn_onnx *o, struct nn_onnx_node *n)
{
	double training, ratio = 0;

	if (constant_input(o, n, 2, "training_mode", 0, &training) < 0 ||
	    (training != 0 && constant_input(o, n, 1, "ratio", .5, &ratio) < 0))
		return -1;
	if (training != 0 && ratio != 0)
		return nn_fail("input 'training_mode' is true, which is not supported");
	n->nin = NN_MIN(n->nin, 1);
	nn_attrs_remove(&n->attrs, "ratio");
	nn_attrs_remove(&n->attrs, "is_test");
	nn_attrs_remove(&n->attrs, "seed");
	return 0;
}

/* Resize of opset 10, and Upsample: pixel y comes from y / scale, rounded down. */
static int resize(struct nn_onnx *o, struct nn_onnx_node *n)
{
	const struct nn_value *v;
	size_t i;

	if (o->opset < 11) {
		set_input(n, 2, has_input(n, 1) ? n->in[1] : -1);
		n->in[1] = -1;
		nn_attrs_set_string(&n->attrs, "coordinate_transformation_mode", "asymmetric");
		nn_attrs_set_string(&n->attrs, "nearest_mode", "floor");
		return 0;
	}
	/* opset 11 and 12 want all three, and say by an empty one that it is not given */
	for (i = 1; i < n->nin; i++) {
		v = n->in[i] < 0 ? NULL : &o->net->value[n->in[i]];
		if (v && v->is_constant && nn_tensor_count(&v->constant) == 0)
			n->in[i] = -1;
	}
	return 0;
}

static int upsample(struct nn_onnx *o, struct nn_onnx_node *n)
{
	double scales[4] = {1, 1, 0, 0};

	if (o->opset >= 10)
		return nn_fail("the operator does not exist in opset %lld", (long long)o->opset);
	if (o->opset < 7) {
		scales[2] = nn_attr_float(&n->attrs, "height_scale", 1);
		scales[3] = nn_attr_float(&n->attrs, "width_scale", 1);
		nn_attrs_remove(&n->attrs, "height_scale");
		nn_attrs_remove(&n->attrs, "width_scale");
		nn_attrs_set_floats(&n->attrs, "scales", 4, scales);
		if (move_attributes(o, n) < 0)
			return -1;
	}
	if (strcmp(nn_attr_string(&n->attrs, "mode", "nearest"), "bilinear") == 0)
		nn_attrs_set_string(&n->attrs, "mode", "linear");
	rename_node(n, "Resize");
	return resize(o, n);
}

/* Without sizes, equal parts: opset 18 says how many. */
static int split(struct nn_onnx *o, struct nn_onnx_node *n)
{
	if (o->opset < 18 && !has_input(n, 1))
		set_default_int(n, "num_outputs", (int64_t)n->nout);
	return 0;
}

static int concat(struct nn_onnx *o, struct nn_onnx_node *n)
{
	(void)o;
	set_default_int(n, "axis", 1);
	return 0;
}

static int selu(struct nn_onnx *o, struct nn_onnx_node *n)
{
	(void)o;
	set_default_float(n, "alpha", 1.6732);
	set_default_float(n, "gamma", 1.0507);
	return 0;
}

static int gemm(struct nn_onnx *o, struct nn_onnx_node *n)
{
	(void)o;
	nn_attrs_remove(&n->attrs, "broadcast"); /* the shapes tell */
	return 0;
}

/* Cast named its type by TensorProto's word for it. */
static int cast(struct nn_onnx *o, struct nn_onnx_node *n)
{
	static const char *const words[] = {
		"UNDEFINED", "FLOAT",  "UINT8", "INT8",    "UINT16", "INT16",  "INT32",
		"INT64",     "STRING", "BOOL",  "FLOAT16", "DOUBLE", "UINT32", "UINT64",
	};
	const char *to = nn_attr_string(&n->attrs, "to", "");
	int64_t i;

	(void)o;
	for (i = 1; i < (int64_t)NN_LEN(words); i++)
		if (strcmp(to, words[i]) == 0) {
			nn_attrs_set_ints(&n->attrs, "to", 1, &i);
			return 0;
		}
	return nn_fail("attribute 'to' is the unknown '%s'", to);
}

static int lp_pool(struct nn_onnx *o, struct nn_onnx_node *n)
{
	double p = nn_attr_float(&n->attrs, "p", 2);
	int64_t whole = p >= 1 && p < 1e6 ? (int64_t)p : 0;

	(void)o;
	if ((double)whole != p)
		return nn_fail("attribute 'p' is %g: only whole numbers are supported", p);
	nn_attrs_set_ints(&n->attrs, "p", 1, &whole);
	return 0;
}

static int refuse(struct nn_onnx *o, struct nn_onnx_node *n)
{
	(void)n;
	return nn_fail("its form of opset %lld is not supported", (long long)o->opset);
}

/* The second input begins at an axis of the first: nn_onnx_align() sees to it, when ranks are
 * known. */
static void align_later(struct nn_onnx *o, const struct nn_onnx_node *n, int64_t axis)
{
	o->aligned = nn_grow(o->aligned, o->naligned, sizeof *o->aligned);
	o->aligned[o->naligned].value = n->out[0];
	o->aligned[o->naligned++].axis = axis;
}

static int binary(struct nn_onnx *o, struct nn_onnx_node *n)
{
	if (nn_attr_int(&n->attrs, "broadcast", 0) && nn_attrs_find(&n->attrs, "axis"))
		align_later(o, n, nn_attr_int(&n->attrs, "axis", 0));
	nn_attrs_remove(&n->attrs, "axis");
	nn_attrs_remove(&n->attrs, "broadcast");
	return 0;
}

static int prelu(struct nn_onnx *o, struct nn_onnx_node *n)
{
	align_later(o, n, 1);
	return 0;
}

/* An older name of ScatterElements. */
static int scatter(struct nn_onnx *o, struct nn_onnx_node *n)
{
	(void)o;
	rename_node(n, "ScatterElements");
	return 0;
}

static const struct change {
	const char *op;
	int64_t below; /* the opset that needs no change any more */
	int (*make)(struct nn_onnx *, struct nn_onnx_node *);
} changes[] = {
	{"Add", 7, binary},
	{"And", 7, binary},
	{"BatchNormalization", 21, batch_norm},
	{"Cast", 6, cast},
	{"Concat", 4, concat},
	{"Div", 7, binary},
	{"Dropout", 21, dropout},
	{"Equal", 7, binary},
	{"Gemm", 7, gemm},
	{"GlobalLpPool", 2, lp_pool},
	{"Greater", 7, binary},
	{"Hardmax", 13, softmax},
	{"Less", 7, binary},
	{"LogSoftmax", 13, softmax},
	{"LpPool", 2, lp_pool},
	{"Mul", 7, binary},
	{"Or", 7, binary},
	{"PRelu", 7, prelu},
	{"Pow", 7, binary},
	{"Resize", 21, resize},
	{"Scatter", 21, scatter},
	{"Selu", 6, selu},
	{"Softmax", 13, softmax},
	{"Split", 18, split},
	{"Sub", 7, binary},
	{"Tile", 6, refuse},
	{"Upsample", 21, upsample},
	{"Xor", 7, binary},
};

static int tensor_node(struct nn_onnx *o, struct nn_onnx_node *n)
{
	if (strcmp(n->type, "ConstantOfShape") == 0)
		return nn_onnx_constant_of_shape(o, n);
	return n->tensor_name ? nn_fail("attribute '%s' holds a tensor, which is not supported",
					n->tensor_name)
			      : 0;
}

int nn_onnx_known(const char *type)
{
	/* Preprocess is ours, and not of ONNX */
	return strcmp(type, "Preprocess") != 0 &&
	       (nn_op_find(type) || strcmp(type, "Constant") == 0 || strcmp(type, "Scatter") == 0 ||
		strcmp(type, "Upsample") == 0);
}

int nn_onnx_upgrade(struct nn_onnx *o, struct nn_onnx_node *n)
{
	const struct change *c;

	if (strcmp(n->type, "Constant") == 0)
		return nn_onnx_constant(o, n);
	if (o->opset < 6)
		nn_attrs_remove(&n->attrs, "consumed_inputs"); /* a hint about memory */
	if (tensor_node(o, n) < 0 || move_attributes(o, n) < 0)
		return -1;
	for (c = changes; c < changes + NN_LEN(changes); c++)
		if (o->opset < c->below && strcmp(n->type, c->op) == 0) {
			if (c->make(o, n) < 0)
				return -1;
			break;
		}
	if (!nn_op_find(n->type))
		return nn_fail("operator '%s' is not supported", n->type);
	if (nn_onnx_check_attrs(n) < 0)
		return -1;
	nn_net_node(o->net, nn_op_find(n->type), n->name, (int)n->nin, n->in, (int)n->nout, n->out,
		    &n->attrs);
	return 0;
}
