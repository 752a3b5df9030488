/* SPDX-License-Identifier: ISC */
/* What an operator cannot do it refuses at shape(), and says which attribute or input is at fault. */
#include "run.h"
#include "tap.h"

#include <string.h>

#define MOST 4

static const struct refusal {
	const char *op, *message;
	int nin, nout;
	int64_t dim[MOST][NN_DIMS]; /* of the float inputs; 0 ends a shape */
	struct {
		const char *name;
		int n; /* 0: a string */
		int64_t v[8];
		const char *text;
	} attr[3];
	int64_t last[4]; /* a last input of constant integers: how many, and these */
} refusals[] = {
	{"Relu", "inputs", 0, 1, {{0}}, {{0}}, {0}},
	{"Add", "do not fit", 2, 1, {{2, 3}, {4}}, {{0}}, {0}},
	{"MaxPool", "kernel_shape", 1, 1, {{1, 1, 4, 4}}, {{0}}, {0}},
	{"MaxPool", "strides", 1, 1, {{1, 1, 4, 4}},
	 {{"kernel_shape", 2, {2, 2}, 0}, {"strides", 2, {0, 1}, 0}}, {0}},
	{"MaxPool", "strides", 1, 1, {{1, 1, 4, 4}},
	 {{"kernel_shape", 2, {2, 2}, 0}, {"strides", 1, {1}, 0}}, {0}},
	{"MaxPool", "does not fit", 1, 1, {{1, 1, 4, 4}}, {{"kernel_shape", 2, {5, 2}, 0}}, {0}},
	{"MaxPool", "pads", 1, 1, {{1, 1, 4, 4}},
	 {{"kernel_shape", 2, {2, 2}, 0}, {"pads", 4, {0, 2, 0, 0}, 0}}, {0}},
	{"MaxPool", "pads", 1, 1, {{1, 1, 4, 4}},
	 {{"kernel_shape", 2, {2, 2}, 0}, {"pads", 4, {-1, 0, 0, 0}, 0}}, {0}},
	{"MaxPool", "auto_pad", 1, 1, {{1, 1, 4, 4}},
	 {{"kernel_shape", 2, {2, 2}, 0}, {"auto_pad", 0, {0}, "SAME"}}, {0}},
	{"MaxPool", "too large", 1, 1, {{1, 1, 4, 4}},
	 {{"kernel_shape", 2, {1 << 25, 1}, 0}, {"auto_pad", 0, {0}, "SAME_UPPER"}}, {0}},
	{"AveragePool", "dimensions", 1, 1, {{2, 3}}, {{"kernel_shape", 1, {1}, 0}}, {0}},
	{"LRN", "size", 1, 1, {{1, 3, 2, 2}}, {{0}}, {0}},
	{"Concat", "axis", 2, 1, {{2, 3}, {2, 3}}, {{0}}, {0}},
	{"Concat", "axis", 2, 1, {{2, 3}, {2, 3}}, {{"axis", 1, {2}, 0}}, {0}},
	{"Concat", "input 1", 2, 1, {{2, 3}, {3, 3}}, {{"axis", 1, {1}, 0}}, {0}},
	{"Softmax", "axis", 1, 1, {{2, 3}}, {{"axis", 1, {-3}, 0}}, {0}},
	{"Transpose", "perm", 1, 1, {{2, 3}}, {{"perm", 2, {0, 0}, 0}}, {0}},
	{"Reshape", "input 1", 1, 1, {{2, 3}}, {{0}}, {2, 4, -1}},
	{"Reshape", "input 1", 1, 1, {{2, 3}}, {{0}}, {2, -1, -1}},
	{"Reshape", "input 1", 1, 1, {{2, 3}}, {{0}}, {2, INT64_MAX, INT64_MAX}},
	{"Reshape", "input 1", 1, 1, {{2, 3}}, {{0}}, {1, -7}},
	{"Expand", "too large", 1, 1, {{1, 1}}, {{0}}, {2, INT64_MAX / 4, 1 << 20}},
	{"Tile", "repeats", 1, 1, {{2, 3}}, {{0}}, {2, INT64_MAX, 2}},
	{"Tile", "input 1", 1, 1, {{2, 3}}, {{0}}, {2, -1, 2}},
	{"Unsqueeze", "input 1", 1, 1, {{2, 3}}, {{0}}, {1, 4}},
	{"Squeeze", "input 1", 1, 1, {{2, 3}}, {{0}}, {1, 0}},
	{"Pad", "input 1", 1, 1, {{2, 3}}, {{0}}, {2, 1, 1}},
	{"Pad", "mode", 1, 1, {{2}}, {{"mode", 0, {0}, "mirror"}}, {2, 1, 1}},
	{"Pad", "nothing is left", 1, 1, {{2}}, {{0}}, {2, -2, -2}},
	{"Split", "parts", 1, 2, {{5}}, {{0}}, {2, 2, 2}},
	{"Split", "num_outputs", 1, 2, {{5}}, {{"num_outputs", 1, {3}, 0}}, {0}},
	{"TopK", "input 1", 1, 1, {{5}}, {{0}}, {1, 6}},
	{"DepthToSpace", "blocksize", 1, 1, {{1, 3, 2, 2}}, {{"blocksize", 1, {2}, 0}}, {0}},
	{"SpaceToDepth", "blocksize", 1, 1, {{1, 3, 2, 2}}, {{"blocksize", 1, {0}, 0}}, {0}},
	{"BatchNormalization", "inputs", 2, 1, {{1, 3, 2}, {3}}, {{0}}, {0}},
	{"LayerNormalization", "input 1", 2, 1, {{2, 3}, {2}}, {{0}}, {0}},
	{"GroupNormalization", "num_groups", 3, 1, {{1, 3, 2}, {3}, {3}}, {{0}}, {0}},
	{"Einsum", "equation", 1, 1, {{2, 3}}, {{"equation", 0, {0}, "ijk->i"}}, {0}},
	{"Einsum", "equation", 1, 1, {{2, 3}}, {{"equation", 0, {0}, "ij->k"}}, {0}},
	{"Einsum", "equation", 1, 1, {{2, 3}}, {{"equation", 0, {0}, "ij,i->i"}}, {0}},
	{"Einsum", "equation", 1, 1, {{2, 3}}, {{"equation", 0, {0}, "ij-i"}}, {0}},
	{"Resize", "scales or sizes", 1, 1, {{1, 1, 2, 2}}, {{0}}, {0}},
	{"Gelu", "approximate", 1, 1, {{2}}, {{"approximate", 0, {0}, "fast"}}, {0}},
	{"Cast", "to", 1, 1, {{2}}, {{"to", 1, {8}, 0}}, {0}},
	{"And", "bool", 2, 1, {{2}, {2}}, {{0}}, {0}},
	{"Gather", "input 1", 2, 1, {{2}, {2}}, {{0}}, {0}},
	{"Preprocess", "picture", 1, 1, {{1, 4, 2, 2}}, {{0}}, {0}},
	{"Mod", "fmod", 2, 1, {{2}, {2}}, {{0}}, {0}},
	{"NonZero", "not constant", 1, 1, {{2}}, {{0}}, {0}},
	{"GridSample", "grid", 2, 1, {{1, 1, 2, 2}, {1, 2, 2, 3}}, {{0}}, {0}},
};

