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
};

/*
 * Runs what() until seconds have gone by and at least 5 times, and prints a line: median and best
 * time, and from the best GFLOP/s and per cent of the peak for so many threads.
 */
void bench_measure(const struct bench_line *line, double seconds, void (*what)(void *),
		   void *context);
/* Only what has this text in its name is measured; NULL: all. */
extern const char *bench_only;
extern double bench_seconds; /* for one line */

void bench_conv(void);

#endif
