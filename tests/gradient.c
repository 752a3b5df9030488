/* SPDX-License-Identifier: ISC */
/*
 * Every differentiable operator: backward() against central differences of a random projection of
 * its outputs, made in double, in the cases below.  Numbers are distinct and away from kinks.
 */
#include "run.h"
#include "tap.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * An input: "2x3" random numbers in -2..2, of which the gradient is checked; "2x3@1,3" in 1..3;
 * "c2x3" the same, constant; "i1,-2" constant integers; "l..." the same as float; "b2x3" bool;
 * "n2x3<4" integers from 0 to 3; "-" none.
 */
static const struct test_case {
	const char *op, *attrs, *in[5];
	int outputs; /* 0: one */
} cases[] = {
	{"Abs", "", {"2x3x4"}, 0},
	{"Acos", "", {"3x4@-.9,.9"}, 0},
	{"Acosh", "", {"3x4@1.2,3"}, 0},
	{"Add", "", {"2x3x4", "2x3x4"}, 0},
	{"Add", "", {"2x3x4", "3x1"}, 0},
	{"Add", "", {"1x4", "2x3x1"}, 0},
	{"Asin", "", {"3x4@-.9,.9"}, 0},
	{"Asinh", "", {"3x4"}, 0},
	{"Atan", "", {"3x4"}, 0},
	{"Atanh", "", {"3x4@-.9,.9"}, 0},
	{"AveragePool", "kernel_shape=3 strides=2", {"2x3x9"}, 0},
	{"AveragePool", "kernel_shape=3,2 pads=1,0,1,1", {"2x2x5x6"}, 0},
	{"AveragePool",
	 "kernel_shape=3,3 strides=2,2 ceil_mode=1 count_include_pad=1 pads=1,1,1,1",
	 {"1x2x6x6"},
	 0},
	{"AveragePool", "kernel_shape=2,2,2 strides=1,2,1 auto_pad=SAME_LOWER", {"1x2x3x4x3"}, 0},
	{"AveragePool", "kernel_shape=2,2 dilations=2,1", {"1x2x5x4"}, 0},
	{"BatchNormalization", "epsilon=.01", {"2x3x4x2", "c3", "c3", "c3", "c3@.5,2"}, 0},
	{"Cast", "to=1", {"2x3"}, 0},
	{"CastLike", "", {"2x3", "l1"}, 0},
	{"Ceil", "", {"2x3"}, 0},
	{"Celu", "alpha=.7", {"2x3x4"}, 0},
	{"Clip", "", {"2x3x4", "l-.71", "l1.03"}, 0},
	{"Clip", "", {"2x3x4", "-", "l1.03"}, 0},
	{"Compress", "axis=1", {"2x3x2", "b3"}, 0},
	{"Concat", "axis=1", {"2x3x2", "2x1x2", "2x2x2"}, 0},
	{"Conv", "pads=1,1,1,1", {"2x3x5x5", "c4x3x3x3", "c4"}, 0},
	{"Conv", "strides=2,1 group=2 dilations=1,2", {"1x4x7x6", "c6x2x3x2"}, 0},
	{"Conv", "", {"1x2x7", "c3x2x3"}, 0},
	{"ConvTranspose", "strides=2,2 output_padding=1,0", {"1x3x4x3", "c3x2x3x2", "c2"}, 0},
	{"Cos", "", {"3x4"}, 0},
	{"Cosh", "", {"3x4"}, 0},
	{"CumSum", "", {"2x3x4", "i1"}, 0},
	{"CumSum", "reverse=1 exclusive=1", {"2x3x4", "i-1"}, 0},
	{"DepthToSpace", "blocksize=2", {"2x8x2x3"}, 0},
	{"DepthToSpace", "blocksize=2 mode=CRD", {"2x8x2x3"}, 0},
	{"Div", "", {"2x3x4", "3x1@.7,2"}, 0},
	{"Dropout", "", {"2x3"}, 0},
	{"Einsum", "equation=bij,bjk->bik", {"2x3x4", "2x4x2"}, 0},
	{"Einsum", "equation=...ij,...kj", {"2x2x3", "1x2x3"}, 0},
	{"Einsum", "equation=ii->i", {"3x3"}, 0},
	{"Einsum", "equation=ij->j", {"3x2"}, 0},
	{"Einsum", "equation=i,ij,j->", {"3", "3x2", "2"}, 0},
	{"Elu", "alpha=.8", {"2x3x4"}, 0},
	{"Erf", "", {"2x3x4"}, 0},
	{"Exp", "", {"2x3x4"}, 0},
	{"Expand", "", {"3x1", "i2,3,4"}, 0},
	{"Flatten", "axis=2", {"2x3x4"}, 0},
	{"Floor", "", {"2x3"}, 0},
	{"Gather", "axis=1", {"2x4x3", "i3,0,-1,3"}, 0},
	{"GatherElements", "axis=1", {"3x4", "n3x2<4"}, 0},
	{"GatherND", "batch_dims=1", {"2x3x4", "n2x2x1<3"}, 0},
	{"Gelu", "", {"2x3x4"}, 0},
	{"Gelu", "approximate=tanh", {"2x3x4"}, 0},
	{"Gemm", "alpha=.5 beta=2. transB=1", {"3x4", "c5x4", "c5"}, 0},
	{"GlobalAveragePool", "", {"2x3x4x2"}, 0},
	{"GlobalMaxPool", "", {"2x3x4x2"}, 0},
	{"GridSample", "padding_mode=border", {"1x2x4x5", "c1x3x3x2@-1.2,1.2"}, 0},
	{"GridSample", "mode=cubic padding_mode=reflection", {"1x2x4x5", "c1x3x3x2@-1.2,1.2"}, 0},
	{"GridSample", "align_corners=1", {"1x2x4x5", "c1x3x3x2@-1.2,1.2"}, 0},
	{"GroupNormalization", "num_groups=2 epsilon=.01", {"2x4x3x2", "c2", "c2"}, 0},
	{"GroupNormalization", "num_groups=2", {"2x4x3x2", "c4", "c4"}, 0},
	{"HardSigmoid", "alpha=.3 beta=.4", {"2x3x4"}, 0},
	{"HardSwish", "", {"2x3x4@-4,4"}, 0},
	{"Identity", "", {"2x3"}, 0},
	{"InstanceNormalization", "epsilon=.01", {"2x3x4x2", "c3", "c3"}, 0},
	{"LRN", "size=3 alpha=.5 beta=.75 bias=2.", {"2x5x2x3"}, 0},
	{"LRN", "size=4 alpha=.9 beta=.6 bias=1.", {"1x6x4"}, 0},
	{"LayerNormalization", "axis=-1 epsilon=.01", {"2x3x5", "c5", "c5"}, 0},
	{"LayerNormalization", "axis=1", {"2x3x4", "c3x4"}, 0},
	{"LeakyRelu", "alpha=.2", {"2x3x4"}, 0},
	{"Log", "", {"3x4@.5,3"}, 0},
	{"LogSoftmax", "axis=1", {"2x5x2"}, 0},
	{"LpPool", "kernel_shape=3,2 p=3", {"1x2x5x4"}, 0},
	{"LpPool", "kernel_shape=2,2 strides=2,2", {"1x2x4x4"}, 0},
	{"MatMul", "", {"2x3x4", "4x2"}, 0},
	{"MatMul", "", {"2x1x3x4", "3x4x2"}, 0},
	{"Max", "", {"2x3x4", "3x1", "4"}, 0},
	{"MaxPool", "kernel_shape=3 strides=2 pads=1,1", {"2x3x9"}, 0},
	{"MaxPool", "kernel_shape=3,3 strides=2,2 ceil_mode=1", {"2x2x8x8"}, 0},
	{"MaxPool", "kernel_shape=3,3 pads=1,1,1,1", {"1x2x6x5"}, 0},
	{"MaxPool", "kernel_shape=2,2,2 strides=1,2,2 dilations=2,1,1", {"1x2x4x4x4"}, 0},
	{"Mean", "", {"2x3x4", "3x1", "4"}, 0},
	{"Min", "", {"2x3x4", "3x1"}, 0},
	{"Mish", "", {"2x3x4"}, 0},
	{"Mod", "fmod=1", {"2x3@.9,1.6", "l.83"}, 0},
	{"Mul", "", {"2x3x4", "2x3x4"}, 0},
	{"Mul", "", {"2x3x4x2", "2x3x1x1"}, 0},
	{"Neg", "", {"2x3"}, 0},
	{"PRelu", "", {"2x3x4", "3x1"}, 0},
	{"Pad", "", {"2x3x4", "i0,1,2,0,-1,1", "l.5"}, 0},
	{"Pad", "mode=reflect", {"2x3x4", "i0,2,1,0,1,3"}, 0},
	{"Pad", "mode=edge", {"2x3x4", "i1,2", "-", "i-1"}, 0},
	{"Pad", "mode=wrap", {"2x3x4", "i0,1,5,0,0,2"}, 0},
	{"Pow", "", {"2x3@.5,2", "3@-1,2"}, 0},
	{"Pow", "", {"2x3", "i2"}, 0},
	{"Preprocess", "order=2,0,1 mean=104.,117.,123. deviation=50.,60.,70.", {"2x3x2x2@0,1"}, 0},
	{"Preprocess", "order=-1 mean=120. deviation=64.", {"2x3x2x2@0,1"}, 0},
	{"Reciprocal", "", {"2x3@.6,2"}, 0},
	{"ReduceL1", "keepdims=0", {"2x3x4", "i1"}, 0},
	{"ReduceL2", "", {"2x3x4", "i0,2"}, 0},
	{"ReduceLogSum", "", {"2x3x4@.5,2", "i-1"}, 0},
	{"ReduceLogSumExp", "", {"2x3x4", "i1"}, 0},
	{"ReduceMax", "keepdims=0", {"2x3x4", "i0,1"}, 0},
	{"ReduceMean", "", {"2x3x4"}, 0},
	{"ReduceMean", "keepdims=0", {"2x3x4x2", "i1,3"}, 0},
	{"ReduceMin", "", {"2x3x4", "i2"}, 0},
	{"ReduceProd", "", {"2x3x4@.5,1.5", "i1"}, 0},
	{"ReduceSum", "keepdims=0", {"2x3x4", "i1"}, 0},
	{"ReduceSumSquare", "", {"2x3x4", "i0"}, 0},
	{"Relu", "", {"2x3x4"}, 0},
	{"Reshape", "", {"2x3x4", "i0,-1"}, 0},
	{"Resize", "mode=nearest", {"1x2x3x4", "-", "l1,1,2,1.5"}, 0},
	{"Resize", "mode=linear", {"1x2x3x4", "-", "l1,1,2,.6"}, 0},
	{"Resize",
	 "mode=linear coordinate_transformation_mode=align_corners",
	 {"1x2x3x4", "-", "-", "i1,2,5,7"},
	 0},
	{"Resize", "mode=cubic", {"1x2x4x4", "-", "-", "i1,2,6,3"}, 0},
	{"Resize",
	 "mode=cubic antialias=1 exclude_outside=1",
	 {"1x1x8x6", "-", "-", "i1,1,3,4"},
	 0},
	{"Resize",
	 "mode=linear coordinate_transformation_mode=tf_crop_and_resize",
	 {"1x1x4x4", "l0,0,.2,-.3,1,1,.9,.8", "-", "i1,1,3,3"},
	 0},
	{"ReverseSequence", "time_axis=1 batch_axis=0", {"2x4x3", "i3,2"}, 0},
	{"Round", "", {"2x3"}, 0},
	{"ScatterElements", "axis=0", {"4x3", "n2x3<4", "2x3"}, 0},
	{"ScatterElements", "axis=1 reduction=add", {"3x4", "n3x2<4", "3x2"}, 0},
	{"ScatterND", "", {"4x3", "n2x1<4", "2x3"}, 0},
	{"Selu", "", {"2x3x4"}, 0},
	{"Shrink", "lambd=.51 bias=.3", {"2x3x4"}, 0},
	{"Sigmoid", "", {"2x3x4"}, 0},
	{"Sign", "", {"2x3"}, 0},
	{"Sin", "", {"3x4"}, 0},
	{"Sinh", "", {"3x4"}, 0},
	{"Slice", "", {"4x5x3", "i3,0", "i-5,4", "i0,1", "i-2,2"}, 0},
	{"Softmax", "axis=-1", {"2x5"}, 0},
	{"Softmax", "axis=1", {"2x5x3"}, 0},
	{"Softmax", "axis=1 flatten=1", {"2x3x2"}, 0},
	{"Softplus", "", {"2x3x4"}, 0},
	{"Softsign", "", {"2x3x4"}, 0},
	{"SpaceToDepth", "blocksize=2", {"2x3x4x2"}, 0},
	{"Split", "axis=1", {"2x5x2", "i2,3"}, 2},
	{"Sqrt", "", {"2x3@.5,3"}, 0},
	{"Squeeze", "", {"2x1x3x1", "i1"}, 0},
	{"Sub", "", {"2x3x4", "3x1"}, 0},
	{"Sum", "", {"2x3x4", "3x1", "2x1x4"}, 0},
	{"Tan", "", {"3x4@-1,1"}, 0},
	{"Tanh", "", {"2x3x4"}, 0},
	{"ThresholdedRelu", "alpha=.51", {"2x3x4"}, 0},
	{"Tile", "", {"2x1x3", "i2,3,1"}, 0},
	{"TopK", "axis=1", {"2x5x2", "i3"}, 2},
	{"TopK", "axis=0 largest=0", {"4x2", "i2"}, 2},
	{"Transpose", "perm=2,0,1", {"2x3x4"}, 0},
	{"Transpose", "", {"2x3x4"}, 0},
	{"Trilu", "upper=0", {"2x3x4", "i1"}, 0},
	{"Trilu", "", {"3x4"}, 0},
	{"Unsqueeze", "", {"2x3", "i0,-1"}, 0},
	{"Where", "", {"b2x3x4", "2x3x4", "3x1"}, 0},
};

