/* SPDX-License-Identifier: ISC */
/*
 * Whole networks, forward (part net), and forward to a layer and back to the picture (part grad),
 * by turns with the peers that read the same file.
 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"
#include "run.h"

enum { ROUNDS = 7 };

struct network {
	const char *name, *file;
	const char *layer; /* NULL: forward only */
	int size;          /* 0: as the file declares */
};

static const struct network forward[] = {
	{.file = "squeezenet_v1.1"},
	{.file = "light_bvlc_alexnet"},
	{.file = "light_densenet121"},
	{.file = "light_inception_v1"},
	{.file = "light_inception_v2"},
	{.file = "light_resnet50"},
	{.file = "light_shufflenet"},
	{.file = "light_squeezenet"},
	{.file = "light_vgg19"},
	{.file = "light_zfnet512"},
	{.file = "squeezenet1_1"},
	{.file = "googlenet"},
	{.file = "alexnet"},
	{.file = "resnet50"},
};

static const struct network gradient[] = {
	{"squeezenet fire9", "squeezenet_v1.1", "fire9/concat", 0},
	{"googlenet inception_4c", "googlenet", "/inception4c/Concat_output_0", 0},
	{"googlenet inception_5b", "googlenet", "/inception5b/Concat_output_0", 0},
	{"inception_v1 (LRN) mixed4c", "light_inception_v1", "r80", 0},
	{"alexnet conv5", "alexnet", "/features/features.10/Conv_output_0", 0},
	{"alexnet (caffe) conv5", "light_bvlc_alexnet", "r12", 227},
	{"resnet50 layer4", "resnet50", "/layer4/layer4.2/relu_2/Relu_output_0", 0},
	{"vgg19 conv5_1", "light_vgg19", "r28", 0},
};

struct run {
	struct nn_plan *plan;
	int value, backward;
	int64_t count; /* numbers of value */
	int64_t picture;
	const float *in;
};

static void once(void *context)
{
	const struct run *r = context;
	float *seed;
	int64_t i;

	memcpy(nn_plan_input(r->plan, 0)->data, r->in, (size_t)r->picture * sizeof *r->in);
	if (nn_forward(r->plan) < 0) {
		fprintf(stderr, "bench: %s\n", nn_error());
		exit(1);
	}
	if (!r->backward)
		return;
	seed = nn_plan_seed(r->plan, r->value);
	for (i = 0; i < r->count; i++)
		seed[i] = 1 / (float)r->count;
	nn_backward(r->plan, NN_RELU_PLAIN);
}

/* Operations of one forward pass to value; backward to the picture is as many again. */
static double count_operations(struct nn_net *net, const int64_t dim[4], int value, int backward)
{
	struct nn_shapes s;
	struct nn_tensor in;
	double sum = 0;
	int i;

	nn_tensor_view(&in, "", NN_F32, 4, dim, NULL);
	if (nn_shapes_init(&s, net, &in, 1, &value, 1, backward) < 0)
		return 0;
	for (i = 0; i < net->nnodes; i++)
		if (s.call[i].op)
			sum += 2.0 * (double)nn_call_multiply_adds(&s.call[i]);
	nn_shapes_release(&s);
	nn_tensor_release(&in);
	return backward ? 2 * sum : sum;
}

static float *write_picture(const char *path, const int64_t dim[4])
{
	int64_t i, n = dim[0] * dim[1] * dim[2] * dim[3];
	float *x = nn_aligned((size_t)n * sizeof *x);
	struct nn_random random;
	FILE *f = fopen(path, "wb");

	nn_random_init(&random, 1, 0);
	for (i = 0; i < n; i++)
		x[i] = (float)(4 * nn_random_uniform(&random) - 2);
	if (!f || fwrite(x, sizeof *x, (size_t)n, f) != (size_t)n || fclose(f) != 0)
		perror(path);
	return x;
}

/* Does the peer compute the same?  The distance from ours by the length of ours. */
static void check_result(const char *name, struct bench_peer *p, const char *path, const float *x,
			 int64_t n, double most)
{
	float *y = nn_aligned((size_t)n * sizeof *y);
	FILE *f = fopen(path, "rb");
	double far = 0, length = 0;
	int64_t i, got = f ? (int64_t)fread(y, sizeof *y, (size_t)n, f) : 0;

	for (i = 0; i < n && got == n; i++) {
		far += ((double)y[i] - x[i]) * ((double)y[i] - x[i]);
		length += (double)x[i] * x[i];
	}
	if (got != n || !(far <= most * most * length) || length == 0) {
		fprintf(stderr, "bench: %s: %s differs from ours by %.2g of it, and is left out\n",
			name, p->name, got == n ? sqrt(far / length) : 1);
		bench_peer_close(p);
	}
	if (f)
		fclose(f);
	free(y);
}

static void open_peers(const struct network *w, const char *file, const int64_t dim[4],
		       const struct run *r, const char *picture)
{
	const float *x = r->backward ? nn_plan_gradient(r->plan)
				     : nn_plan_value(r->plan, r->value)->data;
	int64_t n = r->backward ? r->picture : r->count;
	char *folder = bench_folder(), *result = nn_asprintf("%s/result.f32", folder);
	int i;

	for (i = 0; i < bench_npeers; i++)
		if (!(r->backward && strcmp(bench_peers[i].key, "pytorch")) &&
		    bench_peer_open(&bench_peers[i], file, w->layer ? w->layer : "", dim,
				    omp_get_max_threads(), picture, result))
			check_result(w->name, &bench_peers[i], result, x, n,
				     r->backward ? 1e-2 : 1e-3);
	unlink(result);
	free(result);
	free(folder);
}

