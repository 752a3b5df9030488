/* SPDX-License-Identifier: ISC */
/* The plans of a visualisation, private to vis.c: one for each size of picture that its views have. */
#ifndef NN_VISPLAN_H
#define NN_VISPLAN_H

#include "vis.h"

struct nn_visplan {
	int64_t width, height;
	int whole; /* of maps */
	struct nn_plan *plan;
};

struct nn_visplans {
	struct nn_net *net; /* the caller's */
	struct nn_arena arena;
	/* they are for n pictures, these values and channels of them */
	int n, nvalues, *values, lone;
	struct nn_channels *channels;
	struct nn_term neuron; /* when they are all of one; else row is NULL */
	struct nn_visplan *plan;
	int nplans;
};

/* From now on plans are for n of the goals; those there are remain when that changes nothing. */
void nn_visplans_wish(struct nn_visplans *v, const struct nn_goal *goals, int n);
/*
 * The plan for pictures of this size, made when it is the first; NULL with a message.  Unless of whole
 * maps, it may be for the neuron alone.
 */
struct nn_plan *nn_visplans_find(struct nn_visplans *v, int64_t width, int64_t height, int whole);
void nn_visplans_release(struct nn_visplans *v);

#endif
