/* SPDX-License-Identifier: ISC */
/* Nets: building, order, the text form and its refusals, placement, plans. */
#include "plan.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A node whose inputs and outputs are named; attrs may be NULL. */
static void node(struct nn_net *net, const char *op, const char *name, const char *a, const char *b,
                 const char *out, struct nn_attrs *attrs)
{
	int in[2], made, n = 0;

	in[n++] = nn_net_value(net, a);
	if (b)
		in[n++] = nn_net_value(net, b);
	made = nn_net_value(net, out);
	nn_net_node(net, nn_op_find(op), name, n, in, 1, &made, attrs);
}

static void constant(struct nn_net *net, const char *name, enum nn_type type, int ndim,
                     const int64_t *dim, const void *numbers)
{
	struct nn_tensor t;

	nn_tensor_init(&t, name, type, ndim, dim);
	memcpy(t.data, numbers, nn_tensor_bytes(&t));
	nn_net_constant(net, nn_net_value(net, name), &t);
}

static const int64_t free4[] = {-1, 3, -1, -1};

/*
 * x -> a = relu(x) -> b = a * k -> c = relu(b); s = a + c; r = reshape(s); y = concat(s, c).
 * Values with several readers, a view, operators in place.
 */
static struct nn_net *branches(void)
{
	struct nn_net *net = nn_net_new("branches");
	struct nn_attrs axis = {0};
	const int64_t one = 1, two = 2, target[] = {0, -1}, scalar[] = {1};
	const float k[] = {-1.5f};

	constant(net, "k", NN_F32, 1, scalar, k);
	constant(net, "target", NN_I64, 1, &two, target);
	nn_net_input(net, nn_net_value(net, "x"), NN_F32, 4, free4);
	nn_attrs_set_ints(&axis, "axis", 1, &one);
	node(net, "Relu", "first", "x", NULL, "a", NULL);
	node(net, "Mul", "times", "a", "k", "b", NULL);
	node(net, "Add", "shift", "b", "a", "b2", NULL);
	node(net, "Add", "shift2", "b2", "x", "b3", NULL);
	node(net, "Relu", "second", "b3", NULL, "c", NULL);
	node(net, "Add", "sum", "a", "c", "s", NULL);
	node(net, "Reshape", "flat", "s", "target", "r", NULL);
	node(net, "Concat", "both", "s", "c", "y", &axis);
	nn_net_output(net, nn_net_value(net, "y"));
	nn_net_output(net, nn_net_value(net, "r"));
	return net;
}

static void test_order(void)
{
	struct nn_net *net = nn_net_new("order");

	nn_net_input(net, nn_net_value(net, "x"), NN_F32, 4, free4);
	node(net, "Relu", "c", "b", NULL, "c", NULL);
	node(net, "Relu", "b", "a", NULL, "b", NULL);
	node(net, "Relu", "a", "x", NULL, "a", NULL);
	ok(nn_net_finish(net) == 0 && strcmp(net->node[0].name, "a") == 0 &&
	   strcmp(net->node[2].name, "c") == 0, "nodes are sorted");
	node(net, "Add", "loop", "a", "d", "e", NULL);
	ok(nn_net_finish(net) < 0 && strstr(nn_error(), "nothing makes"), "a missing value: %s",
	   nn_error());
	node(net, "Relu", "back", "e", NULL, "d", NULL);
	ok(nn_net_finish(net) < 0 && strstr(nn_error(), "cycle"), "a cycle: %s", nn_error());
	nn_net_free(net);
	net = nn_net_new("twice");
	nn_net_input(net, nn_net_value(net, "x"), NN_F32, 4, free4);
	node(net, "Relu", "a", "x", NULL, "a", NULL);
	node(net, "Relu", "b", "x", NULL, "a", NULL);
	ok(nn_net_finish(net) < 0 && strstr(nn_error(), "twice"), "made twice: %s", nn_error());
	nn_net_free(net);
}

