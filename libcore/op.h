/* SPDX-License-Identifier: ISC */
/*
 * Floor 3, op: the operators.  One row each: what shape, what value, what gradient.
 *
 * Operators have the names, inputs, attributes and meaning of the ONNX standard at opset 20 (format
 * readers rewrite older forms: what once was an attribute and is now an input is an input).
 * Attributes that hold a tensor do not occur: a Constant is a constant value of the net, and a
 * ConstantOfShape has "value", one integer or float, and "type", its enum nn_type (absent: 0, f32).
 * Softmax, LogSoftmax and Hardmax of before opset 13 have "flatten" 1: the input is taken as two
 * dimensions, split at "axis".  Dropout has one input, BatchNormalization one output.
 *
 * Numbers are float32 (also for what a model file has as f16, bf16 or f64), i64, i32 or u8 (u8 also
 * for bool: 0 or 1).  Gradients are float32 and flow through float32 values only.
 *
 * A row works on a struct nn_call: one node at one shape.  shape() is called once, for a plan; then
 * forward() and backward() run as often as wanted and allocate nothing.
 */
#ifndef NN_OP_H
#define NN_OP_H

#include "kernel.h"
#include "tensor.h"

enum nn_attr_type { NN_ATTR_INTS, NN_ATTR_FLOATS, NN_ATTR_STRING };

struct nn_attr {
	char *name;
	enum nn_attr_type type;
	int count;       /* of integers or floats */
	int64_t *ints;   /* owned, as all of these */
	double *floats;
	char *string;
};

struct nn_attrs {
	struct nn_attr *attr;
	int count;
};

void nn_attrs_set_ints(struct nn_attrs *a, const char *name, int count, const int64_t *v);
void nn_attrs_set_floats(struct nn_attrs *a, const char *name, int count, const double *v);
void nn_attrs_set_string(struct nn_attrs *a, const char *name, const char *v);
void nn_attrs_remove(struct nn_attrs *a, const char *name);
void nn_attrs_copy(struct nn_attrs *a, const struct nn_attrs *from);
void nn_attrs_release(struct nn_attrs *a);
/* The attribute, or NULL. */
const struct nn_attr *nn_attrs_find(const struct nn_attrs *a, const char *name);
/* Its value, or the default when it is absent or of another type. */
int64_t nn_attr_int(const struct nn_attrs *a, const char *name, int64_t otherwise);
double nn_attr_float(const struct nn_attrs *a, const char *name, double otherwise);
const char *nn_attr_string(const struct nn_attrs *a, const char *name, const char *otherwise);
/* Its integers (or floats) and how many; NULL and 0 when absent. */
const int64_t *nn_attr_ints(const struct nn_attrs *a, const char *name, int *count);
const double *nn_attr_floats(const struct nn_attrs *a, const char *name, int *count);

/* What the gradient of a ReLU does; features of visualisation, see nn_relu_gradient(). */
enum nn_relu_rule { NN_RELU_PLAIN, NN_RELU_REDIRECTED, NN_RELU_GUIDED, NN_RELU_DECONV };

#define NN_PACKED (8 * NN_CONV_PACKINGS) /* slots of a node for weights in a kernel's own layout */

/* Channels first ... first + count - 1 of a tensor [n][c]...: of its dimension 1. */
struct nn_channels {
	int64_t first, count;
};

