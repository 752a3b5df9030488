/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, run: shapes of a net for one size of picture, the plan of its memory, forward, backward.
 *
 * A plan is made for one net, one input shape and one wish (which values to see, which gradient).  It
 * holds only the nodes that the wish needs, and one block of memory for all their values, gradients
 * and scratch, in which a value's place is used again once nobody needs it.  Running allocates
 * nothing.
 */
#ifndef NN_RUN_H
#define NN_RUN_H

#include "net.h"

/*
 * Types and shapes of all values for given inputs (type, shape; data only where a constant), and the numbers
 * of those that do not depend on the net's computed inputs (shape arithmetic, weights).
 */
struct nn_shapes {
	struct nn_net *net;      /* the caller's */
	struct nn_tensor *value; /* net->nvalues of them; data is NULL unless constant */
	struct nn_call *call;    /* net->nnodes of them; op is NULL where the node does not run */
	size_t folded;           /* bytes of folded values */
};
/*
 * Looks at the ancestors of the wanted values; of all nodes when wanted is NULL.  gradient: whether
 * backward() will be called.  A node whose inputs are all constant is run at once and its outputs
 * are constant; what depends on the net's constants alone is kept in the net for later plans.  Fails
 * when what is folded would take more than nn_fold_limit.
 */
extern size_t nn_fold_limit; /* bytes: 4 GiB */
int nn_shapes_init(struct nn_shapes *s, struct nn_net *net, const struct nn_tensor *in, int nin,
                   const int *wanted, int nwanted, int gradient);
void nn_shapes_release(struct nn_shapes *s);
/* The picture shape a net is declared for, any dimension of it that is free replaced: n by 1, height and width by 224, channels by 3. */
void nn_net_picture_shape(const struct nn_net *net, int64_t dim[4]);

/* The same for all inputs, net->ninputs of them: type and shape, no numbers; others' free dimensions are 1. */
void nn_net_input_shapes(const struct nn_net *net, struct nn_tensor *in);

struct nn_wish {
	const int *see;   /* values to be read after forward */
	int nsee;
	const int *seed;  /* values whose gradient the caller gives before backward; they can be seen, too */
	int nseed;
	int wrt;          /* the value with respect to which a gradient is wanted; -1: forward only */
	/*
	 * Of see[i] and of seed[i], the channels that the caller looks at; count 0, or NULL instead of
	 * an array: all.  Work for others is left out where it can be, and the numbers are the same.
	 */
	const struct nn_channels *see_channels, *seed_channels;
	/*
	 * The caller gives each item of the batch a gradient in one channel of one value only: then
	 * the rows of a convolution can be left out that others would need for the sums to be the same.
	 */
	int lone;
	/*
	 * Row and column of the one position that the caller looks at, in the map [n][c][h][w] of the
	 * only value, see[0], which may be seed[0], too; NULL: all.  The net then may see only the part
	 * of the picture on which that depends.  Its numbers are those of the whole picture within
	 * rounding, and the gradient is zero around that part.
	 */
	const int64_t *position;
};

/* Memory that several plans share, one running at a time: a release frees it. */
struct nn_arena {
	void *base;
	size_t bytes;
	int generation; /* counts the moves of base */
};
void nn_arena_release(struct nn_arena *a);

struct nn_plan;
/* in: type and shape of each of the net's inputs. arena may be NULL: the plan has its own. */
struct nn_plan *nn_plan_new(struct nn_net *net, const struct nn_tensor *in, int nin,
                            const struct nn_wish *wish, struct nn_arena *arena);
/* The same for a net with one input, a picture [n][3][h][w]. */
struct nn_plan *nn_plan_picture(struct nn_net *net, int64_t n, int64_t h, int64_t w,
                                const struct nn_wish *wish, struct nn_arena *arena);
void nn_plan_free(struct nn_plan *p);
size_t nn_plan_bytes(const struct nn_plan *p); /* of the block */

/* in[i] of the net: the caller fills data before nn_forward, each time. */
struct nn_tensor *nn_plan_input(struct nn_plan *p, int i);
/* A value that was wished for; its numbers are there from nn_forward to the next run in the arena. */
const struct nn_tensor *nn_plan_value(struct nn_plan *p, int value);
/*
 * Which channel of the layer the first one is of a wished value, and of its seed: they have those
 * that were looked at, and may have more.
 */
int64_t nn_plan_first_channel(const struct nn_plan *p, int value);
/*
 * Is the wished value's map [h][w] a part of the layer's?  Then sets row and column where it begins,
 * and rows and columns of the layer's.
 */
int nn_plan_map(const struct nn_plan *p, int64_t at[2], int64_t whole[2]);
/* Where the caller puts the gradient of a seed value, all of it, between nn_forward and nn_backward. */
float *nn_plan_seed(struct nn_plan *p, int value);
/* After nn_backward: the gradient with respect to wrt, in its shape. */
const float *nn_plan_gradient(struct nn_plan *p);

int nn_forward(struct nn_plan *p);
/* Changes the seeds. */
void nn_backward(struct nn_plan *p, enum nn_relu_rule rule);

/* Multiply-adds of a call (Conv, Gemm, MatMul; 0 for others), and its weights' count: for nn-info. */
int64_t nn_call_multiply_adds(const struct nn_call *c);

#endif
