/* SPDX-License-Identifier: ISC */
/* make bench: parts that measure speed.  A part is a function here and a row in bench.c. */
#ifndef NN_BENCH_H
#define NN_BENCH_H

#include "kernel.h"

struct bench_line {
	const char *part, *name, *algorithm;
	int64_t batch;
	int threads;
	double flop;  /* operations of one run, a multiply-add being 2; 0: not told */
	double bytes; /* that have to be moved at least, where that is the bound; else 0 */
	const char *peer; /* ran beside it, in turns; NULL: none */
	double peer_ms, peer_best_ms;
	double ratio, best_ratio; /* its time by ours: median over the turns; of the best times */
};

/*
 * Runs what() until seconds have gone by and at least 5 times, and prints a line: median and best
 * time, and from the best GFLOP/s and per cent of the peak for so many threads.
 */
void bench_measure(const struct bench_line *line, double seconds, void (*what)(void *),
		   void *context);
/*
 * Runs what() until seconds have gone by, and at least so often; puts the time of each run, in
 * seconds, into t and returns how many there are, not more than room.
 */
int bench_time(double seconds, int least, void (*what)(void *), void *context, double *t, int room);
double bench_median(double *t, int n); /* sorts t */
/* The line for these times in seconds. */
void bench_print(const struct bench_line *line, double median, double best);
/* The geometric means of n ratios and best ratios, of a part. */
void bench_mean(const char *part, const char *what, double (*ratio)[2], int n);
/* Only what has this text in its name is measured; NULL: all. */
extern const char *bench_only;
extern double bench_seconds;    /* for one line, or one turn */
extern const char *bench_peers_only; /* names of peers; NULL: all */
extern int bench_json;
extern int64_t bench_steps; /* of nn-vis */
extern int64_t bench_batch; /* only this one; 0: 1 and 8 */

/* Files; paths are absolute and newly allocated. */
char *bench_build(const char *below); /* $NN_BUILD, or build, and then below: "/bin" */
char *bench_folder(void);             /* bench below that, made when it is not there */
/*
 * The ONNX file of a network, in bench_folder() or in $NN_SHARED; where it is in neither, or has to
 * be filled with weights, models.py makes it, if it can. NULL, after a message: nowhere.
 */
char *bench_find(const char *name);

void bench_conv(void);
void bench_net(void);
void bench_grad(void);
void bench_vis(void);

#endif