struct nn_call {
	const struct nn_op *op;
	const char *name; /* of the node */
	const struct nn_attrs *attrs;
	int nin, nout;
	/*
	 * in[i] is NULL for an optional input that is not given.  At shape() its type and shape are
	 * known, and data is NULL unless the value is constant (a weight, or folded).
	 * out[i] is NULL for an optional output that is left out;
	 * shape() sets type, ndim and dim of each.
	 */
	struct nn_tensor **in, **out;
	/*
	 * backward() reads gout[i], the gradient that arrived at out[i] (NULL: none did, it counts
	 * as zero; gout of a single output is never NULL), and overwrites gin[i] where that is not
	 * NULL. It may use gout[] as scratch.
	 */
	float **gin, **gout;
	int gradient;          /* at shape(): backward() will be called */
	void *param;           /* shape() may nn_alloc() it, one flat block; the plan frees it */
	size_t scratch_bytes;  /* shape() says what forward() or backward() needs ... */
	void *scratch; /* ... and finds here when they run; on NN_ALIGN; not kept in between */
	void **packed; /* NN_PACKED slots that outlive the plan: nn_aligned() blocks or NULL */
	enum nn_relu_rule rule; /* of this backward run */
	int adds; /* backward() adds to gin[0]: set for rows with NN_GRADIENT_ADDED only */
	/* After narrow(): the channels of out[0], and how many it and in[0] had.  Else zeros. */
	struct nn_channels narrowed;
	int64_t out_all, in_all;
	/* Set by fuse(), for the rows that have one: */
	int relu;              /* the output passes through max(0, .), and is kept for backward() */
	const float *scale, *shift; /* per channel of out[0], owned by the plan; NULL: 1 and 0 */
};

/* What of the forward values backward() reads: the plan keeps no other until then. */
#define NN_KEEP_IN 1u
#define NN_KEEP_OUT 2u
/* out[0] may take the place of in[0] in memory when nobody else needs that (same shape and type). */
#define NN_IN_PLACE 4u
/* out[0] is in[0] with another shape: no numbers are moved forward (Reshape). */
#define NN_VIEW 8u
/* forward() reads shapes and no numbers (Shape): the output is constant once these are known. */
#define NN_SHAPE_ONLY 16u
/*
 * out[0] is the inputs side by side (Concat): where nothing lies before the dimension that they
 * share they may be, in memory, parts of out[0], and their gradients of its.
 */
#define NN_PARTS 64u
/* gin[0] may be gout[0] when in[0] has as many numbers; those of other inputs are still right. */
#define NN_GRADIENT_IN_PLACE 128u
/* backward() can add its gradient to what is in gin[0]: see adds. */
#define NN_GRADIENT_ADDED 256u

struct nn_op {
	const char *name;
	const char *limits; /* what of the standard is refused, for nn-info -O; NULL: nothing */
	/*
	 * Checks inputs and attributes, sets the shapes of the outputs.  Returns -1 with a message
	 * that names the attribute or input; the plan adds the node.
	 */
	int (*shape)(struct nn_call *c);
	/* Returns -1 only for what could not be known at shape(), as an index out of range. */
	int (*forward)(struct nn_call *c);
	void (*backward)(struct nn_call *c); /* NULL: no gradient passes */
	/*
	 * May the call make some channels of out[0] only?  Then it widens *out, and in[i] of each
	 * input that is not constant, until they belong together, and returns 1; 0 when it wants all
	 * of everything.  in[i].count is 0 for what is not wanted (yet); what stays so is left out of
	 * the inputs.  Of a constant, in[i] is set to those it needs of the first dimension that is
	 * not 1, and left 0 for all.  lone: an item's gradients to out[0] are all zero but in one
	 * channel, so that a sum over those channels is the same over any of them.  Asked after
	 * shape(), perhaps often; then tensors are made smaller, narrowed is set, and shape() is
	 * asked again.
	 */
	int (*narrow)(const struct nn_call *c, int lone, struct nn_channels *out,
	              struct nn_channels *in);
	/*
	 * May this call also do what next does with its only output?  Then it changes itself to do
	 * so and returns 1; else 0.  Asked before the memory is planned, after shape() of both.
	 */
	int (*fuse)(struct nn_call *c, const struct nn_call *next);
	/*
	 * May this call work on blocks of channels (kernel.h)?  Then it changes itself to do so,
	 * and tells for what: a set of NN_BLOCKS_*; else 0.  Asked after fuse(), at most once.  From
	 * then on c->in[] and c->out[] of those are tensors [n][ceil(c / lanes)][h][w][lanes] of five
	 * dimensions (not at the time of the call, and never constants).  Lanes past c hold zeros
	 * in all of them and in their gradients, and have to afterwards.  Asked only when all these
	 * are float32 [n][c][h][w] and not empty; scratch_bytes may change.
	 */
	unsigned (*blocks)(struct nn_call *c);
	unsigned flags;
};