static struct nn_random dice;

/* "2x3" as a shape; s moves behind it */
static int shape(const char **s, int64_t *dim)
{
	int n = 0;

	while (isdigit((unsigned char)**s)) {
		dim[n++] = strtol(*s, (char **)s, 10);
		*s += **s == 'x';
	}
	return n;
}

/* n distinct numbers in order of chance, spread evenly over low..high, none of them a multiple of
 * 1/4 */
static void spread(float *x, int64_t n, double low, double high)
{
	int64_t i, j;
	float swap;

	for (i = 0; i < n; i++) {
		double v = low + (high - low) * ((double)i + .5) / (double)n;

		if (fabs(v * 4 - rint(v * 4)) < .1)
			v += .03;
		x[i] = (float)v;
	}
	for (i = n - 1; i > 0; i--) {
		j = nn_random_below(&dice, i + 1);
		swap = x[i];
		x[i] = x[j];
		x[j] = swap;
	}
}

/* "1,-2" as numbers of a vector; a single one with '.' in front of it is a scalar as well */
static void list(struct nn_tensor *t, const char *s, enum nn_type type)
{
	int64_t n = 1;
	const char *p;
	char *end;

	for (p = s; *p; p++)
		n += *p == ',';
	nn_tensor_init(t, "", type, n > 1 || type == NN_I64, &n);
	for (n = 0; *s; n++, s = *end ? end + 1 : end) {
		double v = strtod(s, &end);

		if (type == NN_F32)
			((float *)t->data)[n] = (float)v;
		else
			((int64_t *)t->data)[n] = (int64_t)v;
	}
}