static char *written(const struct nn_net *net, size_t *size)
{
	char *bytes = NULL;
	FILE *f = open_memstream(&bytes, size);

	if (nn_net_write(f, net) < 0)
		printf("# %s\n", nn_error());
	fclose(f);
	return bytes;
}

static struct nn_net *reread(const char *bytes, size_t size)
{
	struct nn_reader r;
	struct nn_tensor t;
	struct nn_net *net = NULL;

	nn_reader_memory(&r, "memory", bytes, size);
	if (nn_reader_next(&r, &t) == 1)
		net = nn_net_read(&t, &r);
	if (net)
		nn_net_keep(net, &r);
	else
		nn_reader_close(&r);
	return net;
}

static void test_round_trip(void)
{
	struct nn_net *net = branches(), *again;
	struct nn_attrs attrs = {0};
	const double floats[] = {0.1, -INFINITY, 1e-300};
	const int64_t ints[] = {INT64_MIN, 0, INT64_MAX};
	char *bytes, *bytes2;
	size_t size, size2;

	nn_attrs_set_floats(&attrs, "a floats", 3, floats);
	nn_attrs_set_ints(&attrs, "ints", 3, ints);
	nn_attrs_set_string(&attrs, "text", "two words = > 100%");
	nn_attrs_set_string(&attrs, "empty", "");
	node(net, "Relu", "a name = > %", "s", NULL, "-", &attrs);
	node(net, "Relu", "", "-", NULL, "größe", NULL);
	nn_net_label(net, "tabby, tabby cat");
	nn_net_label(net, "");
	ok(nn_net_finish(net) == 0, "finishes");
	bytes = written(net, &size);
	again = reread(bytes, size);
	ok(again != NULL, "is read again: %s", again ? "" : nn_error());
	if (again) {
		bytes2 = written(again, &size2);
		ok(size == size2 && memcmp(bytes, bytes2, size) == 0, "and written the same");
		ok(again->nlabels == 2 && strcmp(again->label[0], "tabby, tabby cat") == 0 &&
		   !*again->label[1], "labels");
		ok(nn_layer_find(again, "a name = > %") == nn_net_find_value(again, "-"),
		   "a name with everything");
		free(bytes2);
	}
	nn_net_free(again);
	nn_net_free(net);
	free(bytes);
}

/* Graph texts that are refused, and a part of what is said. */
static void test_refusals(void)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "empty"},
		{"hello\n", "does not begin"},
		{"nnscope-net 1", "does not end"},
		{"nnscope-net 1\nnode Relu a", "line 2 of the graph does not end"},
		{"nnscope-net 1\nnode Nonsense a x > y\n", "'Nonsense'"},
		{"nnscope-net 1\nnode Relu a x\n", "line 2"},
		{"nnscope-net 1\nnode Relu a x > y > z\n", "line 2"},
		{"nnscope-net 1\nnode Relu\n", "line 2"},
		{"nnscope-net 1\nnode Relu a x > y k=q:1\n", "'k'"},
		{"nnscope-net 1\nnode Relu a x > y k=i:1,x\n", "'x'"},
		{"nnscope-net 1\nnode Relu a x > y k=i:99999999999999999999\n", "99999999"},
		{"nnscope-net 1\nnode Relu a x > y%4\n", "hexadecimal"},
		{"nnscope-net 1\nnode Relu a x > y%00\n", "hexadecimal"},
		{"nnscope-net 1\nnode Relu a x > y\n", "nothing makes"},
		{"nnscope-net 1\ninput x f33 1\n", "input NAME"},
		{"nnscope-net 1\ninput x f32 1 2 3 4 5 6 7 8 9\n", "dimensions"},
		{"nnscope-net 1\ninput x f32 -2\n", "-2"},
		{"nnscope-net 1\noutput y\n", "nothing makes"},
		{"nnscope-net 1\nfrobnicate\n", "'frobnicate'"},
	};
	struct nn_reader r;
	struct nn_tensor t;
	struct nn_net *net;
	int64_t dim;
	size_t i;

	for (i = 0; i < NN_LEN(bad); i++) {
		dim = (int64_t)strlen(bad[i].text);
		nn_tensor_init(&t, "bad", NN_U8, 1, &dim);
		memcpy(t.data, bad[i].text, (size_t)dim);
		nn_tensor_set(&t, "kind", "net");
		nn_tensor_set(&t, "weights", "0");
		nn_reader_memory(&r, "memory", "", 0);
		net = nn_net_read(&t, &r);
		ok(!net && strstr(nn_error(), bad[i].says), "refused: %s", nn_error());
		nn_net_free(net);
		nn_reader_close(&r);
	}
}