static int add_input(struct nn_net *net, const char *name, const int64_t *dim)
{
	int value = nn_net_value(net, name), n = 0;

	while (n < NN_DIMS && dim[n] > 0)
		n++;
	nn_net_input(net, value, NN_F32, n, dim);
	return value;
}

static struct nn_net *build(const struct refusal *r)
{
	struct nn_net *net = nn_net_new(r->op);
	int in[MOST + 1], out[2], i, n;
	struct nn_attrs attrs = {0};
	struct nn_tensor t;
	char name[16];

	for (n = 0; n < r->nin; n++) {
		snprintf(name, sizeof name, "in%d", n);
		in[n] = add_input(net, name, r->dim[n]);
	}
	if (r->last[0]) {
		nn_tensor_init(&t, "", NN_I64, 1, r->last);
		memcpy(t.data, r->last + 1, nn_tensor_bytes(&t));
		in[n] = nn_net_value(net, "last");
		nn_net_constant(net, in[n++], &t);
	}
	for (i = 0; i < 3 && r->attr[i].name; i++)
		if (r->attr[i].n)
			nn_attrs_set_ints(&attrs, r->attr[i].name, r->attr[i].n, r->attr[i].v);
		else
			nn_attrs_set_string(&attrs, r->attr[i].name, r->attr[i].text);
	for (i = 0; i < r->nout; i++) {
		snprintf(name, sizeof name, "out%d", i);
		out[i] = nn_net_value(net, name);
	}
	nn_net_node(net, nn_op_find(r->op), "node", n, in, r->nout, out, &attrs);
	nn_net_output(net, out[0]);
	return net;
}

int main(void)
{
	const struct refusal *r;

	for (r = refusals; r < refusals + NN_LEN(refusals); r++) {
		struct nn_net *net = build(r);
		struct nn_tensor in[MOST];
		struct nn_shapes s;
		int i, status;

		for (i = 0; i < net->ninputs; i++)
			nn_tensor_view(&in[i], NULL, NN_F32, net->input[i].ndim,
			               net->input[i].dim, NULL);
		status = nn_shapes_init(&s, net, in, net->ninputs, NULL, 0, 0);
		if (!ok(status < 0 && strstr(nn_error(), r->message) && strstr(nn_error(), "node"),
		        "%s: %s", r->op, r->message))
			printf("# %d: %s\n", status, status < 0 ? nn_error() : "not refused");
		if (status == 0)
			nn_shapes_release(&s);
		nn_net_free(net);
	}
	return done();
}