/* The tensor of an input's text; 1 when it is constant. */
static int make_input(struct nn_tensor *t, const char *s)
{
	double range[2] = {-2, 2};
	int64_t dim[NN_DIMS], i;
	int constant = *s == 'c', n;

	if (*s == 'i' || *s == 'l') {
		list(t, s + 1, *s == 'i' ? NN_I64 : NN_F32);
		return 1;
	}
	if (*s == 'n') {
		s++;
		n = shape(&s, dim);
		nn_tensor_init(t, "", NN_I64, n, dim);
		for (i = 0; i < nn_tensor_count(t); i++)
			((int64_t *)t->data)[i] = (i * 2 + i / dim[n - 1]) % (s[1] - '0');
		return 1;
	}
	if (*s == 'b') {
		s++;
		n = shape(&s, dim);
		nn_tensor_init(t, "", NN_U8, n, dim);
		for (i = 0; i < nn_tensor_count(t); i++)
			((uint8_t *)t->data)[i] = nn_random_bits(&dice) & 1;
		return 1;
	}
	s += constant;
	n = shape(&s, dim);
	if (*s == '@')
		nn_parse_floats(s + 1, 2, range);
	nn_tensor_init(t, "", NN_F32, n, dim);
	spread(t->data, nn_tensor_count(t), range[0], range[1]);
	return constant;
}

