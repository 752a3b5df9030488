/* SPDX-License-Identifier: ISC */
/*
 * Operators on blocks of channels against the same ones on rows of channels, forward and backward,
 * for every instruction set of this machine and several numbers of threads: the same bits (LRN:
 * nearly), and zeros in the lanes past the last channel.
 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "op.h"
#include "tap.h"

#define INPUTS 5

static const struct test_case {
	const char *op;
	int h, w;
	int kernel[2], stride[2], pads[4], dilation, ceil, padding_counts;
	int size; /* of LRN, as the next */
	double beta;
	int relu;         /* fused */
	const char *mode; /* of Pad and Resize */
	float constant[8]; /* their pads, and scales */
} cases[] = {
	{"MaxPool", 8, 9, .kernel = {2, 2}, .stride = {2, 2}, .dilation = 1},
	{"MaxPool", 12, 13, .kernel = {3, 3}, .stride = {2, 2}, .dilation = 1, .ceil = 1},
	{"MaxPool", 11, 14, .kernel = {3, 3}, .stride = {2, 2}, .pads = {1, 1, 1, 1},
	 .dilation = 1},
	{"MaxPool", 12, 17, .kernel = {3, 3}, .stride = {2, 2}, .pads = {0, 0, 1, 1},
	 .dilation = 1, .ceil = 1},
	{"MaxPool", 14, 14, .kernel = {3, 3}, .stride = {1, 1}, .pads = {1, 1, 1, 1},
	 .dilation = 1},
	{"MaxPool", 17, 19, .kernel = {5, 5}, .stride = {3, 3}, .pads = {2, 2, 2, 2},
	 .dilation = 1},
	{"MaxPool", 13, 13, .kernel = {13, 13}, .stride = {1, 1}, .dilation = 1},
	{"MaxPool", 9, 11, .kernel = {3, 3}, .stride = {2, 1}, .pads = {0, 2, 1, 0}, .dilation = 2},
	{"MaxPool", 9, 10, .kernel = {4, 1}, .stride = {3, 3}, .pads = {2, 0, 2, 0}, .dilation = 3},
	{"MaxPool", 1, 1, .kernel = {1, 1}, .stride = {1, 1}, .dilation = 1},
	{"MaxPool", 37, 70, .kernel = {3, 3}, .stride = {2, 2}, .pads = {1, 1, 1, 1},
	 .dilation = 1},
	{"AveragePool", 8, 9, .kernel = {2, 2}, .stride = {2, 2}, .dilation = 1},
	{"AveragePool", 12, 13, .kernel = {3, 3}, .stride = {2, 2}, .pads = {1, 1, 1, 1},
	 .dilation = 1, .ceil = 1, .padding_counts = 1},
	{"AveragePool", 12, 13, .kernel = {3, 3}, .stride = {2, 2}, .pads = {1, 1, 1, 1},
	 .dilation = 1, .ceil = 1},
	{"AveragePool", 14, 14, .kernel = {3, 3}, .stride = {1, 1}, .pads = {1, 1, 1, 1},
	 .dilation = 1, .padding_counts = 1},
	{"AveragePool", 17, 19, .kernel = {5, 5}, .stride = {3, 3}, .pads = {2, 1, 0, 2},
	 .dilation = 1, .ceil = 1},
	{"AveragePool", 13, 13, .kernel = {13, 13}, .stride = {1, 1}, .dilation = 1},
	{"AveragePool", 9, 11, .kernel = {3, 2}, .stride = {2, 1}, .pads = {0, 2, 1, 0},
	 .dilation = 2},
	{"AveragePool", 37, 70, .kernel = {3, 3}, .stride = {2, 2}, .pads = {1, 1, 1, 1},
	 .dilation = 1},
	{"GlobalAveragePool", .h = 13, .w = 13},
	{"GlobalAveragePool", .h = 3, .w = 2},
	{"GlobalMaxPool", .h = 7, .w = 9},
	{"BatchNormalization", .h = 9, .w = 7},
	{"BatchNormalization", 9, 17, .relu = 1},
	{"LRN", 9, 7, .size = 5, .beta = .75},
	{"LRN", 4, 4, .size = 4, .beta = .5},
	{"LRN", 5, 5, .size = 3, .beta = .6},
	{"LRN", 5, 7, .size = 50, .beta = .75},
	{"LRN", 1, 1, .size = 1000, .beta = .75},
	{"Pad", 5, 7, .mode = "constant", .constant = {0, 0, 1, 2, 0, 0, -1, 3}},
	{"Pad", 5, 7, .mode = "constant", .constant = {0, 0, 0, 0, 0, 0, 0, 1}},
	{"Pad", 5, 7, .mode = "constant"},
	{"Pad", 5, 7, .mode = "reflect", .constant = {0, 0, 2, 3, 0, 0, 1, 0}},
	{"Pad", 30, 7, .mode = "edge", .constant = {0, 0, 1, 3, 0, 0, 1, 0}},
	{"Resize", 5, 7, .mode = "nearest", .constant = {1, 1, 2, 2}},
	{"Resize", 5, 7, .mode = "nearest", .constant = {1, 1, 1.5f, .6f}},
	{"Resize", 15, 7, .mode = "linear", .constant = {1, 1, 2, 2}},
	{"Resize", 6, 6, .mode = "cubic", .constant = {1, 1, 1, 2.2f}},
};

