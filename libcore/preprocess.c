/* SPDX-License-Identifier: ISC */
/* How a picture, RGB 0..1, becomes what a network was trained on. */
#include "net.h"

#include <string.h>

const char nn_preset_names[] = "caffe torch tf unit inception raw";

static const struct {
	const char *name;
	struct nn_preprocess p;
} presets[] = {
	{"caffe", {{2, 1, 0}, {104, 117, 123}, {1, 1, 1}}},
	{"torch", {{0, 1, 2}, {123.675, 116.28, 103.53}, {58.395, 57.12, 57.375}}},
	{"tf", {{0, 1, 2}, {127.5, 127.5, 127.5}, {127.5, 127.5, 127.5}}},
	{"unit", {{0, 1, 2}, {0, 0, 0}, {255, 255, 255}}},
	{"inception", {{0, 1, 2}, {117, 117, 117}, {1, 1, 1}}},
};

int nn_preset(const char *name, struct nn_preprocess *p, int *raw)
{
	size_t i;

	*raw = strcmp(name, "raw") == 0;
	if (*raw)
		return 0;
	for (i = 0; i < NN_LEN(presets); i++)
		if (strcmp(presets[i].name, name) == 0) {
			*p = presets[i].p;
			return 0;
		}
	return nn_fail("no preset '%s': there are %s", name, nn_preset_names);
}

int nn_net_has_preprocess(const struct nn_net *net)
{
	int i;

	for (i = 0; i < net->nnodes; i++)
		if (strcmp(net->node[i].op->name, "Preprocess") == 0)
			return 1;
	return 0;
}

/* A name that no value has yet. */
static int fresh_value(struct nn_net *net, const char *name)
{
	char text[300];
	int i;

	snprintf(text, sizeof text, "%.250s/preprocess", name);
	for (i = 2; nn_net_find_value(net, text) >= 0; i++)
		snprintf(text, sizeof text, "%.250s/preprocess%d", name, i);
	return nn_net_value(net, text);
}

int nn_net_preprocess(struct nn_net *net, const struct nn_preprocess *p)
{
	const struct nn_op *op = nn_op_find("Preprocess");
	struct nn_attrs attrs = {0};
	int grey = p->order[0] < 0, channels = grey ? 1 : 3, picture, made, i, j;
	int64_t order[3];
	struct nn_input *in;

	if (!net->ninputs)
		return nn_fail("the net has no input");
	in = &net->input[0];
	if (in->type != NN_F32 || in->ndim != 4)
		return nn_fail("input '%s' is not a picture: want f32 with 4 dimensions, have %s with %d",
		               net->value[in->value].name, nn_type_name(in->type), in->ndim);
	if (in->dim[1] >= 0 && in->dim[1] != channels)
		return nn_fail("input '%s' has %lld channels, the preset gives %d",
		               net->value[in->value].name, (long long)in->dim[1], channels);
	for (i = 0; i < 3; i++)
		order[i] = p->order[i];
	nn_attrs_set_ints(&attrs, "order", grey ? 1 : 3, order);
	nn_attrs_set_floats(&attrs, "mean", channels, p->mean);
	nn_attrs_set_floats(&attrs, "deviation", channels, p->deviation);
	picture = in->value;
	made = fresh_value(net, net->value[picture].name);
	for (i = 0; i < net->nnodes; i++)
		for (j = 0; j < net->node[i].nin; j++)
			if (net->node[i].in[j] == picture)
				net->node[i].in[j] = made;
	for (i = 0; i < net->noutputs; i++)
		if (net->output[i] == picture)
			net->output[i] = made;
	nn_net_node(net, op, "preprocess", 1, &picture, 1, &made, &attrs);
	net->input[0].dim[1] = 3;
	return nn_net_finish(net);
}