static void test_truncated(void)
{
	struct nn_net *net = branches(), *again;
	size_t size, cut;
	char *bytes;
	int refused = 1;

	nn_net_finish(net);
	bytes = written(net, &size);
	for (cut = 0; cut < size; cut++) {
		again = reread(bytes, cut);
		refused &= again == NULL;
		nn_net_free(again);
	}
	ok(refused, "a net cut at any of its %zu bytes is refused", size);
	nn_net_free(net);
	free(bytes);
}

static void test_place(void)
{
	struct nn_lease lease[200];
	struct nn_random random;
	size_t bytes, sum = 0;
	int i, j, apart = 1, inside = 1;

	nn_random_init(&random, 1, 0);
	memset(lease, 0, sizeof lease);
	for (i = 0; i < 200; i++) {
		lease[i].bytes = (size_t)nn_random_below(&random, 5000);
		lease[i].first = (int)nn_random_below(&random, 100);
		lease[i].last = lease[i].first + (int)nn_random_below(&random, 10);
		sum += lease[i].bytes;
	}
	ok(nn_place(lease, 200, &bytes) == 0 && bytes < sum / 3, "200 leases of %zu bytes in %zu", sum,
	   bytes);
	for (i = 0; i < 200; i++) {
		inside &= lease[i].offset % NN_ALIGN == 0 && lease[i].offset + lease[i].bytes <= bytes;
		for (j = 0; j < i; j++)
			if (lease[i].first <= lease[j].last && lease[j].first <= lease[i].last)
				apart &= lease[i].offset + lease[i].bytes <= lease[j].offset ||
				         lease[j].offset + lease[j].bytes <= lease[i].offset;
	}
	ok(apart, "no two that are alive at once overlap");
	ok(inside, "all inside the block, aligned");
	lease[0].bytes = SIZE_MAX / 4;
	ok(nn_place(lease, 200, &bytes) < 0, "more than the machine has: %s", nn_error());
}

/* plans */

enum { N = 2, SIDE = 5, COUNT = N * 3 * SIDE * SIDE };

static void picture(float *x)
{
	struct nn_random random;
	int i;

	nn_random_init(&random, 7, 0);
	for (i = 0; i < COUNT; i++)
		x[i] = (float)(nn_random_uniform(&random) * 2 - 1);
}

/* What branches() says y is: 2 x 3 channels, s and then c. */
static void expected(const float *x, float *y)
{
	int n, i, plane = 3 * SIDE * SIDE;
	float a, c;

	for (n = 0; n < N; n++)
		for (i = 0; i < plane; i++) {
			a = fmaxf(0, x[n * plane + i]);
			c = fmaxf(0, a * -1.5f + a + x[n * plane + i]);
			y[2 * n * plane + i] = a + c;
			y[(2 * n + 1) * plane + i] = c;
		}
}

static struct nn_plan *plan_of(struct nn_net *net, const int *see, int nsee, int seed, int wrt,
                               struct nn_arena *arena)
{
	struct nn_wish wish = {.see = see, .nsee = nsee, .seed = &seed, .nseed = seed >= 0,
	                       .wrt = wrt};

	return nn_plan_picture(net, N, SIDE, SIDE, &wish, arena);
}

