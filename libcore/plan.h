/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, net: what plan.c prepares and run.c runs.  Private to these; run.h is the contract.
 *
 * Values are the net's, and from net->nvalues on those that the plan made itself: a twin is a value
 * of the net in blocks of channels (kernel.h).  To steps, memory and gradients all are alike.
 */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "place.h"
#include "run.h"

/* A call that runs, perhaps with others fused into it. */
struct nn_step {
	struct nn_call *call;
	int nin, nout;
	int *in, *out; /* values; after fusing, out of the last node */
	int *gin;      /* leases that backward() writes; -1: not wanted */
	int backward;  /* backward() runs */
};

/* In whose place a value or a gradient lives, perhaps its own, and how many bytes in. */
struct nn_home {
	int in;
	size_t shift;
};

/* A call that is the plan's own. */
struct nn_conversion {
	struct nn_call call;
	struct nn_tensor *in, *out;
	float *gin, *gout;
	struct nn_conversion *next;
};

/* Rows of a constant, for a call that was narrowed. */
struct nn_slice {
	struct nn_tensor t; /* a view */
	struct nn_slice *next;
};

/* A part of the picture, rows and columns; the seen value's map begins at map_at of map. */
struct nn_crop {
	int64_t at[2], size[2], whole[2]; /* size 0: there is none */
	int64_t map_at[2], map[2];
};

struct nn_plan {
	struct nn_net *net;
	struct nn_shapes shapes;
	struct nn_tensor *twin; /* of values net->nvalues ... nvalues - 1 */
	int nvalues;
	struct nn_conversion *conversion;
	struct nn_channels *range;  /* per value of the net, those there are; NULL: all of all */
	struct nn_slice *slice;
	struct nn_crop crop;
	int picture; /* the value of the net's first input, or the one it is cropped from */
	struct nn_step *step;
	int nsteps, wrt;
	char *seen, *has_gradient; /* per value */
	char *shared; /* per value of the net: it is read more than once, by steps there are or were */
	struct nn_home *home, *gradient_home; /* per value, and per gradient of a value */
	/* values, gradients of values, scratch forward, sums' other halves, scratch backward */
	struct nn_lease *lease;
	int nleases;
	size_t bytes;
	struct nn_arena *arena, own;
	char *in_block; /* per value: its numbers are in the block, not constant */
	int bound;      /* the arena's generation for which all pointers are right */
};

/* The tensor of a value. */
struct nn_tensor *nn_plan_tensor(const struct nn_plan *p, int value);
/*
 * Leaves out steps, and of others channels, that nobody looks at.  Before fuse().
 */
int nn_plan_narrow(struct nn_plan *p, const struct nn_wish *wish);
/*
 * Is it worthwhile to make a plan for a part of the picture instead?  Then sets that.  Before
 * nn_plan_narrow(), so that it does not depend on the channels.
 */
int nn_plan_find_crop(const struct nn_plan *p, const struct nn_wish *wish, struct nn_crop *crop);
/* The net's input becomes a part of the picture that the caller gives.  After fuse(). */
void nn_plan_add_crop(struct nn_plan *p, const struct nn_crop *crop);
/*
 * Lets the steps that gain by it work on blocks of channels, with conversions where others need the
 * plain values.  After fuse(), before gradients.
 */
void nn_plan_blocks(struct nn_plan *p);
/*
 * A step of the plan's own that makes value to of value from, called as v of the net is.  Tensors of
 * twins move when others are added: nn_plan_blocks() sets them anew.
 */
struct nn_step nn_plan_conversion(struct nn_plan *p, const struct nn_op *op, int v, int from,
                                  int to);
void nn_step_release(struct nn_step *step);
void nn_plan_remove_step(struct nn_plan *p, int i);
/* Whose place v ends up in, homes of homes followed, and where in it. */
int nn_home_of(const struct nn_home *home, int v, size_t *shift);
/* Does v have a place in the block? Constants have theirs elsewhere. */
int nn_plan_is_placed(const struct nn_plan *p, int v);
/* Lets views and parts of a concatenation live in another's place. */
void nn_plan_share_values(struct nn_plan *p);
/* The same for the gradient to an input, of which this step gives the first contribution. */
void nn_plan_share_gradient(struct nn_plan *p, const struct nn_step *step, int input);
/* Decides which steps run backward and where everything lives; sets p->bytes. Fails when it is too much. */
int nn_plan_memory(struct nn_plan *p, const struct nn_wish *wish);

#endif
