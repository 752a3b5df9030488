/* SPDX-License-Identifier: ISC */
/* One line on a terminal that says how far a long job is. */
#include "base.h"

#include <time.h>
#include <unistd.h>

int nn_progress_quiet;

double nn_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void nn_progress_begin(struct nn_progress *p, const char *what, int64_t total)
{
	p->what = what;
	p->total = total;
	p->done = 0;
	p->begun = p->shown = nn_seconds();
	p->visible = 0;
}

static void show(const struct nn_progress *p, double elapsed)
{
	double rate = (double)p->done / elapsed, left;

	fprintf(stderr, "\r\033[K%lld", (long long)p->done);
	if (p->total)
		fprintf(stderr, " of %lld", (long long)p->total);
	fprintf(stderr, " %s, %.3g/s", p->what, rate);
	if (p->total && p->done) {
		left = (double)(p->total - p->done) / rate;
		if (left < 100)
			fprintf(stderr, ", %.0f s left", left);
		else if (left < 6000)
			fprintf(stderr, ", %.0f min left", left / 60);
		else
			fprintf(stderr, ", %.1f h left", left / 3600);
	}
	fflush(stderr);
}

void nn_progress_add(struct nn_progress *p, int64_t n)
{
	double now;

	p->done += n;
	if (nn_progress_quiet)
		return;
	now = nn_seconds();
	if (now - p->begun < 2 || now - p->shown < 0.2 || !isatty(2))
		return;
	show(p, now - p->begun);
	p->shown = now;
	p->visible = 1;
}

void nn_progress_end(struct nn_progress *p)
{
	if (p->visible)
		fprintf(stderr, "\r\033[K");
	p->visible = 0;
}
