/* SPDX-License-Identifier: ISC */
/*
 * Floor 2, kernels: the inner loops, on plain float32 arrays.
 *
 * Each file of kernel/ is compiled once per instruction set (portable, avx2, avx512, neon) on top
 * of one SIMD vocabulary, kernel/simd.h, and exports one table of functions, nn_NAME_kernel_ISA.
 * nn_kernels() is chosen once, at the first call: the best the machine has, or what NN_ISA names.
 *
 * Arrays are row-major and need no alignment.  Kernels allocate nothing: scratch is the caller's,
 * of the size a companion function tells.  Threads (OpenMP) share out the outputs and never a sum,
 * and each number is made by the same operations in the same order whatever the threads, the batch
 * and the place in a tile: results are equal bit for bit.
 */
#ifndef NN_KERNEL_H
#define NN_KERNEL_H

#include "base.h"

/* Threads that a parallel region will have (OMP_NUM_THREADS); scratch sizes depend on it. */
int nn_threads(void);

/*
 * Blocks of channels: x [n][c][h][w] stored as [n][ceil(c / lanes)][h][w][lanes], the lanes of a
 * vector side by side, and zeros in those past c.  The layout in which a plan keeps values between
 * convolutions: a pixel of it is a vector, wherever a window lies.
 */
struct nn_block_kernel {
	int64_t lanes;
	/* x [n][c][positions] to y in blocks, and back. */
	void (*to_blocks)(const float *x, int64_t n, int64_t c, int64_t positions, float *y);
	void (*from_blocks)(const float *x, int64_t n, int64_t c, int64_t positions, float *y);
	/*
	 * y = x factor[c] + shift[c], then max(0, .) when relu, for planes = n * blocks planes in
	 * blocks; factor and shift [blocks][lanes].  y may be x.
	 */
	void (*scale)(const float *x, int64_t planes, int64_t blocks, int64_t positions,
	              const float *factor, const float *shift, int relu, float *y);
	/*
	 * gx = its gradient: g factor[c], where y, unless that is NULL, is positive; gx may be g.
	 * With add, it is added to gx.
	 */
	void (*scale_backward)(const float *g, const float *y, int64_t planes, int64_t blocks,
	                       int64_t positions, const float *factor, int add, float *gx);
};

/* A convolution at one shape: x [n][ci][h][w], w [co][ci/groups][kh][kw], y [n][co][oh][ow]. */
struct nn_conv_shape {
	int64_t n, ci, h, w, co, oh, ow, groups;
	int64_t kh, kw, stride_h, stride_w, dilation_h, dilation_w;
	int64_t pad_top, pad_left; /* the far sides follow from oh and ow; may be negative */
	int x_blocks, y_blocks;    /* x and dx, y and dy are in blocks of channels */
	/*
	 * Where these are some channels of a larger convolution (NULL: they are not): that one, whose
	 * algorithm is taken, so that a channel has the same bits.
	 */
	const struct nn_conv_shape *whole;
};

struct nn_conv_kernel {
	/*
	 * Whether the shape can be done, both ways, in blocks of channels: 0 no; 1 with y in blocks
	 * and x, of few channels, in rows; 2 with both in blocks.
	 */
	int (*blocks)(const struct nn_conv_shape *s);
	/*
	 * Which of up to NN_CONV_PACKINGS layouts the packed weights have for this shape and
	 * direction (0 forward, 1 backward to the input): weights are packed once for each layout
	 * in use.
	 */
	int (*packing)(const struct nn_conv_shape *s, int backward);
	size_t (*packed_bytes)(const struct nn_conv_shape *s, int backward);
	/* Packs w, row o multiplied by scale[o] (NULL: 1). */
	void (*pack)(const struct nn_conv_shape *s, int backward, const float *w,
		     const float *scale, void *packed);
	size_t (*scratch_bytes)(const struct nn_conv_shape *s, int backward);
	/* y = conv(x) + bias[o] (NULL: 0), then max(0, .) when relu. */
	void (*forward)(const struct nn_conv_shape *s, const float *x, const void *packed,
	                const float *bias, int relu, float *y, void *scratch);
	/*
	 * dx = gradient to the input; overwrites dx.  With y, the output of a relu: dy counts only
	 * where y is positive; dy is scratch then.
	 */
	void (*backward)(const struct nn_conv_shape *s, float *dy, const float *y,
			 const void *packed, float *dx, void *scratch);
	/*
	 * The name of the algorithm chosen: gemm for channels in rows; direct, winograd, depthwise
	 * and few (the gradient to a picture) for blocks.  The environment's NN_CONV forces one on
	 * the shapes it can do.
	 */
	const char *(*algorithm)(const struct nn_conv_shape *s, int backward);
};
#define NN_CONV_PACKINGS 11