static struct nn_random dice;

/* kinds of numbers: 0 any, 1 few different ones, of both signs of zero, 2 and some that are none */
static void fill(float *x, int64_t n, int kind)
{
	static const float odd[] = {0, -0.f, 1, -1, .5f, -INFINITY, 2};
	int64_t i;

	for (i = 0; i < n; i++) {
		x[i] = kind ? odd[nn_random_below(&dice, NN_LEN(odd))]
		            : (float)(nn_random_uniform(&dice) * 2 - 1);
		if (kind == 2 && nn_random_below(&dice, 19) == 0)
			x[i] = NAN;
	}
}

static void make_attrs(struct nn_attrs *a, const struct test_case *k)
{
	int64_t v[4];
	int i;

	memset(a, 0, sizeof *a);
	if (k->size) {
		v[0] = k->size;
		nn_attrs_set_ints(a, "size", 1, v);
		nn_attrs_set_floats(a, "alpha", 1, &(double){.7});
		nn_attrs_set_floats(a, "beta", 1, &k->beta);
	}
	if (k->mode)
		nn_attrs_set_string(a, "mode", k->mode);
	if (!k->dilation)
		return;
	v[0] = k->kernel[0], v[1] = k->kernel[1];
	nn_attrs_set_ints(a, "kernel_shape", 2, v);
	v[0] = k->stride[0], v[1] = k->stride[1];
	nn_attrs_set_ints(a, "strides", 2, v);
	v[0] = v[1] = k->dilation;
	nn_attrs_set_ints(a, "dilations", 2, v);
	for (i = 0; i < 4; i++)
		v[i] = k->pads[i];
	nn_attrs_set_ints(a, "pads", 4, v);
	nn_attrs_set_ints(a, "ceil_mode", 1, (v[0] = k->ceil, v));
	nn_attrs_set_ints(a, "count_include_pad", 1, (v[0] = k->padding_counts, v));
}

/* What goes in, in rows, and what came out in rows. */
struct trial {
	const struct test_case *k;
	struct nn_tensor in[INPUTS]; /* the first is computed, the others are constants or empty */
	int nin;
	float *g, *y, *gx;
	int64_t out[4];
	int clean; /* in blocks: zeros where there are no channels */
};

static int64_t count(const int64_t *dim)
{
	return dim[0] * dim[1] * dim[2] * dim[3];
}

/* Newly allocated numbers of t in blocks, filled from x unless that is NULL; t becomes their view. */
static float *to_blocks(struct nn_tensor *t, const float *x)
{
	const struct nn_block_kernel *k = nn_kernels()->block;
	int64_t dim[5] = {t->dim[0], (t->dim[1] + k->lanes - 1) / k->lanes, t->dim[2], t->dim[3],
	                  k->lanes};
	float *v = nn_aligned((size_t)(count(dim) * k->lanes) * sizeof *v);

	memset(v, 0xff, (size_t)(count(dim) * k->lanes) * sizeof *v);
	if (x)
		k->to_blocks(x, t->dim[0], t->dim[1], t->dim[2] * t->dim[3], v);
	nn_tensor_release(t);
	nn_tensor_view(t, NULL, NN_F32, 5, dim, v);
	return v;
}

/* Frees what is in blocks, and returns its numbers in rows. */
static float *from_blocks(struct trial *t, float *v, const int64_t *dim)
{
	const struct nn_block_kernel *k = nn_kernels()->block;
	float *x = nn_alloc((size_t)count(dim) * sizeof *x);
	int64_t blocks = (dim[1] + k->lanes - 1) / k->lanes, positions = dim[2] * dim[3], i;

	k->from_blocks(v, dim[0], dim[1], positions, x);
	for (i = 0; i < dim[0] * blocks * positions * k->lanes; i++)
		if (i / positions / k->lanes % blocks * k->lanes + i % k->lanes >= dim[1])
			t->clean &= v[i] == 0 && !signbit(v[i]);
	free(v);
	return x;
}

