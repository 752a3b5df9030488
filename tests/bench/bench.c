/* SPDX-License-Identifier: ISC */
/*
 * bench [-cj] [-b BATCH] [-f TEXT] [-n STEPS] [-p PEERS] [-t SECONDS] [PART...]: measures the parts
 * named, or all.  -b takes only this batch, 1 or 8, -f only what has this in its name, -p only
 * these peers, or none; -c counts the time of the processor and not of the clock, for one thread on
 * a busy machine; -n is the steps of nn-vis; -t the time for one line, or one turn of many.
 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

const char *bench_only;
double bench_seconds = .1;
const char *bench_peers_only;
int64_t bench_batch, bench_steps = 512;
int bench_json;
static int processor_time;
static double peak[2], bandwidth[2]; /* operations and bytes per second for 1 and all threads */

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{"vis", bench_vis}, /* first: what we hold in memory counts as its processes' */
	{"conv", bench_conv},
	{"net", bench_net},
	{"grad", bench_grad},
};

static double seconds_now(void)
{
	struct timespec t;

	if (!processor_time)
		return nn_seconds();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The best of several short loops, on all threads at once. */
static double measure_peak(int threads)
{
	double best = 0, begun, done, rate;
	int i;

	for (i = 0; i < 20; i++) {
		done = 0;
		begun = seconds_now();
#pragma omp parallel num_threads(threads) reduction(+ : done)
		done += nn_kernels()->peak->multiply_add(200000);
		rate = done / (seconds_now() - begun);
		best = NN_MAX(best, rate);
	}
	return best;
}

static double measure_bandwidth(int threads)
{
	int64_t n = INT64_C(32) << 20;
	float *x = nn_aligned((size_t)n * sizeof *x), sum = 0;
	double best = 0, begun, rate;
	int i, j;

#pragma omp parallel for num_threads(threads) schedule(static)
	for (j = 0; j < 64; j++)
		memset(x + j * (n / 64), 0, (size_t)(n / 64) * sizeof *x);
	for (i = 0; i < 5; i++) {
		begun = seconds_now();
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : sum)
		for (j = 0; j < 64; j++)
			sum += nn_kernels()->peak->read_memory(x + j * (n / 64), n / 64);
		rate = (double)n * sizeof *x / (seconds_now() - begun);
		best = NN_MAX(best, rate);
	}
	free(x);
	return sum == 0 ? best : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *t, int n)
{
	qsort(t, (size_t)n, sizeof *t, compare);
	return t[n / 2];
}

static void print_json(const struct bench_line *l, double median, double best, double percent,
		       double bound)
{
	printf("{\"part\": \"%s\", \"name\": \"%s\", \"batch\": %d, \"threads\": %d, "
	       "\"algorithm\": \"%s\", \"ms\": %.4f, \"best_ms\": %.4f",
	       l->part, l->name, (int)l->batch, l->threads, l->algorithm, median * 1e3, best * 1e3);
	if (l->flop > 0)
		printf(", \"gflops\": %.1f, \"percent_of_peak\": %.1f", l->flop / best / 1e9,
		       percent);
	if (l->bytes > 0)
		printf(", \"percent_of_bandwidth\": %.1f", bound);
	if (l->peer)
		printf(", \"peer\": \"%s\", \"peer_ms\": %.4f, \"peer_best_ms\": %.4f, "
		       "\"ratio\": %.3f, \"best_ratio\": %.3f",
		       l->peer, l->peer_ms, l->peer_best_ms, l->ratio, l->best_ratio);
	puts("}");
}

void bench_print(const struct bench_line *l, double median, double best)
{
	double percent = 100 * l->flop / best / peak[l->threads > 1];
	double bound = 100 * l->bytes / best / bandwidth[l->threads > 1];

	if (bench_json) {
		print_json(l, median, best, percent, bound);
	} else if (l->peer) {
		printf("    %-47s %9.3f %9.3f   x %.2f  x %.2f\n", l->peer, l->peer_ms,
		       l->peer_best_ms, l->ratio, l->best_ratio);
	} else {
		printf("%-34s %2d %2d %-10s %9.3f %9.3f", l->name, (int)l->batch, l->threads,
		       l->algorithm, median * 1e3, best * 1e3);
		if (l->flop > 0)
			printf(" %8.1f %6.1f%%", l->flop / best / 1e9, percent);
		if (l->bytes > 0)
			printf(" %6.1f%% of reading", bound);
		putchar('\n');
	}
	fflush(stdout);
}

