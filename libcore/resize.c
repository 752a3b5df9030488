/* SPDX-License-Identifier: ISC */
/*
 * Resampling with the cubic kernel of R. Keys, "Cubic convolution interpolation for digital image
 * processing" (1981), a = -1/2.  Pixel i covers [i, i + 1); its value sits at i + 1/2.
 */
#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What outputs first .. first + count - 1 of an axis take from its input. */
struct axis {
	int64_t count;
	int taps;       /* places per output; those not used have weight 0 */
	int64_t *begin; /* [count] the first input */
	int *used;      /* [count] how many */
	float *weight;  /* [count][taps] */
};

static double cubic(double x)
{
	const double a = -0.5;

	x = fabs(x);
	if (x < 1)
		return ((a + 2) * x - (a + 3)) * x * x + 1;
	if (x < 2)
		return (((x - 5) * x + 8) * x - 4) * a;
	return 0;
}

static void axis_init(struct axis *s, int64_t in, int64_t out, int64_t first, int64_t count)
{
	double step = (double)in / (double)out, wide = NN_MAX(step, 1.0), centre, sum, w;
	int64_t i, begin, end, k;

	s->count = count;
	s->taps = (int)NN_MIN((double)in, ceil(4 * wide) + 2);
	s->begin = nn_calloc((size_t)count, sizeof *s->begin);
	s->used = nn_calloc((size_t)count, sizeof *s->used);
	s->weight = nn_calloc((size_t)count, (size_t)s->taps * sizeof *s->weight);
	for (i = 0; i < count; i++) {
		centre = ((double)(first + i) + 0.5) * step;
		begin = NN_MAX((int64_t)floor(centre - 2 * wide), 0);
		end = NN_MIN((int64_t)ceil(centre + 2 * wide), in);
		end = NN_MIN(end, begin + s->taps);
		for (sum = 0, k = begin; k < end; k++)
			sum += cubic(((double)k + 0.5 - centre) / wide);
		for (k = begin; k < end; k++) {
			w = cubic(((double)k + 0.5 - centre) / wide) / sum;
			s->weight[i * s->taps + (k - begin)] = (float)w;
		}
		s->begin[i] = begin;
		s->used[i] = (int)(end - begin);
	}
}

static void axis_release(struct axis *s)
{
	free(s->begin);
	free(s->used);
	free(s->weight);
}

/* row[from..to) = the rows of plane x that make output row i, weighted */
static void down(const struct axis *s, int64_t i, const float *x, int64_t w, int64_t from,
                 int64_t to, float *row)
{
	const float *weight = s->weight + i * s->taps, *in = x + s->begin[i] * w;
	int64_t j;
	int k;

	memset(row + from, 0, (size_t)(to - from) * sizeof *row);
	for (k = 0; k < s->used[i]; k++, in += w)
		for (j = from; j < to; j++)
			row[j] += weight[k] * in[j];
}

static void along(const struct axis *s, const float *row, float *y)
{
	const float *weight = s->weight, *in;
	int64_t i;
	float sum;
	int k;

	for (i = 0; i < s->count; i++, weight += s->taps) {
		in = row + s->begin[i];
		for (sum = 0, k = 0; k < s->used[i]; k++)
			sum += weight[k] * in[k];
		y[i] = sum;
	}
}

void nn_resize_part(const float *x, int64_t planes, int64_t h, int64_t w, float *y, int64_t oh,
                    int64_t ow, const struct nn_box *part)
{
	struct axis v, s;
	int64_t i, n = planes * part->h, from, to, work;

	if (n == 0 || part->w == 0)
		return;
	axis_init(&v, h, oh, part->y, part->h);
	axis_init(&s, w, ow, part->x, part->w);
	from = s.begin[0];
	to = s.begin[s.count - 1] + s.used[s.count - 1];
	/* waking the threads costs more than a photograph; each output has one thread anyway */
	work = n * (v.taps * (to - from) + s.taps * part->w);
#pragma omp parallel if (work > 1 << 23)
	{
		float *row = nn_alloc((size_t)w * sizeof *row);

#pragma omp for schedule(static)
		for (i = 0; i < n; i++) {
			down(&v, i % part->h, x + i / part->h * h * w, w, from, to, row);
			along(&s, row, y + i * part->w);
		}
		free(row);
	}
	axis_release(&v);
	axis_release(&s);
}

void nn_resize(const float *x, int64_t planes, int64_t h, int64_t w, float *y, int64_t oh,
               int64_t ow)
{
	struct nn_box whole = {0, 0, ow, oh};

	nn_resize_part(x, planes, h, w, y, oh, ow, &whole);
}