static float *copy(const float *x, int64_t n)
{
	float *v = nn_aligned((size_t)n * sizeof *v);

	memcpy(v, x, (size_t)n * sizeof *v);
	return v;
}

/* Fills t->y, t->gx; t->g is made at the first run, when the shape of the output is known. */
static int run(struct trial *t, int in_blocks)
{
	struct nn_tensor x[INPUTS], y = {0}, *in[INPUTS], *out[1] = {&y};
	struct nn_call c = {.op = nn_op_find(t->k->op), .name = "node", .nin = t->nin, .nout = 1,
	                    .in = in, .out = out, .gradient = 1, .rule = NN_RELU_PLAIN};
	struct nn_call relu = {.op = &nn_op_Relu};
	float *gin[INPUTS] = {NULL}, *gout[1], *held = NULL;
	const int64_t *dim = t->in[0].dim;
	struct nn_attrs attrs;
	int i, good;

	make_attrs(&attrs, t->k);
	c.attrs = &attrs;
	for (i = 0; i < t->nin; i++) {
		x[i] = t->in[i];
		x[i].owned = 0;
		in[i] = x[i].data ? &x[i] : NULL;
	}
	x[0].data = NULL; /* or it would be a constant, too */
	good = c.op->shape(&c) == 0 && (!t->k->relu || c.op->fuse(&c, &relu));
	memcpy(t->out, y.dim, sizeof t->out);
	if (!t->g) {
		t->g = nn_alloc((size_t)count(t->out) * sizeof(float));
		fill(t->g, count(t->out), 0);
	}
	if (good && in_blocks)
		good = c.op->blocks && c.op->blocks(&c) == (NN_BLOCKS_IN | NN_BLOCKS_OUT);
	if (good && in_blocks) {
		struct nn_tensor gy, gx;

		nn_tensor_view(&gy, NULL, NN_F32, 4, t->out, NULL);
		nn_tensor_view(&gx, NULL, NN_F32, 4, dim, NULL);
		held = to_blocks(&x[0], t->in[0].data);
		to_blocks(&y, NULL);
		gout[0] = to_blocks(&gy, t->g);
		gin[0] = to_blocks(&gx, NULL);
		nn_tensor_release(&gy);
		nn_tensor_release(&gx);
	} else if (good) {
		x[0].data = held = copy(t->in[0].data, count(dim));
		y.data = nn_aligned((size_t)count(t->out) * sizeof(float));
		gout[0] = copy(t->g, count(t->out));
		gin[0] = nn_aligned((size_t)count(dim) * sizeof(float));
	}
	if (good) {
		c.gin = gin;
		c.gout = gout;
		c.scratch = nn_aligned(c.scratch_bytes + NN_ALIGN);
		memset(c.scratch, 0xff, c.scratch_bytes);
		c.op->forward(&c);
		memset(c.scratch, 0xff, c.scratch_bytes);
		c.op->backward(&c);
		t->clean = 1;
		t->y = in_blocks ? from_blocks(t, y.data, t->out) : y.data;
		t->gx = in_blocks ? from_blocks(t, gin[0], dim) : gin[0];
		free(held);
		free(gout[0]);
		free(c.scratch);
	}
	free(c.param);
	nn_attrs_release(&attrs);
	return good;
}

/* Equal, down to the sign of zero; within this of the largest number, when tolerance is given. */
static int alike(const float *a, const float *b, int64_t n, double tolerance)
{
	double most = 0;
	int64_t i;

	for (i = 0; i < n; i++)
		if (isfinite(a[i]))
			most = fmax(most, fabs((double)a[i]));
	for (i = 0; i < n; i++)
		if (!(isnan(a[i]) && isnan(b[i])) && memcmp(&a[i], &b[i], sizeof *a) != 0 &&
		    !(tolerance > 0 && fabs((double)a[i] - (double)b[i]) <= tolerance * most)) {
			printf("# element %d of %d: %.9g, not %.9g\n", (int)i, (int)n, b[i], a[i]);
			return 0;
		}
	return 1;
}