/* what blocks() answers */
#define NN_BLOCKS_IN 1u   /* all inputs that are not constant, tensors of four dimensions */
#define NN_BLOCKS_OUT 2u  /* all outputs, too */
#define NN_BLOCKS_CONSTANTS 4u /* constants of a number per channel, [c][1][1] or [1][c][1][1] */
/* The rows that a plan asks even when none of the inputs is in blocks yet: what they gain pays for it. */
#define NN_BLOCKS_FIRST 32u /* a flag */

/* A row is "const struct nn_op nn_op_Relu = { ... }" and its line in op.def. */
#define NN_OP(name) extern const struct nn_op nn_op_##name;
#include "op.def"
#undef NN_OP
/*
 * Rows that a plan puts in, and no file can name: to blocks of channels and back, and the same where
 * both are the same bytes.
 */
extern const struct nn_op nn_op_to_blocks, nn_op_from_blocks, nn_op_same_blocks;
/* The same: in[0], pictures, from row param[0] and column param[1] (int64_t) on. */
extern const struct nn_op nn_op_crop;
/* All rows of op.def; NULL after the last. */
extern const struct nn_op *const nn_ops[];
/* The operator called name, or NULL. */
const struct nn_op *nn_op_find(const char *name);

/* helpers of the rows */

/* Fewer numbers than this are not worth waking threads for. */
#define NN_PARALLEL 16384

/*
 * Sets type and shape of output i; nothing when nobody wants it.  Fails when the shape is absurd,
 * so that "return nn_out(...)" ends a shape().
 */
int nn_out(struct nn_call *c, int i, enum nn_type type, int ndim, const int64_t *dim);
/* Output i has type and shape of t. */
int nn_out_like(struct nn_call *c, int i, const struct nn_tensor *t);
/* Fails unless the call has between low and high inputs, of which the first low are given. */
int nn_want_inputs(const struct nn_call *c, int low, int high);
/* Fails unless in[i], when given, is float32. */
int nn_want_float(const struct nn_call *c, int i);
/* Fails unless in[i] and in[j] are of one type. */
int nn_want_same(const struct nn_call *c, int i, int j);
/* Fails when backward() will be called and would have to give a gradient to in[i], a float. */
int nn_want_no_gradient(const struct nn_call *c, int i);
/* Fails unless attribute name, a string, is one of choices ("a b c"); its place there in *which. */
int nn_want_choice(const struct nn_attrs *a, const char *name, const char *otherwise,
                   const char *choices, int *which);
/* Input i, or NULL when it is not given. */
struct nn_tensor *nn_in(const struct nn_call *c, int i);
/* axis, counted from the end when negative, within 0..n-1; fails naming the attribute or input. */
int nn_axis(int64_t axis, int n, const char *what, int *out);
/*
 * Integers of a constant input i (i32 or i64): a newly allocated array (never NULL when the input
 * is given) and its length.  Fails when the input is not constant.  An absent input gives NULL, 0.
 */
int nn_const_ints(const struct nn_call *c, int i, int64_t **v, int *count);
/* Floats of a constant input i: borrowed. */
int nn_const_floats(const struct nn_call *c, int i, const float **v, int *count);
/* Element i of a tensor of integers, read and written (what does not fit wraps). */
int64_t nn_int_at(const struct nn_tensor *t, int64_t i);
void nn_int_put(struct nn_tensor *t, int64_t i, int64_t v);
/* y[i] = x[j], or y[i] and x[j] added (1), multiplied (2), the larger (3), the smaller (4). */
void nn_reduce_into(struct nn_tensor *y, int64_t i, const struct nn_tensor *x, int64_t j,
                    int reduction);