static void test_forward(void)
{
	struct nn_net *net = branches();
	int y = nn_net_find_value(net, "y"), all[32], i, n = 0;
	float x[COUNT], want[2 * COUNT];
	struct nn_plan *p, *q;

	nn_net_finish(net);
	for (i = 0; i < net->nvalues; i++)
		if (net->value[i].producer >= 0)
			all[n++] = i;
	picture(x);
	expected(x, want);
	p = plan_of(net, &y, 1, -1, -1, NULL);
	q = plan_of(net, all, n, -1, -1, NULL);
	ok(p && q, "plans");
	ok(nn_plan_bytes(p) < nn_plan_bytes(q), "seeing only the end takes less: %zu of %zu bytes",
	   nn_plan_bytes(p), nn_plan_bytes(q));
	memcpy(nn_plan_input(p, 0)->data, x, sizeof x);
	memcpy(nn_plan_input(q, 0)->data, x, sizeof x);
	ok(nn_forward(p) == 0 && memcmp(nn_plan_value(p, y)->data, want, sizeof want) == 0, "value");
	ok(nn_forward(q) == 0 && memcmp(nn_plan_value(q, y)->data, want, sizeof want) == 0,
	   "the same when all is seen");
	nn_plan_free(p);
	nn_plan_free(q);
	nn_net_free(net);
}

/* sum(w y) for a fixed w, and through the plan its gradient with respect to value wrt */
static void test_gradient(void)
{
	struct nn_net *net = branches();
	int y = nn_net_find_value(net, "y"), x0, i;
	float x[COUNT], w[2 * COUNT], up[2 * COUNT], down[2 * COUNT], keep;
	struct nn_plan *p;
	double numeric, worst = 0;

	nn_net_finish(net);
	x0 = net->input[0].value;
	picture(x);
	for (i = 0; i < 2 * COUNT; i++)
		w[i] = (float)sin(i);
	p = plan_of(net, NULL, 0, y, x0, NULL);
	memcpy(nn_plan_input(p, 0)->data, x, sizeof x);
	nn_forward(p);
	memcpy(nn_plan_seed(p, y), w, sizeof w);
	nn_backward(p, NN_RELU_PLAIN);
	for (i = 0; i < COUNT; i++) {
		int j;

		keep = x[i];
		x[i] = keep + 1e-3f;
		expected(x, up);
		x[i] = keep - 1e-3f;
		expected(x, down);
		x[i] = keep;
		for (numeric = 0, j = 0; j < 2 * COUNT; j++)
			numeric += w[j] * ((double)up[j] - (double)down[j]) / 2e-3;
		if (fabsf(x[i]) > 2e-3f)
			worst = fmax(worst, fabs(numeric - (double)nn_plan_gradient(p)[i]));
	}
	ok(worst < 2e-3, "gradient: worst difference %.2g", worst);
	nn_plan_free(p);
	ok(!plan_of(net, NULL, 0, nn_net_find_value(net, "a"), y, NULL), "no gradient: %s", nn_error());
	nn_net_free(net);
}

static void test_arena(void)
{
	struct nn_net *net = branches();
	struct nn_arena arena = {0};
	int y = nn_net_find_value(net, "y"), s = nn_net_find_value(net, "s"), i, same = 1;
	float x[COUNT], want[2 * COUNT];
	struct nn_plan *p[2];

	nn_net_finish(net);
	picture(x);
	expected(x, want);
	p[0] = plan_of(net, &s, 1, -1, -1, &arena);
	p[1] = plan_of(net, &s, 1, y, net->input[0].value, &arena);
	for (i = 0; i < 4; i++) {
		memcpy(nn_plan_input(p[i % 2], 0)->data, x, sizeof x);
		nn_forward(p[i % 2]);
		same &= memcmp(nn_plan_value(p[i % 2], s)->data, want, COUNT / N * sizeof *want) == 0;
	}
	ok(same, "two plans take turns in one arena");
	nn_plan_free(p[0]);
	nn_plan_free(p[1]);
	nn_arena_release(&arena);
	nn_net_free(net);
}

int main(void)
{
	test_order();
	test_round_trip();
	test_refusals();
	test_truncated();
	test_place();
	test_forward();
	test_gradient();
	test_arena();
	return done();
}