/* "a=1 b=.5,2. c=text": with '.' floats, else integers, else a string */
static void make_attrs(struct nn_attrs *a, const char *s)
{
	char name[64], value[64];
	int used, n, i;

	memset(a, 0, sizeof *a);
	for (; sscanf(s, " %63[^=]=%63s%n", name, value, &used) == 2; s += used) {
		double v[16];
		int64_t ints[16];

		if (value[strspn(value, "0123456789.,-")] || !strpbrk(value, "0123456789")) {
			nn_attrs_set_string(a, name, value);
			continue;
		}
		n = nn_parse_floats(value, 16, v);
		for (i = 0; i < n; i++)
			ints[i] = (int64_t)v[i];
		if (strchr(value, '.'))
			nn_attrs_set_floats(a, name, n, v);
		else
			nn_attrs_set_ints(a, name, n, ints);
	}
}

struct trial {
	struct nn_net *net;
	struct nn_tensor in[5]; /* of the net's inputs */
	int value[5], nin, out[2], nout;
};

static void trial_init(struct trial *t, const struct test_case *k)
{
	int in[5], i, n;
	struct nn_attrs attrs;
	struct nn_tensor x;
	char name[16];

	memset(t, 0, sizeof *t);
	t->net = nn_net_new(k->op);
	for (n = 0; n < 5 && k->in[n]; n++) {
		in[n] = -1;
		if (!strcmp(k->in[n], "-"))
			continue;
		snprintf(name, sizeof name, "in%d", n);
		in[n] = nn_net_value(t->net, name);
		if (make_input(&x, k->in[n])) {
			nn_net_constant(t->net, in[n], &x);
			continue;
		}
		nn_net_input(t->net, in[n], NN_F32, x.ndim, x.dim);
		t->value[t->nin] = in[n];
		t->in[t->nin++] = x;
	}
	t->nout = k->outputs ? k->outputs : 1;
	for (i = 0; i < t->nout; i++) {
		snprintf(name, sizeof name, "out%d", i);
		t->out[i] = nn_net_value(t->net, name);
	}
	make_attrs(&attrs, k->attrs);
	nn_net_node(t->net, nn_op_find(k->op), "node", n, in, t->nout, t->out, &attrs);
	for (i = 0; i < t->nout; i++)
		nn_net_output(t->net, t->out[i]);
}

