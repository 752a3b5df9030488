/* SPDX-License-Identifier: ISC */
/*
 * Other programs' libraries, to be measured beside ours: one process each, that sleeps until it is
 * spoken to.  The protocol is lines with tabs between words:
 *
 *	(the peer begins)                                   NAME AND VERSION
 *	open FILE LAYER SHAPE THREADS PICTURE RESULT        ok HOW    or  no WHY
 *	run SECONDS                                         MEDIAN-MS BEST-MS  or  no WHY
 *	close                                               ok
 *
 * FILE is ONNX.  LAYER is empty: forward to the first output; else forward to this value and back
 * to the picture from the mean of it.  SHAPE is as 1x3x224x224; PICTURE and RESULT are files of
 * float32: what goes in and what one run gave, the output or the gradient.
 */
#ifndef NN_PEER_H
#define NN_PEER_H

#include "bench.h"

struct bench_peer {
	const char *key; /* in the option -p */
	char name[64];   /* and version; "" when it is not there */
	char how[64];    /* as the peer told at open */
	int pid, ready;  /* ready: it has opened what is measured now */
	FILE *to, *from;
	double ratio[64]; /* of each round: its time by ours */
	double ms[64], best_ms;
};
extern struct bench_peer bench_peers[];
extern const int bench_npeers;

/* Starts those that only names (NULL: all), and says which are not there. */
void bench_peers_start(const char *only);
void bench_peers_stop(void);
/* Has it opened? Says why not. */
int bench_peer_open(struct bench_peer *p, const char *file, const char *layer, const int64_t dim[4],
		    int threads, const char *picture, const char *result);
/* One turn: median time into ms[round]; -1 and not ready when it fails. */
int bench_peer_run(struct bench_peer *p, int round, double seconds);
void bench_peer_close(struct bench_peer *p);

/*
 * A process with what is best for peers in its environment, its input and output as pipes, its
 * messages thrown away: its number, or -1.  The end: -1 when it failed.
 */
int bench_peer_process(const char *const *argv, FILE **to, FILE **from);
int bench_peer_end(int pid, FILE *to, FILE *from);

#endif
