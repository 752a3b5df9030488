/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, net: what plan.c prepares and run.c runs.  Private to the two; run.h is the contract.
 */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "place.h"
#include "run.h"

/* A call that runs, perhaps with others fused into it. */
struct nn_step {
	struct nn_call *call;
	int nin, nout;
	const int *in; /* values, the node's */
	int *out;      /* values; after fusing, those of the last node */
	int *gin;      /* leases that backward() writes; -1: not wanted */
	int backward;  /* backward() runs */
};

struct nn_plan {
	struct nn_net *net;
	struct nn_shapes shapes;
	struct nn_step *step;
	int nsteps, wrt;
	char *seen, *has_gradient; /* per value */
	int *home;                 /* per value: the value in whose place it lives, or itself */
	/* values, gradients of values, scratch forward, sums' other halves, scratch backward */
	struct nn_lease *lease;
	int nleases;
	size_t bytes;
	struct nn_arena *arena, own;
	char *in_block; /* per value: its numbers are in the block, not constant */
	int bound;      /* the arena's generation for which all pointers are right */
};

/* Decides which steps run backward and where everything lives; sets p->bytes. Fails when it is too much. */
int nn_plan_memory(struct nn_plan *p, const struct nn_wish *wish);

#endif