/* c [m][n] = a [m][k] b [k][n]; a and b may be stored transposed; rows are ld* floats apart. */
struct nn_gemm_shape {
	int64_t m, n, k, lda, ldb, ldc;
	int a_transposed, b_transposed;
};

struct nn_gemm_kernel {
	size_t (*scratch_bytes)(const struct nn_gemm_shape *s);
	/* c = a b, or c += a b when accumulate. */
	void (*run)(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
	            int accumulate, void *scratch);
};

/* For measuring: the most that this instruction set could do, by one thread. */
struct nn_peak_kernel {
	double (*multiply_add)(int64_t rounds);          /* returns how many operations it did */
	float (*read_memory)(const float *x, int64_t n); /* reads all of x */
};

/* Functions of one number, some with parameters a and b: see the operators of these names. */
enum nn_function {
	NN_ABS, NN_ACOS, NN_ACOSH, NN_ASIN, NN_ASINH, NN_ATAN, NN_ATANH, NN_CEIL, NN_CELU, NN_COS,
	NN_COSH, NN_ELU, NN_ERF, NN_EXP, NN_FLOOR, NN_GELU, NN_GELU_TANH, NN_HARD_SIGMOID,
	NN_HARD_SWISH, NN_LEAKY_RELU, NN_LOG, NN_MISH, NN_NEG, NN_RECIPROCAL, NN_ROUND, NN_SELU,
	NN_SHRINK, NN_SIGMOID, NN_SIGN, NN_SIN, NN_SINH, NN_SOFTPLUS, NN_SOFTSIGN, NN_SQRT, NN_TAN,
	NN_TANH, NN_THRESHOLDED_RELU
};

struct nn_map_kernel {
	/* y[i] = f(x[i]); y may be x. */
	void (*value)(enum nn_function f, float a, float b, const float *x, float *y, int64_t n);
	/*
	 * gx[i] = g[i] f'(x[i]), made of x or of y = f(x): of y for EXP, RECIPROCAL, SIGMOID, SQRT,
	 * TAN, TANH, of neither for steps and NEG, of x for all others.  gx may be g.
	 */
	void (*slope)(enum nn_function f, float a, float b, const float *x, const float *y,
	              const float *g, float *gx, int64_t n);
};

struct nn_fourier_kernel {
	/*
	 * One stage of Stockham's Fourier transform, of radix r: x [r][length / r][stride] to
	 * y [length / r][r][stride], real and imaginary parts apart.  twiddle [length / r][r][2]
	 * holds exp(-2 pi i p k / length), and after them the r roots of 1.
	 */
	void (*stage)(int r, int64_t length, int64_t stride, const float *xr, const float *xi,
	              float *yr, float *yi, const float *twiddle);
};

/*
 * Functions of two numbers, and derivatives of these to the first (_A) and the second (_B).
 * NN_ADD_RELU is max(0, a + b), NN_PASS a where b is positive, else 0.
 */
enum nn_pair {
	NN_ADD, NN_ADD_RELU, NN_SUB, NN_MUL, NN_DIV, NN_POW, NN_FMOD, NN_PRELU, NN_LARGER, NN_SMALLER,
	NN_FIRST, NN_SECOND, NN_PASS, NN_DIV_A, NN_DIV_B, NN_POW_A, NN_POW_B, NN_FMOD_B, NN_PRELU_A, NN_PRELU_B
};

struct nn_pair_kernel {
	/* y[i] = f(a[i sa], b[i sb]); y may be a or b where that has a step of 1. */
	void (*run)(enum nn_pair f, const float *a, int64_t sa, const float *b, int64_t sb, float *y,
	            int64_t n);
	/* Rows of one vector each (nn_block_kernel's lanes): ra, rb, ry is from one to the next. */
	void (*rows)(enum nn_pair f, const float *a, int64_t ra, const float *b, int64_t rb, float *y,
	             int64_t ry, int64_t rows);
};