static void trial_release(struct trial *t)
{
	while (t->nin > 0)
		nn_tensor_release(&t->in[--t->nin]);
	nn_net_free(t->net);
}

/* sum of the float outputs times the projection */
static double project(struct nn_plan *p, const struct trial *t, float *const *projection)
{
	double sum = 0;
	int64_t i;
	int o;

	for (o = 0; o < t->nout; o++) {
		const struct nn_tensor *y = nn_plan_value(p, t->out[o]);

		for (i = 0; y->type == NN_F32 && i < nn_tensor_count(y); i++)
			sum += (double)((const float *)y->data)[i] * (double)projection[o][i];
	}
	return sum;
}

static void put_inputs(struct nn_plan *p, const struct trial *t)
{
	int i;

	for (i = 0; i < t->nin; i++)
		memcpy(nn_plan_input(p, i)->data, t->in[i].data, nn_tensor_bytes(&t->in[i]));
}

/* The slope along element i of the input: -1 when it could not be run. */
static double difference(struct nn_plan *p, const struct trial *t, int input, int64_t i,
                         float *const *projection)
{
	const double step = 1. / 128;
	float *x = (float *)t->in[input].data + i, was = *x;
	double up, down;

	*x = (float)((double)was + step);
	put_inputs(p, t);
	nn_forward(p);
	up = project(p, t, projection);
	*x = (float)((double)was - step);
	put_inputs(p, t);
	nn_forward(p);
	down = project(p, t, projection);
	*x = was;
	return (up - down) / (2 * step);
}

/* Compares the gradient to one input; the largest of it in *largest, the worst difference returned.
 */
static double compare(struct nn_plan *p, const struct trial *t, int input, float *const *projection,
                      double *largest, int64_t *worst)
{
	int64_t i, n = nn_tensor_count(&t->in[input]);
	double *want = nn_calloc((size_t)n, sizeof *want), most = 0, d;
	const float *have;
	int o;

	for (i = 0; i < n; i++)
		want[i] = difference(p, t, input, i, projection);
	put_inputs(p, t);
	nn_forward(p);
	for (o = 0; o < t->nout; o++) {
		const struct nn_tensor *y = nn_plan_value(p, t->out[o]);

		if (y->type == NN_F32)
			memcpy(nn_plan_seed(p, t->out[o]), projection[o], nn_tensor_bytes(y));
	}
	nn_backward(p, NN_RELU_PLAIN);
	have = nn_plan_gradient(p);
	*largest = 0;
	*worst = 0;
	for (i = 0; i < n; i++) {
		*largest = NN_MAX(*largest, fabs(want[i]));
		d = fabs(want[i] - (double)have[i]);
		if (!(d <= most)) {
			most = d;
			*worst = i;
		}
	}
	free(want);
	return most;
}

