/* SPDX-License-Identifier: ISC */
/*
 * What a convolution absorbs: factors go into the packed weights, terms into the bias, and a Relu
 * into the kernel's last pass.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op_conv.h"

static float *scale_of(struct nn_conv *p)
{
	return p->values;
}

static float *shift_of(struct nn_conv *p)
{
	return p->values + p->channels;
}

static float *bias_of(struct nn_conv *p)
{
	return p->values + 2 * p->channels;
}

/* weights */

/* The weights with the factor of each output channel in them: w [rows][channels][...] by channel.
 */
static float *scaled_copy(const struct nn_conv *p, const float *w, const float *scale)
{
	const struct nn_conv_shape *s = &p->c.s;
	int64_t area = p->c.kd * s->kh * s->kw, per = p->channels / s->groups, i;
	int64_t count = s->co * per * area;
	float *copy = nn_alloc((size_t)count * sizeof *copy);

	for (i = 0; i < count; i++)
		copy[i] = w[i] * scale[i / area % per + i / area / per / (s->co / s->groups) * per];
	return copy;
}

static void pack(const struct nn_conv *p, const float *w, int backward, const float *scale,
		 void *to)
{
	const struct nn_conv_kernel *k = nn_kernels()->conv;
	float *copy = scale && p->transposed ? scaled_copy(p, w, scale) : NULL;

	k->pack(&p->c.s, backward, copy ? copy : w, copy ? NULL : scale, to);
	free(copy);
}

/*
 * The channels and the factors stand before the packed weights: another plan of the net may have
 * narrowed to others, and absorbed others.
 */
const void *nn_conv_packed(struct nn_call *c, int backward)
{
	const struct nn_conv_kernel *k = nn_kernels()->conv;
	struct nn_conv *p = c->param;
	const float *scale = p->scaled ? scale_of(p) : NULL;
	size_t bytes = (size_t)p->channels * sizeof *scale;
	size_t head = nn_round_up(bytes, NN_ALIGN) + NN_ALIGN;
	int kind = backward + 2 * p->scaled + 4 * (c->narrowed.count != 0);
	int slot = k->packing(&p->c.s, backward) + NN_CONV_PACKINGS * kind;
	char *block = c->packed[slot];

	if (!p->constant) {
		block = (char *)c->scratch + c->scratch_bytes -
		        nn_round_up(k->packed_bytes(&p->c.s, backward), NN_ALIGN);
		pack(p, c->in[1]->data, backward, NULL, block);
		return block;
	}
	if (block && memcmp(block, &c->narrowed, sizeof c->narrowed)) {
		free(block);
		block = NULL;
	}
	if (block && (!scale || !memcmp(block + NN_ALIGN, scale, bytes)))
		return block + head;
	if (!block)
		block = c->packed[slot] = nn_aligned(head + k->packed_bytes(&p->c.s, backward));
	memcpy(block, &c->narrowed, sizeof c->narrowed);
	if (scale)
		memcpy(block + NN_ALIGN, scale, bytes);
	pack(p, c->in[1]->data, backward, scale, block + head);
	return block + head;
}

const float *nn_conv_bias(struct nn_call *c)
{
	const struct nn_tensor *b = nn_in(c, 2);
	struct nn_conv *p = c->param;
	int64_t i;

	if (!c->shift && !p->scaled)
		return b ? b->data : NULL;
	for (i = 0; i < p->channels; i++)
		bias_of(p)[i] =
			(b ? ((const float *)b->data)[i] : 0) * (p->scaled ? scale_of(p)[i] : 1) +
			shift_of(p)[i];
	return bias_of(p);
}

/* fusing */

/* v * factor + term is absorbed, channel by channel. */
static void absorb(struct nn_call *c, int64_t i, float factor, float term)
{
	struct nn_conv *p = c->param;

	scale_of(p)[i] = p->scaled ? scale_of(p)[i] * factor : factor;
	shift_of(p)[i] = shift_of(p)[i] * factor + term;
	c->shift = shift_of(p);
}

static int absorb_normalization(struct nn_call *c, const struct nn_call *next)
{
	struct nn_conv *p = c->param;
	double epsilon = nn_attr_float(next->attrs, "epsilon", 1e-5), factor;
	const float *v[4];
	int64_t i;
	int j;

	if (!p->constant || next->nin != 5 ||
	    nn_attr_int(next->attrs, "training_mode", 0))
		return 0;
	for (j = 0; j < 4; j++) {
		if (!next->in[j + 1] || !next->in[j + 1]->data)
			return 0;
		v[j] = next->in[j + 1]->data;
	}
	for (i = 0; i < p->channels; i++) {
		factor = v[0][i] / sqrt((double)v[3][i] + epsilon);
		absorb(c, i, (float)factor, (float)(v[1][i] - v[2][i] * factor));
	}
	p->scaled = 1;
	c->scale = scale_of(p);
	return 1;
}

int nn_conv_fuse(struct nn_call *c, const struct nn_call *next)
{
	struct nn_conv *p = c->param;
	const char *name = next->op->name;
	const float *v;
	int64_t i, step;

	if (c->relu || next->in[0]->type != NN_F32)
		return 0;
	if (!strcmp(name, "Relu")) {
		c->relu = 1;
		return 1;
	}
	if (!strcmp(name, "BatchNormalization"))
		return absorb_normalization(c, next);
	if (strcmp(name, "Add") && (strcmp(name, "Mul") || !p->constant))
		return 0;
	v = nn_per_channel(c, next, &step);
	if (!v)
		return 0;
	for (i = 0; i < p->channels; i++)
		if (!strcmp(name, "Mul"))
			absorb(c, i, v[i * step], 0);
		else
			shift_of(p)[i] += v[i * step];
	c->shift = shift_of(p);
	if (!strcmp(name, "Mul")) {
		p->scaled = 1;
		c->scale = scale_of(p);
	}
	return 1;
}