/*
 * For fuse(): the constant operand of next, a row of two inputs, when it is one number or one for each
 * channel of out[0], with the step from one to the next; else NULL.
 */
const float *nn_per_channel(const struct nn_call *c, const struct nn_call *next, int64_t *step);
/* forward() and backward() of rows with NN_VIEW: copy where the plan gave two places. */
int nn_view_forward(struct nn_call *c);
void nn_view_backward(struct nn_call *c);

/*
 * gx = gradient through y = max(0, x), element by element over items of size numbers each:
 * plain: g where y > 0.  Guided (Springenberg 2014): g where y > 0 and g > 0.  Deconvolution
 * (Zeiler 2013): g where g > 0.  Redirected (Lucid, for objectives that are raised): plain, but an
 * item whose plain gradient is all zero gets g where it is positive or y > 0.  gx may be g.
 */
void nn_relu_gradient(enum nn_relu_rule rule, const float *y, const float *g, float *gx,
                      int64_t items, int64_t size);
/*
 * The same for y = x clipped to low..high: plain passes g where low < y < high, redirected g where
 * it points back within the bounds.
 */
void nn_clip_gradient(enum nn_relu_rule rule, const float *y, const float *g, float *gx,
                      int64_t items, int64_t size, float low, float high);

/* All channels of t; one when it has no such dimension. */
struct nn_channels nn_all_channels(const struct nn_tensor *t);
/* *to becomes all from its first or more's to its last or more's. */
void nn_channels_join(struct nn_channels *to, struct nn_channels more);
/* *c with both ends moved outward to multiples of unit, the last one to all. */
void nn_channels_round(struct nn_channels *c, int64_t unit, int64_t all);
/*
 * narrow() of rows where a channel of out[0] is made of the same one of the inputs: these broadcast
 * as NumPy does it; or in[0] has the channels and all others, constants, are one number for each.
 */
int nn_narrow_same(const struct nn_call *c, int lone, struct nn_channels *out,
                   struct nn_channels *in);
int nn_narrow_each(const struct nn_call *c, int lone, struct nn_channels *out,
                   struct nn_channels *in);
/* narrow() of rows where a channel of out[0] is made of row i of in[1] and in[2], and all of in[0]. */
int nn_narrow_rows(const struct nn_call *c, int lone, struct nn_channels *out,
                   struct nn_channels *in);

/* A window that slides over h x w (Conv, pooling): attributes checked, output size told. */
struct nn_window {
	int ndim; /* spatial dimensions, 1..3 */
	int64_t kernel[3], stride[3], dilation[3], pad_begin[3], pad_end[3];
	int64_t in[3], out[3];
};
/*
 * Reads kernel_shape (or takes kernel, when not NULL), strides, dilations, pads, auto_pad and
 * ceil_mode for an input x [n][c][spatial...].
 */
int nn_window_read(const struct nn_attrs *a, const struct nn_tensor *x, const int64_t *kernel,
                   struct nn_window *w);

/* Dimensions of t [n][c][h][w] in blocks of channels. */
void nn_blocks_shape(const struct nn_tensor *t, int64_t dim[5]);
/*
 * blocks() of a row that works number by number, with broadcasting: whether it can in blocks as it
 * is.  zeros_stay: of zeros it makes zeros, and of gradients of zero the same; else the lanes must
 * be full.  Inputs have the channels of the output, constants are one number or one per channel.
 */
unsigned nn_blocks_same(const struct nn_call *c, int zeros_stay);
/* The same for y = f(a, b) with the derivatives da and db; looks itself what becomes of zeros. */
unsigned nn_blocks_pair(const struct nn_call *c, enum nn_pair f, enum nn_pair da, enum nn_pair db);

