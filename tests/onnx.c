/* SPDX-License-Identifier: ISC */
/* The ONNX reader: constants, what is refused, weights in place, pictures. */
#include "protobuf.h"
#include "tap.h"

#include <math.h>

static struct msg graph, model, attrs;

static void begin(int n, int a, int b, int c, int d)
{
	graph.n = attrs.n = 0;
	put_value(&graph, 11, "x", n, a, b, c, d);
}

static struct nn_net *finish(int64_t opset)
{
	put_value(&graph, 12, "y", 0);
	make_model(&model, &graph, opset);
	return read_model(&model, "case.onnx");
}

static void gives(const char *name, float want)
{
	static const float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct nn_net *net = finish(13);
	float y[64] = {0};
	int64_t n = net ? run_net(net, x, y) : -1;

	if (!ok(n > 0 && fabsf(y[0] - want) < 1e-6f, "%s", name))
		printf("# %s; %lld numbers: %g\n", n < 0 ? nn_error() : "", (long long)n,
		       (double)y[0]);
	nn_net_free(net);
}

static void refused(const char *name, int64_t opset, const char *why)
{
	struct nn_net *net = finish(opset);

	if (!ok(!net && strstr(nn_error(), why), "%s is refused", name))
		printf("# %s\n", net ? "it was read" : nn_error());
	nn_net_free(net);
}

static void constants(void)
{
	static const int64_t two = 2;
	static const float v[2] = {3, 4};
	struct msg a;

	begin(1, 2, 0, 0, 0);
	attr_begin(&a, "value", 4);
	put_tensor(&a, 5, "", 1, 1, &two, v, sizeof v);
	put_msg(&attrs, 5, &a);
	put_node(&graph, "Constant", "", "c", &attrs);
	put_node(&graph, "Add", "x c", "y", NULL);
	gives("Constant of a tensor", 4);
	begin(1, 2, 0, 0, 0);
	attr_float(&attrs, "value_float", 5);
	put_node(&graph, "Constant", "", "c", &attrs);
	put_node(&graph, "Add", "x c", "y", NULL);
	gives("Constant of a float", 6);
	begin(1, 2, 0, 0, 0);
	attr_floats(&attrs, "value_floats", 2, 5., 6.);
	put_node(&graph, "Constant", "", "c", &attrs);
	put_node(&graph, "Add", "x c", "y", NULL);
	gives("Constant of floats", 6);
	begin(1, 2, 0, 0, 0);
	attr_ints(&attrs, "value_ints", 1, 2);
	put_node(&graph, "Constant", "", "s", &attrs);
	attr_begin(&a, "value", 4);
	put_tensor(&a, 5, "", 1, 0, NULL, v, 4);
	put_msg(&attrs, 5, &a);
	put_node(&graph, "ConstantOfShape", "s", "c", &attrs);
	put_node(&graph, "Add", "x c", "y", NULL);
	gives("ConstantOfShape", 4);
	begin(1, 2, 0, 0, 0);
	attr_text(&attrs, "value_string", "a");
	put_node(&graph, "Constant", "", "y", &attrs);
	refused("Constant of text", 13, "node 'y' (Constant): attribute 'value_string'");
	begin(1, 2, 0, 0, 0);
	put_floats(&graph, "y", 2, 1., 1.);
	attr_float(&attrs, "value_float", 5);
	put_node(&graph, "Constant", "", "y", &attrs);
	refused("a constant made twice", 13, "made twice");
}