static void check_input(const struct test_case *k, struct trial *t, int input)
{
	struct nn_tensor shape_of[5]; /* without numbers: those would be constants to the plan */
	struct nn_wish wish = {
		.see = t->out, .nsee = t->nout, .seed = t->out, .wrt = t->value[input]};
	float *projection[2] = {NULL};
	double largest, d;
	struct nn_plan *p;
	int64_t i, worst;
	int o;

	wish.nseed = !strcmp(k->op, "TopK") ? 1 : t->nout; /* its second output is of integers */
	for (o = 0; o < t->nin; o++)
		nn_tensor_view(&shape_of[o], NULL, NN_F32, t->in[o].ndim, t->in[o].dim, NULL);
	p = nn_plan_new(t->net, shape_of, t->nin, &wish, NULL);
	if (!p) {
		ok(0, "%s (%s): %s", k->op, k->attrs, nn_error());
		return;
	}
	for (o = 0; o < t->nout; o++) {
		const struct nn_tensor *y = nn_plan_value(p, t->out[o]);

		projection[o] = nn_calloc((size_t)nn_tensor_count(y) + 1, sizeof(float));
		for (i = 0; i < nn_tensor_count(y); i++)
			projection[o][i] = (float)(nn_random_uniform(&dice) * 2 - 1);
	}
	d = compare(p, t, input, projection, &largest, &worst);
	if (!ok(d <= 1e-3 * largest + 1e-5, "%s (%s) to input %d", k->op, k->attrs, input))
		printf("# worst element %lld: off by %g, largest %g\n", (long long)worst, d,
		       largest);
	for (o = 0; o < t->nout; o++)
		free(projection[o]);
	nn_plan_free(p);
}

static void check(const struct test_case *k)
{
	struct trial t;
	int i;

	trial_init(&t, k);
	for (i = 0; i < t.nin; i++)
		check_input(k, &t, i);
	trial_release(&t);
}

/* The rules of ReLU on two items: of the first some of the plain gradient is left, of the second
 * none. */
static void check_rules(void)
{
	static const float y[] = {0, 0, 1, 2, 0, 0, 3, 0}, g[] = {-1, 2, -3, 4, -5, 6, 0, -7};
	static const float want[4][8] = {
		[NN_RELU_PLAIN] = {0, 0, -3, 4, 0, 0, 0, 0},
		[NN_RELU_REDIRECTED] = {0, 0, -3, 4, 0, 6, 0, 0},
		[NN_RELU_GUIDED] = {0, 0, 0, 4, 0, 0, 0, 0},
		[NN_RELU_DECONV] = {0, 2, 0, 4, 0, 6, 0, 0},
	};
	static const float y6[] = {6, 0, 6, 0}, g6[] = {1, 2, -3, -4}, want6[] = {0, 2, -3, 0};
	float gx[8];
	int rule;

	for (rule = 0; rule < 4; rule++) {
		memcpy(gx, g, sizeof g); /* in place */
		nn_relu_gradient((enum nn_relu_rule)rule, y, gx, gx, 2, 4);
		ok(!memcmp(gx, want[rule], sizeof gx), "ReLU rule %d", rule);
	}
	nn_clip_gradient(NN_RELU_REDIRECTED, y6, g6, gx, 1, 4, 0, 6);
	ok(!memcmp(gx, want6, sizeof want6), "redirected within 0..6");
}

int main(void)
{
	size_t i;
	int o;

	nn_random_init(&dice, 1, 0);
	check_rules();
	for (i = 0; i < NN_LEN(cases); i++)
		check(&cases[i]);
	for (o = 0; nn_ops[o]; o++) {
		for (i = 0; i < NN_LEN(cases) && strcmp(cases[i].op, nn_ops[o]->name) != 0;)
			i++;
		if (nn_ops[o]->backward)
			ok(i < NN_LEN(cases), "%s has a case", nn_ops[o]->name);
	}
	return done();
}
