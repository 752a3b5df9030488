/* SPDX-License-Identifier: ISC */
/*
 * The attributes that operators of the standard have at opset 20.  Another one is refused, as it
 * would be passed over in silence.  Operators that are not listed are not checked.
 */
#include "format/onnx.h"

#include <string.h>

static const struct row {
	const char *op, *attrs;
} rows[] = {
	{"ArgMax", "axis keepdims select_last_index"},
	{"ArgMin", "axis keepdims select_last_index"},
	{"AveragePool", "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
	{"BatchNormalization", "epsilon"},
	{"Cast", "saturate to"},
	{"CastLike", "saturate"},
	{"Celu", "alpha"},
	{"Concat", "axis"},
	{"ConstantOfShape", "type value"},
	{"Conv", "auto_pad dilations group kernel_shape pads strides"},
	{"ConvTranspose",
	 "auto_pad dilations group kernel_shape output_padding output_shape pads strides"},
	{"CumSum", "exclusive reverse"},
	{"DepthToSpace", "blocksize mode"},
	{"DequantizeLinear", "axis"},
	{"Einsum", "equation"},
	{"Elu", "alpha"},
	{"Flatten", "axis"},
	{"Gather", "axis"},
	{"GatherElements", "axis"},
	{"Gelu", "approximate"},
	{"Gemm", "alpha beta transA transB"},
	{"GlobalLpPool", "p"},
	{"GridSample", "align_corners mode padding_mode"},
	{"GroupNormalization", "epsilon num_groups"},
	{"HardSigmoid", "alpha beta"},
	{"Hardmax", "axis flatten"},
	{"InstanceNormalization", "epsilon"},
	{"IsInf", "detect_negative detect_positive"},
	{"LRN", "alpha beta bias size"},
	{"LayerNormalization", "axis epsilon stash_type"},
	{"LeakyRelu", "alpha"},
	{"LogSoftmax", "axis flatten"},
	{"LpNormalization", "axis p"},
	{"LpPool", "auto_pad ceil_mode dilations kernel_shape p pads strides"},
	{"MaxPool", "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
	{"MeanVarianceNormalization", "axes"},
	{"Mod", "fmod"},
	{"OneHot", "axis"},
	{"Pad", "mode"},
	{"QLinearConv", "auto_pad dilations group kernel_shape pads strides"},
	{"QuantizeLinear", "axis saturate"},
	{"Reshape", "allowzero"},
	{"Resize", "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside "
		   "extrapolation_value keep_aspect_ratio_policy mode nearest_mode"},
	{"Selu", "alpha gamma"},
	{"Shape", "end start"},
	{"Shrink", "bias lambd"},
	{"Softmax", "axis flatten"},
	{"SpaceToDepth", "blocksize"},
	{"Split", "axis num_outputs"},
	{"ThresholdedRelu", "alpha"},
	{"TopK", "axis largest sorted"},
	{"Transpose", "perm"},
	{"Trilu", "upper"},
};

/* Of all whose name begins with Reduce. */
static const char reduce[] = "keepdims noop_with_empty_axes";

static const char without[] =
	"Abs Acos Acosh Add And Asin Asinh Atan Atanh Ceil Clip Cos Cosh Div Dropout "
	"DynamicQuantizeLinear Equal Erf Exp Expand Floor GlobalAveragePool GlobalMaxPool "
	"Greater GreaterOrEqual HardSwish Identity IsNaN Less LessOrEqual Log MatMul "
	"MatMulInteger Max Mean Min Mish Mul Neg Not Or PRelu Pow QLinearMatMul Range "
	"Reciprocal Relu Round Sigmoid Sign Sin Sinh Size Slice Softplus Softsign Sqrt "
	"Squeeze Sub Sum Tan Tanh Tile Unsqueeze Where Xor ";

/* Is name one of the words of list? */
static int has_word(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = list; (p = strstr(p, name)); p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return n > 0;
	return 0;
}

/* The attributes of an operator; NULL when it is not listed. */
static const char *attrs_of(const char *op)
{
	size_t i;

	for (i = 0; i < NN_LEN(rows); i++)
		if (strcmp(rows[i].op, op) == 0)
			return rows[i].attrs;
	if (strncmp(op, "Reduce", 6) == 0)
		return reduce;
	return has_word(without, op) ? "" : NULL;
}

int nn_onnx_check_attrs(const struct nn_onnx_node *n)
{
	const char *attrs = attrs_of(n->type);
	int i;

	for (i = 0; attrs && i < n->attrs.count; i++)
		if (!has_word(attrs, n->attrs.attr[i].name))
			return nn_fail("attribute '%s' is not supported", n->attrs.attr[i].name);
	return 0;
}
