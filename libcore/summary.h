/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, summary: what there is to know of a net's layers without running it.
 *
 * Weights are not looked at, only their shapes: the pages of a mapped file stay on disk.
 */
#ifndef NN_SUMMARY_H
#define NN_SUMMARY_H

#include "run.h"

/*
 * Which part of the picture a position of a layer can see, from windows and strides alone (Araujo,
 * Norris, Sim 2019, "Computing receptive fields of convolutional neural networks"): along an axis,
 * position i sees the pixels from begin + i * jump on, size of them; begin may be negative, where
 * padding begins.
 */
struct nn_receptive {
	int sees;  /* 0: nothing of the picture (a weight) */
	int whole; /* all of it: a sum over positions lies between, or it cannot be told */
	double size[2], jump[2], begin[2]; /* y, x; jump is the stride, below 1 after upsampling */
};

/* The fields of all values with respect to inputs[0]: r has net->nvalues of them. */
void nn_receptive_fields(const struct nn_shapes *s, struct nn_receptive *r);

struct nn_layer {
	const char *name; /* nn_layer_name() */
	const char *op;   /* "input" for an input */
	int value, node;  /* node -1 for an input */
	const struct nn_tensor *shape;
	int64_t parameters;    /* float weights that the node reads, at its first output */
	int64_t multiply_adds; /* the same */
	struct nn_receptive field;
};

struct nn_summary {
	struct nn_shapes shapes;
	struct nn_layer
		*layer; /* inputs, then nodes in order, one for each output; constants are none */
	int count;
	int64_t parameters; /* of the net: a weight that several nodes read counts once */
	int64_t multiply_adds;
};

/*
 * For pictures of that size, or, when both are 0, the size that the net declares.
 */
int nn_summary_init(struct nn_summary *m, struct nn_net *net, int width, int height);
void nn_summary_release(struct nn_summary *m);

#endif