static void refusals(void)
{
	struct msg a, m;

	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Relu", "x", "y", NULL);
	refused("opset 21", 21, "opset 21 is not supported");
	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Frob", "x", "y", NULL);
	refused("an unknown operator", 13, "node 'y' (Frob): operator 'Frob' is not supported");
	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Preprocess", "x", "y", NULL);
	refused("an operator of ours", 13, "operator 'Preprocess' is not supported");
	begin(1, 2, 0, 0, 0);
	attr_int(&attrs, "colour", 3);
	put_node(&graph, "Relu", "x", "y", &attrs);
	refused("an unknown attribute", 13, "node 'y' (Relu): attribute 'colour'");
	begin(1, 2, 0, 0, 0);
	attr_begin(&a, "body", 5);
	put_text(&a, 6, "");
	put_msg(&attrs, 5, &a);
	put_node(&graph, "Relu", "x", "y", &attrs);
	refused("a subgraph", 13, "attribute 'body'");
	begin(1, 2, 0, 0, 0);
	attr_int(&attrs, "axis", 0);
	attr_int(&attrs, "axis", 0);
	put_node(&graph, "Softmax", "x", "y", &attrs);
	refused("an attribute given twice", 13, "given twice");
	begin(1, 2, 0, 0, 0);
	m.n = 0;
	put_text(&m, 1, "x");
	put_text(&m, 2, "y");
	put_text(&m, 4, "Gelu");
	put_text(&m, 7, "com.microsoft");
	put_msg(&graph, 1, &m);
	refused("another domain", 13, "operator 'Gelu' of the domain 'com.microsoft'");
	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Relu", "z", "y", NULL);
	refused("a value that nothing makes", 13, "reads 'z', which nothing makes");
	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Relu", "y", "z", NULL);
	put_node(&graph, "Relu", "z", "y", NULL);
	refused("a cycle", 13, "cycle");
	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Relu", "x", "y", NULL);
	put_node(&graph, "Neg", "x", "y", NULL);
	refused("a value made twice", 13, "made twice");
	begin(1, 2, 0, 0, 0);
	put_floats(&graph, "w", 1, 1.);
	put_floats(&graph, "w", 1, 2.);
	put_node(&graph, "Add", "x w", "y", NULL);
	refused("a weight given twice", 13, "'w' is given twice");
	begin(1, 2, 0, 0, 0);
	put_node(&graph, "Dropout", "x - x", "y", NULL);
	refused("training that is computed", 13, "training_mode");
	m.n = 0;
	put_int(&m, 1, 8);
	put_text(&m, 2, "somebody");
	ok(!read_model(&m, "case.onnx") && strstr(nn_error(), "without a graph"), "no graph");
}

/* Weights lie where they are when that is on 4 bytes: so for one of four lengths of a text before.
 */
static void views(void)
{
	struct nn_net *net;
	char pad[5] = "";
	int i, view, seen = 0, right = 0;

	for (i = 0; i < 4; i++) {
		begin(1, 2, 0, 0, 0);
		put_text(&graph, 10, pad);
		strcat(pad, "p");
		put_floats(&graph, "w", 2, 5., 6.);
		put_node(&graph, "Add", "x w", "y", NULL);
		net = finish(13);
		if (!net)
			continue;
		view = nn_net_find_value(net, "w");
		seen += !net->value[view].constant.owned;
		right += nn_tensor_at(&net->value[view].constant, 1) == 6;
		nn_net_free(net);
	}
	ok(seen == 1 && right == 4, "aligned weights are used in place");
}

/* Nodes in any order, and a picture whose channels come last, which the file takes one at a time.
 */
static void pictures(void)
{
	struct nn_net *net;
	struct nn_tensor in;
	struct nn_shapes s;
	int out, good = 0;

	begin(4, 1, 8, 9, 3);
	put_ints(&graph, "flat", 2, 1, -1);
	put_node(&graph, "Reshape", "p flat", "y", NULL);
	attr_ints(&attrs, "perm", 4, 0, 3, 1, 2);
	put_node(&graph, "Transpose", "x", "t", &attrs);
	put_node(&graph, "GlobalAveragePool", "t", "p", NULL);
	net = finish(13);
	if (!ok(net && strcmp(net->node[0].op->name, "Transpose") == 0, "nodes are put in order"))
		return;
	ok(nn_net_adapt(net) == 0 && net->input[0].dim[1] == 3 && net->input[0].dim[3] == 9,
	   "channels come first");
	ok(strcmp(net->node[0].op->name, "Identity") == 0, "without a Transpose");
	nn_net_input_shapes(net, &in);
	in.dim[0] = 5;
	out = net->output[0];
	if (nn_shapes_init(&s, net, &in, 1, &out, 1, 0) == 0) {
		good = s.value[out].ndim == 2 && s.value[out].dim[0] == 5 &&
		       s.value[out].dim[1] == 3;
		nn_shapes_release(&s);
	}
	ok(good, "five pictures at once");
	nn_net_free(net);
}

/* The same without a Transpose of its own: the mean over width, and so another number per row. */
static void rows(void)
{
	static const float x[12] = {1, 5, 9, 1, 5, 9,
				    3, 7, 2, 3, 7, 2}; /* [3][2][2], channels first */
	struct nn_net *net;
	float y[16] = {0};

	begin(4, 1, 2, 2, 3);
	put_ints(&graph, "axis", 1, 2);
	put_node(&graph, "ReduceSum", "x axis", "y", NULL);
	net = finish(13);
	ok(net && nn_net_adapt(net) == 0 && strcmp(net->node[0].op->name, "Transpose") == 0 &&
		   run_net(net, x, y) == 6,
	   "channels last inside");
	/* y [1][2][1][3] = sums over width of rows y, for each channel */
	ok(y[0] == 6 && y[1] == 14 && y[2] == 5 && y[3] == 10 && y[4] == 10 && y[5] == 9,
	   "the sums of rows");
	nn_net_free(net);
}

int main(void)
{
	constants();
	refusals();
	views();
	pictures();
	rows();
	return done();
}