/* Broadcasting as NumPy does it. */
/* The shape that a and b give together; fails when they do not fit. */
int nn_broadcast(int an, const int64_t *a, int bn, const int64_t *b, int *n, int64_t *dim);
/*
 * Strides, in elements, with which a tensor of shape dim is read as if broadcast to out: 0 along
 * repeated dimensions.
 */
void nn_broadcast_strides(int n, const int64_t *dim, int on, const int64_t *out,
                          int64_t stride[NN_DIMS]);

/*
 * Nested loops over the shape dim with the places in up to NN_WALK arrays: dimensions of 1 dropped,
 * adjacent ones merged where every array allows it.  The innermost loop, a run, is the caller's.
 */
#define NN_WALK 4
struct nn_walk {
	int n, arrays; /* loops, at least 1 */
	int64_t dim[NN_DIMS], stride[NN_WALK][NN_DIMS];
	int64_t rows, run; /* runs, and the length of each; rows * run elements */
	int64_t step[NN_WALK]; /* stride within a run */
	int64_t apart[NN_WALK]; /* from run to run, along the loop around them */
};
void nn_walk_init(struct nn_walk *w, int ndim, const int64_t *dim, int arrays,
                  const int64_t *const *stride);
/* Where a row begins in each array. */
void nn_walk_at(const struct nn_walk *w, int64_t row, int64_t offset[NN_WALK]);
/*
 * The same, shared out: task t of nn_walk_tasks() has a few whole runs, or a piece of a long one.
 * nn_runs_first() gives the first runs of it, nn_runs_next() the next ones, or 0.
 */
struct nn_runs {
	int64_t at[NN_WALK], length; /* where it begins in each array; elements of it */
	int64_t count;               /* runs that follow at equal distances, w->apart in each array */
	int64_t row, end;            /* private */
};
int64_t nn_walk_tasks(const struct nn_walk *w);
void nn_runs_first(const struct nn_walk *w, int64_t task, struct nn_runs *r);
int nn_runs_next(const struct nn_walk *w, struct nn_runs *r);
/* Strides, in elements, of a row-major tensor. */
void nn_strides(int n, const int64_t *dim, int64_t stride[NN_DIMS]);

/* y[i . sy] = x[i . sx] for every index i of shape dim; elements of size bytes (1, 4, 8). */
void nn_move(int n, const int64_t *dim, void *y, const int64_t *sy, const void *x,
             const int64_t *sx, size_t size);
/*
 * Operators of two tensors of one type, with broadcasting.  forward: f for floats, g for integers.
 * gradient: to input i, d being the derivative of f to it.
 */
typedef int64_t nn_integers(int64_t a, int64_t b);
int nn_binary_shape(struct nn_call *c);
int nn_binary_forward(struct nn_call *c, enum nn_pair f, nn_integers *g);
void nn_binary_gradient(struct nn_call *c, int i, enum nn_pair d);
/* Sums: forward() and fuse() of two, with a Relu; backward() of any. */
int nn_sum_forward(struct nn_call *c);
int nn_sum_fuse(struct nn_call *c, const struct nn_call *next);
void nn_sum_backward(struct nn_call *c);
/* y = f(a, b) for runs of a task; array: the walk's arrays for y, a and b. */
void nn_runs_pair(const struct nn_walk *w, const struct nn_runs *r, enum nn_pair f,
                  const int array[3], const float *a, const float *b, float *y);
/* The loops over y (array 0), a (1) and b (2). */
void nn_binary_walk(const struct nn_call *c, struct nn_walk *w);

/* Sum of n numbers, stride apart, in a fixed order. */
float nn_sum(const float *x, int64_t n, int64_t stride);
/*
 * The gradient of broadcasting gx, of shape dim, to g, of shape out: sums over what was repeated,
 * in a fixed order.
 */
void nn_broadcast_gradient(int on, const int64_t *out, const float *g, int n, const int64_t *dim,
                           float *gx);

#endif