void bench_mean(const char *part, const char *what, double (*ratio)[2], int n)
{
	double sum[2] = {0, 0}, least = HUGE_VAL;
	int i;

	if (n == 0)
		return;
	for (i = 0; i < n; i++) {
		sum[0] += log(ratio[i][0]);
		sum[1] += log(ratio[i][1]);
		least = NN_MIN(least, ratio[i][0]);
	}
	printf(bench_json ? "{\"part\": \"%s\", \"name\": \"%s\", \"count\": %d, \"ratio\": %.3f, "
			    "\"best_ratio\": %.3f, \"least\": %.3f}\n"
			  : "%s: %s, geometric mean of %d: x %.3f, by the best times x %.3f; "
			    "least x %.3f\n\n",
	       part, what, n, exp(sum[0] / n), exp(sum[1] / n), least);
	fflush(stdout);
}

int bench_time(double seconds, int least, void (*what)(void *), void *context, double *t, int room)
{
	double begun = seconds_now(), now;
	int n = 0;

	while (n < room && (n < least || seconds_now() - begun < seconds)) {
		now = seconds_now();
		what(context);
		t[n++] = seconds_now() - now;
	}
	return n;
}

void bench_measure(const struct bench_line *line, double seconds, void (*what)(void *),
		   void *context)
{
	double t[1000], median;
	int n;

	omp_set_num_threads(line->threads);
	what(context);
	n = bench_time(seconds, 5, what, context, t, NN_LEN(t));
	median = bench_median(t, n);
	bench_print(line, median, t[0]);
}

/* The best so far: a part measures again, as others on the machine may have been in the way. */
static void measure_peaks(int threads)
{
	peak[0] = NN_MAX(peak[0], measure_peak(1));
	peak[1] = NN_MAX(peak[1], measure_peak(threads));
	peak[1] = NN_MAX(peak[1], peak[0]);
}

static void print_peaks(int threads)
{
	measure_peaks(threads);
	bandwidth[0] = measure_bandwidth(1);
	bandwidth[1] = measure_bandwidth(threads);
	if (bench_json) {
		printf("{\"part\": \"peak\", \"name\": \"%s\", \"threads\": %d, \"gflops\": %.1f, "
		       "\"gflops_1\": %.1f, \"gbytes\": %.1f, \"gbytes_1\": %.1f}\n",
		       nn_kernels()->isa, threads, peak[1] / 1e9, peak[0] / 1e9, bandwidth[1] / 1e9,
		       bandwidth[0] / 1e9);
		return;
	}
	printf("%s: %.0f GFLOP/s by 1 thread, %.0f by %d; %.0f and %.0f GB/s\n\n",
	       nn_kernels()->isa, peak[0] / 1e9, peak[1] / 1e9, threads, bandwidth[0] / 1e9,
	       bandwidth[1] / 1e9);
	printf("%-34s %2s %2s %-10s %9s %9s %8s %6s\n", "", "n", "th", "algorithm", "median ms",
	       "best ms", "GFLOP/s", "of peak");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int c, i, wanted, threads = omp_get_max_threads();
	size_t j;

	while ((c = getopt(argc, argv, "b:cjf:n:p:t:")) != -1)
		if (c == 'j')
			bench_json = 1;
		else if (c == 'c')
			processor_time = 1;
		else if (c == 'f')
			bench_only = optarg;
		else if (c == 'b' && nn_parse_int(optarg, 1, 8, &bench_batch) == 0)
			continue;
		else if (c == 'n' && nn_parse_int(optarg, 1, 100000, &bench_steps) == 0)
			continue;
		else if (c == 'p')
			bench_peers_only = optarg;
		else if (c != 't' || nn_parse_float(optarg, &bench_seconds) < 0) {
			fputs("usage: bench [-cj] [-b BATCH] [-f TEXT] [-n STEPS] [-p PEERS] "
			      "[-t SECONDS] [PART ...]\n",
			      stderr);
			return 2;
		}
	print_peaks(threads);
	for (j = 0; j < NN_LEN(parts); j++) {
		wanted = optind == argc;
		for (i = optind; i < argc; i++)
			wanted |= !strcmp(argv[i], parts[j].name);
		if (!wanted)
			continue;
		measure_peaks(threads);
		parts[j].run();
	}
	bench_peers_stop();
	return 0;
}