/* n pictures of c channels, and the constants that the operator wants. */
static void make_inputs(struct trial *t, int64_t n, int64_t c, int kind)
{
	const struct test_case *k = t->k;
	int64_t dim[4] = {n, c, k->h, k->w}, four = 4, eight = 8, i;

	nn_tensor_init(&t->in[0], NULL, NN_F32, 4, dim);
	fill(t->in[0].data, count(dim), kind);
	t->nin = 1;
	if (!strcmp(k->op, "BatchNormalization")) {
		for (; t->nin < 5; t->nin++) {
			nn_tensor_init(&t->in[t->nin], NULL, NN_F32, 1, &c);
			fill(t->in[t->nin].data, c, 0);
		}
		for (i = 0; i < c; i++) /* a variance */
			((float *)t->in[4].data)[i] += 1.5f;
	} else if (!strcmp(k->op, "Pad")) {
		nn_tensor_init(&t->in[1], NULL, NN_I64, 1, &eight);
		for (i = 0; i < eight; i++)
			((int64_t *)t->in[1].data)[i] = (int64_t)k->constant[i];
		t->nin = 2;
	} else if (!strcmp(k->op, "Resize")) {
		nn_tensor_init(&t->in[2], NULL, NN_F32, 1, &four);
		memcpy(t->in[2].data, k->constant, 4 * sizeof(float));
		t->nin = 3;
	}
}

static int try_case(const struct test_case *k, int64_t n, int64_t c, int kind)
{
	struct trial t = {.k = k};
	int64_t numbers = n * c * k->h * k->w;
	float *y, *gx;
	int good, threads, i;

	make_inputs(&t, n, c, kind);
	omp_set_num_threads(1);
	good = run(&t, 0);
	y = t.y;
	gx = t.gx;
	for (threads = 1; good && threads < 4; threads++) {
		omp_set_num_threads(threads);
		if (!run(&t, 1)) {
			good = 0;
			break;
		}
		good = t.clean && alike(y, t.y, count(t.out), k->size ? 1e-6 : 0) &&
		       alike(gx, t.gx, numbers, k->size ? 1e-6 : 0);
		if (!good)
			printf("# %s: %d channels, %d pictures, numbers %d, %d threads%s\n", k->op,
			       (int)c, (int)n, kind, threads, t.clean ? "" : ": not clean");
		free(t.y);
		free(t.gx);
	}
	free(y);
	free(gx);
	free(t.g);
	for (i = 0; i < t.nin; i++)
		nn_tensor_release(&t.in[i]);
	return good;
}

static void try_all(void)
{
	static const int64_t channels[] = {1, 5, 16, 37, 64};
	const struct test_case *k;
	size_t i, j;
	int kind, good;

	nn_random_init(&dice, 7, 0);
	for (i = 0; i < NN_LEN(cases); i++) {
		k = &cases[i];
		good = 1;
		for (j = 0; j < NN_LEN(channels); j++)
			for (kind = 0; kind < 3; kind++)
				good &= try_case(k, j % 2 ? 3 : 1, channels[j], kind);
		ok(good, "%s: %d: %s %s of %dx%d, %dx%d stride %d", nn_kernels()->isa, (int)i,
		   k->op, k->mode ? k->mode : "", k->h, k->w, k->kernel[0], k->kernel[1],
		   k->stride[0]);
	}
}

/* A window all of whose places are padding would put minus infinity into all lanes. */
static void try_refused(void)
{
	static const struct test_case k = {"MaxPool", 2, 2, .kernel = {2, 2}, .stride = {1, 1},
	                                   .pads = {2, 2, 2, 2}, .dilation = 5};
	struct trial t = {.k = &k};

	make_inputs(&t, 1, 3, 0);
	ok(!run(&t, 1), "%s: a window of padding alone is not for blocks", nn_kernels()->isa);
	nn_tensor_release(&t.in[0]);
	free(t.g);
}

/* Each instruction set in a process of its own: it is chosen once. */
int main(void)
{
	const struct nn_kernels *k;
	int isa, both[2], told[2], status;
	pid_t child;

	for (isa = 0; (k = nn_kernels_of(isa)); isa++) {
		fflush(stdout);
		if (pipe(both) < 0 || (child = fork()) < 0)
			return 1;
		if (child == 0) {
			setenv("NN_ISA", k->isa, 1);
			try_all();
			try_refused();
			told[0] = tap_count;
			told[1] = tap_failed;
			return write(both[1], told, sizeof told) != sizeof told;
		}
		if (waitpid(child, &status, 0) < 0 || status != 0 ||
		    read(both[0], told, sizeof told) != sizeof told)
			return 1;
		tap_count = told[0];
		tap_failed = told[1];
		close(both[0]);
		close(both[1]);
	}
	return done();
}