/*
 * Ours and each peer by turns; while one runs the others sleep.  Into least: the least ratio and
 * best ratio.
 */
static void rounds(struct bench_line *line, struct run *r, double least[2])
{
	const struct timespec nap = {0, 20000000};
	double t[1000], ours[ROUNDS], best = HUGE_VAL;
	struct bench_peer *p;
	char peer[140];
	int i, k, n;

	for (i = 0, n = 0; i < bench_npeers; i++)
		n += bench_peers[i].ready;
	if (n == 0) {
		bench_measure(line, bench_seconds, once, r);
		return;
	}
	for (k = 0; k < ROUNDS; k++) {
		once(r);
		n = bench_time(bench_seconds, 1, once, r, t, NN_LEN(t));
		ours[k] = bench_median(t, n);
		best = NN_MIN(best, t[0]);
		nanosleep(&nap, NULL);
		for (p = bench_peers; p < bench_peers + bench_npeers; p++)
			if (p->ready && bench_peer_run(p, k, bench_seconds) == 0)
				p->ratio[k] = p->ms[k] / (1e3 * ours[k]);
	}
	bench_median(ours, ROUNDS);
	if (!bench_json)
		bench_print(line, ours[ROUNDS / 2], best);
	for (p = bench_peers; p < bench_peers + bench_npeers; p++) {
		if (!p->ready)
			continue;
		snprintf(peer, sizeof peer, "%s%s%s", p->name, p->how[0] ? " " : "", p->how);
		line->peer = peer;
		line->ratio = bench_median(p->ratio, ROUNDS);
		line->peer_ms = bench_median(p->ms, ROUNDS);
		line->peer_best_ms = p->best_ms;
		line->best_ratio = p->best_ms / (1e3 * best);
		least[0] = NN_MIN(least[0], line->ratio);
		least[1] = NN_MIN(least[1], line->best_ratio);
		bench_print(line, ours[ROUNDS / 2], best);
	}
}

static int make_run(struct run *r, struct nn_net *net, const struct network *w,
		    const int64_t dim[4])
{
	struct nn_wish wish = {.see = &r->value, .nsee = 1, .wrt = -1};

	r->backward = w->layer != NULL;
	r->value = w->layer ? nn_layer_find(net, w->layer) : net->output[0];
	if (r->value < 0)
		return -1;
	if (r->backward) {
		wish.seed = &r->value;
		wish.nseed = 1;
		wish.wrt = net->input[0].value;
	}
	r->plan = nn_plan_picture(net, dim[0], dim[2], dim[3], &wish, NULL);
	if (!r->plan)
		return -1;
	r->count = nn_tensor_count(nn_plan_value(r->plan, r->value));
	return 0;
}

/* A network with one number of pictures: for 1 thread, then for all, by turns with the peers. */
static void measure(const struct network *w, const char *file, struct nn_net *net, int64_t batch,
		    const char *part, double least[2])
{
	struct bench_line line = {.part = part, .name = w->name, .algorithm = "", .batch = batch};
	struct run r = {0};
	int64_t dim[4];
	int i, threads = omp_get_max_threads();
	char *folder = bench_folder(), *path = nn_asprintf("%s/picture.f32", folder);
	float *in;

	nn_net_picture_shape(net, dim);
	dim[0] = batch;
	dim[2] = dim[3] = w->size ? w->size : dim[2];
	in = write_picture(path, dim);
	r.in = in;
	r.picture = dim[0] * dim[1] * dim[2] * dim[3];
	for (line.threads = 1; line.threads <= threads; line.threads = threads) {
		omp_set_num_threads(line.threads);
		if (make_run(&r, net, w, dim) < 0) {
			fprintf(stderr, "bench: %s, %d pictures: %s\n", w->name, (int)batch,
				nn_error());
			break;
		}
		line.flop = count_operations(net, dim, r.value, r.backward);
		once(&r);
		if (line.threads == threads) {
			open_peers(w, file, dim, &r, path);
			rounds(&line, &r, least);
			for (i = 0; i < bench_npeers; i++)
				bench_peer_close(&bench_peers[i]);
			nn_plan_free(r.plan);
			break;
		}
		bench_measure(&line, bench_seconds, once, &r);
		nn_plan_free(r.plan);
	}
	omp_set_num_threads(threads);
	unlink(path);
	free(path);
	free(folder);
	free(in);
}

static void measure_all(const char *part, const struct network *network, size_t n)
{
	double ratio[64][2];
	size_t i;
	int batch, nratios = 0;

	bench_peers_start(bench_peers_only);
	for (i = 0; i < n; i++) {
		struct network w = network[i];
		struct nn_net *net = NULL;
		char *file;

		w.name = w.name ? w.name : w.file;
		if (bench_only && !strstr(w.name, bench_only))
			continue;
		file = bench_find(w.file);
		if (file)
			net = nn_net_open(file);
		if (file && !net)
			fprintf(stderr, "bench: %s: %s\n", w.file, nn_error());
		for (batch = 1; net && batch <= 8; batch += 7) {
			if (bench_batch && batch != bench_batch)
				continue;
			ratio[nratios][0] = ratio[nratios][1] = HUGE_VAL;
			measure(&w, file, net, batch, part, ratio[nratios]);
			nratios += ratio[nratios][0] < HUGE_VAL;
		}
		nn_net_free(net);
		free(file);
	}
	bench_mean(part, "against the best peer of each", ratio, nratios);
}

void bench_net(void)
{
	measure_all("net", forward, NN_LEN(forward));
}

void bench_grad(void)
{
	measure_all("grad", gradient, NN_LEN(gradient));
}
