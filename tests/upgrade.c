/* SPDX-License-Identifier: ISC */
/* Older opsets: a node of each form that has changed, run, against numbers worked out by hand. */
#include "protobuf.h"
#include "tap.h"

#include <math.h>

static struct msg graph, model, attrs;
static const float x12[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void begin(int n, int a, int b, int c, int d)
{
	graph.n = attrs.n = 0;
	put_value(&graph, 11, "x", n, a, b, c, d);
}

/* Runs the graph at opset on 1, 2, 3, ... and compares the numbers that follow. */
static void gives(const char *name, int opset, int n, ...)
{
	struct nn_net *net;
	float y[64] = {0}, want[64];
	int64_t got = -1;
	double worst = 0;
	va_list ap;
	int i;

	put_value(&graph, 12, "y", 0);
	make_model(&model, &graph, opset);
	net = read_model(&model, "case.onnx");
	if (net)
		got = run_net(net, x12, y);
	va_start(ap, n);
	for (i = 0; i < n; i++) {
		want[i] = (float)va_arg(ap, double);
		worst = NN_MAX(worst, fabs((double)(want[i] - y[i])));
	}
	va_end(ap);
	if (!ok(got == n && worst < 1e-5, "%s of opset %d", name, opset)) {
		printf("# %s; %lld numbers:", got < 0 ? nn_error() : "", (long long)got);
		for (i = 0; i < got && i < 16; i++)
			printf(" %g", (double)y[i]);
		printf("\n");
	}
	nn_net_free(net);
}

static void refused(const char *name, int opset, const char *why)
{
	struct nn_net *net;

	put_value(&graph, 12, "y", 0);
	make_model(&model, &graph, opset);
	net = read_model(&model, "case.onnx");
	if (!ok(!net && strstr(nn_error(), why), "%s of opset %d is refused", name, opset))
		printf("# %s\n", net ? "it was read" : nn_error());
	nn_net_free(net);
}

static void shapes(void)
{
	begin(3, 1, 2, 2, 0);
	attr_ints(&attrs, "axes", 1, 0);
	put_node(&graph, "Squeeze", "x", "a", &attrs);
	attr_ints(&attrs, "axes", 1, 2);
	put_node(&graph, "Unsqueeze", "a", "b", &attrs);
	attr_ints(&attrs, "axes", 2, 1, 2);
	attr_int(&attrs, "keepdims", 0);
	put_node(&graph, "ReduceSum", "b", "y", &attrs);
	gives("Squeeze, Unsqueeze, ReduceSum", 11, 2, 3., 7.);
	begin(2, 2, 3, 0, 0);
	attr_ints(&attrs, "axes", 1, -1);
	put_node(&graph, "ReduceMax", "x", "y", &attrs);
	gives("ReduceMax", 17, 2, 3., 6.);
	begin(2, 2, 3, 0, 0);
	attr_ints(&attrs, "starts", 2, 0, 1);
	attr_ints(&attrs, "ends", 2, 1, 100);
	put_node(&graph, "Slice", "x", "y", &attrs);
	gives("Slice", 9, 2, 2., 3.);
	begin(2, 2, 3, 0, 0);
	attr_ints(&attrs, "split", 2, 1, 2);
	attr_int(&attrs, "axis", 1);
	put_node(&graph, "Split", "x", "a y", &attrs);
	gives("Split", 11, 4, 2., 3., 5., 6.);
	begin(2, 2, 2, 0, 0);
	put_node(&graph, "Split", "x", "y b", &attrs);
	gives("Split into equal parts", 13, 2, 1., 2.);
	begin(2, 2, 2, 0, 0);
	attr_ints(&attrs, "shape", 1, -1);
	put_node(&graph, "Reshape", "x", "y", &attrs);
	gives("Reshape", 4, 4, 1., 2., 3., 4.);
	begin(2, 1, 3, 0, 0);
	attr_int(&attrs, "k", 2);
	put_node(&graph, "TopK", "x", "y i", &attrs);
	gives("TopK", 9, 2, 3., 2.);
	begin(2, 1, 2, 0, 0);
	put_node(&graph, "Concat", "x x", "y", NULL);
	gives("Concat without an axis", 3, 4, 1., 2., 1., 2.);
	begin(2, 1, 2, 0, 0);
	put_node(&graph, "Tile", "x x x", "y", NULL);
	refused("Tile", 5, "opset 5");
}

static void values(void)
{
	begin(1, 4, 0, 0, 0);
	attr_float(&attrs, "min", 2);
	attr_float(&attrs, "max", 3);
	put_node(&graph, "Clip", "x", "y", &attrs);
	gives("Clip", 6, 4, 2., 2., 3., 3.);
	begin(1, 4, 0, 0, 0);
	attr_float(&attrs, "max", 3);
	put_node(&graph, "Clip", "x", "y", &attrs);
	gives("Clip without min", 10, 4, 1., 2., 3., 3.);
	begin(1, 2, 0, 0, 0);
	attr_ints(&attrs, "pads", 2, 1, 1);
	attr_float(&attrs, "value", 9);
	put_node(&graph, "Pad", "x", "y", &attrs);
	gives("Pad", 2, 4, 9., 1., 2., 9.);
	begin(1, 2, 0, 0, 0);
	attr_ints(&attrs, "paddings", 2, 0, 1);
	put_node(&graph, "Pad", "x", "y", &attrs);
	gives("Pad", 1, 3, 1., 2., 0.);
	begin(1, 2, 0, 0, 0);
	attr_text(&attrs, "to", "INT32");
	put_node(&graph, "Cast", "x", "y", &attrs);
	gives("Cast", 5, 2, 1., 2.);
	begin(1, 2, 0, 0, 0);
	attr_text(&attrs, "to", "COLOUR");
	put_node(&graph, "Cast", "x", "y", &attrs);
	refused("Cast to the unknown", 5, "'to'");
	begin(1, 1, 0, 0, 0);
	put_node(&graph, "Selu", "x", "y", &attrs);
	gives("Selu", 1, 1, 1.0507);
	begin(1, 2, 0, 0, 0);
	attr_float(&attrs, "ratio", 0.9f);
	attr_int(&attrs, "is_test", 1);
	put_node(&graph, "Dropout", "x", "y", &attrs);
	gives("Dropout", 6, 2, 1., 2.);
	begin(1, 2, 0, 0, 0);
	put_floats(&graph, "ratio", 1, .5);
	put_node(&graph, "Dropout", "x ratio", "y", NULL);
	gives("Dropout", 13, 2, 1., 2.);
}

static void broadcasting(void)
{
	begin(3, 1, 2, 2, 0);
	put_floats(&graph, "b", 2, 10., 20.);
	attr_int(&attrs, "broadcast", 1);
	attr_int(&attrs, "axis", 1);
	put_node(&graph, "Add", "x b", "y", &attrs);
	gives("Add at an axis", 6, 4, 11., 12., 23., 24.);
	begin(3, 1, 2, 2, 0);
	put_floats(&graph, "b", 2, 10., 20.);
	attr_int(&attrs, "broadcast", 1);
	put_node(&graph, "Mul", "x b", "y", &attrs);
	gives("Mul at the end", 6, 4, 10., 40., 30., 80.);
	begin(3, 1, 2, 2, 0);
	put_floats(&graph, "b", 2, 10., 20.);
	attr_int(&attrs, "broadcast", 1);
	attr_int(&attrs, "axis", 1);
	put_node(&graph, "Add", "x b", "a", &attrs);
	attr_int(&attrs, "broadcast", 1);
	attr_int(&attrs, "axis", -2);
	put_node(&graph, "Sub", "a b", "y", &attrs);
	gives("one after the other", 6, 4, 1., 2., 3., 4.);
	begin(3, 1, 2, 2, 0);
	put_floats(&graph, "b", 2, 10., 20.);
	attr_int(&attrs, "broadcast", 1);
	attr_int(&attrs, "axis", 5);
	put_node(&graph, "Add", "x b", "y", &attrs);
	refused("Add past the end", 6, "axis");
	begin(3, 1, 2, 2, 0);
	put_floats(&graph, "b", 2, .5, 2.);
	put_node(&graph, "Neg", "x", "n", NULL);
	put_node(&graph, "PRelu", "n b", "y", NULL);
	gives("PRelu by channel", 6, 4, -.5, -1., -6., -8.);
	begin(2, 1, 2, 0, 0);
	put_floats(&graph, "w", 4, 1., 0., 0., 1.);
	put_ints(&graph, "s", 2, 2, 2);
	put_floats(&graph, "c", 2, 1., 1.);
	put_node(&graph, "Reshape", "w s", "m", NULL);
	attr_int(&attrs, "broadcast", 1);
	put_node(&graph, "Gemm", "x m c", "y", &attrs);
	gives("Gemm", 6, 2, 2., 3.);
}

static void norms(void)
{
	begin(3, 1, 2, 1, 0);
	put_floats(&graph, "s", 2, 1., 2.);
	put_floats(&graph, "z", 2, 0., 1.);
	put_floats(&graph, "o", 2, 1., 1.);
	attr_int(&attrs, "is_test", 1);
	attr_int(&attrs, "spatial", 1);
	attr_float(&attrs, "epsilon", 0);
	attr_ints(&attrs, "consumed_inputs", 2, 0, 0);
	put_node(&graph, "BatchNormalization", "x s z z o", "y", &attrs);
	gives("BatchNormalization", 5, 2, 1., 3.);
	begin(3, 1, 2, 1, 0);
	put_floats(&graph, "s", 2, 1., 2.);
	put_node(&graph, "BatchNormalization", "x s s s s", "y m v", NULL);
	refused("BatchNormalization in training", 9, "training");
	begin(3, 1, 2, 1, 0);
	put_floats(&graph, "s", 2, 1., 2.);
	attr_int(&attrs, "training_mode", 1);
	put_node(&graph, "BatchNormalization", "x s s s s", "y", &attrs);
	refused("BatchNormalization in training", 15, "training_mode");
	/* e^-k / sum over all four, as the input is one row */
	begin(3, 1, 2, 2, 0);
	put_node(&graph, "Softmax", "x", "y", NULL);
	gives("Softmax", 11, 4, .032058603, .08714432, .23688282, .6439142);
	begin(3, 1, 2, 2, 0);
	put_node(&graph, "Softmax", "x", "y", NULL);
	gives("Softmax", 13, 4, .26894142, .7310586, .26894142, .7310586);
}

static void resizing(void)
{
	begin(4, 1, 1, 1, 2);
	attr_floats(&attrs, "scales", 4, 1., 1., 1., 2.);
	put_node(&graph, "Upsample", "x", "y", &attrs);
	gives("Upsample", 7, 4, 1., 1., 2., 2.);
	begin(4, 1, 1, 1, 2);
	put_floats(&graph, "s", 4, 1., 1., 1., 2.);
	attr_text(&attrs, "mode", "linear");
	put_node(&graph, "Upsample", "x s", "y", &attrs);
	gives("linear Upsample", 9, 4, 1., 1.5, 2., 2.);
	begin(4, 1, 1, 1, 2);
	attr_float(&attrs, "width_scale", 2);
	attr_float(&attrs, "height_scale", 1);
	attr_text(&attrs, "mode", "bilinear");
	put_node(&graph, "Upsample", "x", "y", &attrs);
	gives("Upsample", 1, 4, 1., 1.5, 2., 2.);
	begin(4, 1, 1, 1, 2);
	put_floats(&graph, "s", 4, 1., 1., 1., 2.);
	attr_text(&attrs, "mode", "linear");
	put_node(&graph, "Resize", "x s", "y", &attrs);
	gives("Resize", 10, 4, 1., 1.5, 2., 2.);
	begin(4, 1, 1, 1, 2);
	put_floats(&graph, "none", 0);
	put_ints(&graph, "sizes", 4, 1, 1, 1, 4);
	attr_text(&attrs, "mode", "linear");
	put_node(&graph, "Resize", "x none none sizes", "y", &attrs);
	gives("Resize with empty scales", 11, 4, 1., 1.25, 1.75, 2.);
	begin(4, 1, 1, 1, 2);
	put_node(&graph, "Upsample", "x x", "y", NULL);
	refused("Upsample", 10, "does not exist");
}

int main(void)
{
	shapes();
	values();
	broadcasting();
	norms();
	resizing();
	return done();
}
