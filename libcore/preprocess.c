/* SPDX-License-Identifier: ISC */
/* How a picture, RGB 0..1, becomes what a network was trained on. */
#include "net.h"

#include <string.h>

const char nn_preset_names[] = "caffe torch tf unit inception raw";

static const struct {
	const char *name, *what;
	struct nn_preprocess p;
} presets[] = {
	{"caffe", "BGR, 0..255 less 104,117,123: Caffe (AlexNet, VGG, GoogLeNet, SqueezeNet, ResNet of 2015)",
	 {{2, 1, 0}, 255, {104, 117, 123}, {1, 1, 1}}},
	{"torch", "RGB, 0..1 less .485,.456,.406, over .229,.224,.225: PyTorch torchvision, most of timm",
	 {{0, 1, 2}, 1, {.485, .456, .406}, {.229, .224, .225}}},
	{"tf", "RGB, -1..1: TensorFlow Slim, Keras (MobileNet, Inception, Xception, NASNet), Google's ViT",
	 {{0, 1, 2}, 255, {127.5, 127.5, 127.5}, {127.5, 127.5, 127.5}}},
	{"unit", "RGB, 0..1: many detectors, segmenters and models of TensorFlow Hub",
	 {{0, 1, 2}, 1, {0, 0, 0}, {1, 1, 1}}},
	{"inception", "RGB, -117..138: Inception of 2014 for TensorFlow (inception5h), which Lucid uses",
	 {{0, 1, 2}, 255, {117, 117, 117}, {1, 1, 1}}},
	{"raw", "what comes in is passed on as it is: the model does it itself, or is not fed pictures",
	 {{0, 1, 2}, 1, {0, 0, 0}, {1, 1, 1}}},
};

const char *nn_preset_what(int i, const char **what)
{
	if (i < 0 || i >= (int)NN_LEN(presets))
		return NULL;
	*what = presets[i].what;
	return presets[i].name;
}

int nn_preset(const char *name, struct nn_preprocess *p, int *raw)
{
	size_t i;

	*raw = strcmp(name, "raw") == 0;
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

int nn_net_preprocess(struct nn_net *net, const struct nn_preprocess *p)
{
	const struct nn_op *op = nn_op_find("Preprocess");
	struct nn_attrs attrs = {0};
	int grey = p->order[0] < 0, channels = grey ? 1 : 3, i;
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
	nn_attrs_set_floats(&attrs, "scale", 1, &p->scale);
	nn_attrs_set_floats(&attrs, "mean", channels, p->mean);
	nn_attrs_set_floats(&attrs, "deviation", channels, p->deviation);
	nn_net_insert(net, in->value, op, "preprocess", &attrs);
	net->input[0].dim[1] = 3;
	return nn_net_finish(net);
}