/* One step of a pooling kernel for n windows beside each other, whose elements lie step apart. */
struct nn_pool_kernel {
	void (*max)(float *y, const float *x, int64_t step, int64_t n);
	void (*add)(float *y, const float *x, int64_t step, int64_t n);
	/* place[i] = at + i step where that was negative and x[i step] = y[i]. */
	void (*find)(const float *x, int64_t step, const float *y, int32_t at, int32_t *place,
	             int64_t n);
};

/* Of what lies inside: the first, the one after the last, where it begins, and how many count. */
struct nn_pool_span {
	int64_t first, end, begin, count;
};

/*
 * Pooling of x [planes][h][w] to y [planes][oh][ow], pixels being vectors: each plane is a block of
 * channels.  row[i] and column[i] tell of windows i which taps lie inside, at least one, where tap 0
 * lies, and how many places an average counts.
 */
struct nn_pool_shape {
	int64_t planes, h, w, oh, ow, kh, kw, stride_w, dilation_h, dilation_w;
	const struct nn_pool_span *row, *column;
	int64_t inner[2]; /* columns [0] to before [1] have all of their taps inside */
};

struct nn_blockpool_kernel {
	/* scratch: nn_threads() * w * lanes floats */
	void (*max)(const struct nn_pool_shape *s, const float *x, float *y, float *scratch);
	void (*average)(const struct nn_pool_shape *s, const float *x, float *y, float *scratch);
	/* The first place in each window, row by row, that equals its maximum gets its gradient. */
	void (*max_backward)(const struct nn_pool_shape *s, const float *x, const float *y,
	                     const float *g, float *gx);
	void (*average_backward)(const struct nn_pool_shape *s, const float *g, float *gx,
	                         float *scratch);
	/* of planes of size pixels each */
	void (*global_average)(int64_t planes, int64_t size, const float *x, float *y);
	void (*global_average_backward)(int64_t planes, int64_t size, const float *g, float *gx);
	void (*global_max)(int64_t planes, int64_t size, const float *x, float *y);
	void (*global_max_backward)(int64_t planes, int64_t size, const float *x, const float *g,
	                            float *gx);
};

/* x [channels][positions], s = bias + alpha * sum of x^2 from before to after, y = x / s^beta */
struct nn_lrn_shape {
	int64_t channels, positions, before, after;
	float alpha, beta, bias;
};
#define NN_LRN_STRIP 64 /* positions, at most, that are done at a time */

struct nn_lrn_kernel {
	/* width <= NN_LRN_STRIP positions from x and y on, of all channels */
	void (*forward)(const struct nn_lrn_shape *p, const float *x, float *y, int64_t width);
	/* scratch: 2 * channels * NN_LRN_STRIP floats */
	void (*backward)(const struct nn_lrn_shape *p, const float *x, const float *g, float *gx,
	                 int64_t width, float *scratch);
	/* The same for blocks of channels, for pixels of at most NN_LRN_NUMBERS lanes in all. */
	size_t (*blocks_scratch)(const struct nn_lrn_shape *p);
	void (*forward_blocks)(const struct nn_lrn_shape *p, const float *x, float *y,
	                       int64_t pixels, float *scratch);
	void (*backward_blocks)(const struct nn_lrn_shape *p, const float *x, const float *g,
	                        float *gx, int64_t pixels, float *scratch);
};
#define NN_LRN_NUMBERS 128

/* The tables of one instruction set: a pointer per row of kernel.def. */
#define NN_KERNEL(name) struct nn_##name##_kernel;
#include "kernel.def"
#undef NN_KERNEL
struct nn_kernels {
	const char *isa;
#define NN_KERNEL(name) const struct nn_##name##_kernel *name;
#include "kernel.def"
#undef NN_KERNEL
};

/* The kernels in use. An NN_ISA that this machine lacks ends the process, status 2. */
const struct nn_kernels *nn_kernels(void);
/* The kernels of instruction set i = 0, 1, ... that this machine can run; NULL past the last. */
const struct nn_kernels *nn_kernels_of(int i);

#endif
