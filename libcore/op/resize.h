/* SPDX-License-Identifier: ISC */
/* Resize: what it shall do, as tables of each axis; op_resize.c makes them. */
#ifndef NN_OP_RESIZE_H
#define NN_OP_RESIZE_H

#include "op.h"

/* One axis: output i is sum over t < taps of weight[i * taps + t] input[from[i * taps + t]]. */
struct nn_resize_axis {
	int64_t in, out, taps, *from; /* taps 0: it is left as it is */
	float *weight;
	char *outside; /* crop: the place is beyond the input; NULL when none is */
};

struct nn_resize {
	int mode, place, nearest, antialias, exclude; /* see op_resize.c */
	double a; /* of the cubic */
	float extrapolation;
	int crops, ndim;
	size_t room; /* floats of one scratch buffer */
	struct nn_resize_axis axis[NN_DIMS];
};

/* Reads attributes and inputs into param, a struct nn_resize with its tables; sets out[0]'s shape. */
int nn_resize_read(struct nn_call *c);

#endif
