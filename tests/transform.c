/* SPDX-License-Identifier: ISC */
/* Views: where pixels go, what is drawn, and the adjoint of the bilinear view. */
#include "vis.h"
#include "tap.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static struct nn_random noise;

static float *draw(int64_t n)
{
	float *x = nn_calloc((size_t)n, sizeof *x);
	int64_t i;

	for (i = 0; i < n; i++)
		x[i] = (float)nn_random_normal(&noise);
	return x;
}

static struct nn_view view_of(const char *text, uint64_t seed, int64_t step, int64_t w, int64_t h)
{
	struct nn_view view = {{0}, 0, 0};
	struct nn_warps warps;

	if (nn_warps_parse(&warps, text) < 0 || nn_warps_draw(&warps, seed, step, w, h, &view) < 0)
		ok(0, "%s: %s", text, nn_error());
	nn_warps_release(&warps);
	return view;
}

/* The picture x [h][w] seen as text says. */
static float *see(const char *text, const float *x, int64_t w, int64_t h)
{
	struct nn_view view = view_of(text, 1, 0, w, h);
	struct nn_resample r = {0};
	float *y = nn_calloc((size_t)(view.width * view.height), sizeof *y);

	nn_resample_init(&r, &view, w, h);
	nn_resample_forward(&r, 1, x, y);
	nn_resample_release(&r);
	return y;
}

static void test_pixels(void)
{
	static const float x[6] = {1, 2, 3, 4, 5, 6}; /* 3 x 2 */
	float *y = see("none", x, 3, 2);

	ok(memcmp(y, x, sizeof x) == 0, "none leaves the picture");
	free(y);
	y = see("pad=1", x, 3, 2); /* 5 x 4 */
	ok(y[0] == .5f && y[5] == .5f && y[6] == 1 && y[8] == 3 && y[13] == 6 && y[19] == .5f,
	   "pad puts grey around");
	free(y);
	y = see("pad=1,crop=3x2", x, 3, 2);
	ok(memcmp(y, x, sizeof x) == 0, "crop takes the middle");
	free(y);
	y = see("crop=5x4", x, 3, 2);
	ok(y[0] == .5f && y[6] == 1 && y[13] == 6, "crop to more puts grey around");
	free(y);
	y = see("rotate=180", x, 3, 2);
	ok(fabsf(y[0] - 6) < 1e-5f && fabsf(y[5] - 1) < 1e-5f, "rotate by 180");
	free(y);
	y = see("scale=2", x, 3, 2); /* 6 x 4 */
	ok(fabsf(y[7] - (x[0] * 9 + x[1] * 3 + x[3] * 3 + x[4]) / 16) < 1e-6f,
	   "scale by 2 keeps edges on edges");
	free(y);
}

/* A picture with a bright spot on the right turns counterclockwise: the spot goes up. */
static void test_rotation(void)
{
	float x[81] = {0}, *y;

	x[4 * 9 + 7] = 1;
	y = see("rotate=90", x, 9, 9);
	ok(fabsf(y[1 * 9 + 4] - 1) < 1e-5f, "a positive angle turns counterclockwise");
	free(y);
}

static void test_standard(void)
{
	static const int sizes[] = {125, 128, 131, 134, 137, 140, 142, 145, 148, 151, 154};
	int count[NN_LEN(sizes)] = {0}, upright = 0, other = 0, i, step;
	struct nn_view view;
	double angle, worst = 0;

	for (step = 0; step < 2600; step++) {
		view = view_of("standard", 7, step, 128, 128);
		for (i = 0; i < (int)NN_LEN(sizes) && sizes[i] != view.width; i++)
			;
		if (i == (int)NN_LEN(sizes) || view.height != view.width)
			other++;
		else
			count[i]++;
		angle = atan2(view.m[3], view.m[0]) * 180 / 3.14159265358979323846;
		worst = fmax(worst, fabs(angle));
		upright += fabs(angle) < 1e-9;
	}
	ok(other == 0, "128 pixels become 125 to 154, %d times not", other);
	for (i = 0; i < (int)NN_LEN(sizes); i++)
		ok(count[i] > 170 && count[i] < 305, "size %d came %d times of 2600", sizes[i],
		   count[i]);
	ok(upright > 500 && upright < 700, "upright %d times of 2600, want 600", upright);
	ok(fabs(worst - 10) < 1e-9, "at most 10 degrees: %g", worst);
}

static void test_jitter(void)
{
	int seen[3][3] = {{0}}, i, all = 1;
	struct nn_view view;

	for (i = 0; i < 200; i++) {
		view = view_of("jitter=2", 3, i, 10, 8);
		if (view.width != 8 || view.height != 6 || view.m[2] < 0 || view.m[2] > 2)
			all = 0;
		else
			seen[(int)view.m[5]][(int)view.m[2]]++;
	}
	for (i = 0; i < 9; i++)
		all &= seen[i / 3][i % 3] > 0;
	ok(all, "jitter comes to all places from 0 to N");
}

static void test_draws(void)
{
	struct nn_view a = view_of("standard", 1, 5, 128, 128),
		       b = view_of("standard", 1, 5, 128, 128);
	struct nn_view c = view_of("standard", 1, 6, 128, 128),
		       d = view_of("standard", 2, 5, 128, 128);

	ok(memcmp(&a, &b, sizeof a) == 0, "the same seed and step see the same");
	ok(memcmp(&a, &c, sizeof a) != 0 && memcmp(&a, &d, sizeof a) != 0, "others do not");
}

static void test_adjoint(const char *text)
{
	enum { W = 20, H = 15, PLANES = 3 };
	struct nn_view view = view_of(text, 9, 1, W, H);
	struct nn_resample r = {0};
	int64_t n = PLANES * W * H, ny = PLANES * view.width * view.height, i, k;
	float *x = draw(n), *gx = draw(n), *y = draw(ny), *gy = draw(ny), *g2 = draw(n), keep;
	double worst = 0, most = 0, sum[2], d;

	nn_resample_init(&r, &view, W, H);
	nn_resample_adjoint(&r, PLANES, gy, gx);
	for (i = 0; i < n; i += 7) {
		keep = x[i];
		for (k = 0; k < 2; k++) {
			int64_t j;

			x[i] = keep + (k ? -0.5f : 0.5f);
			nn_resample_forward(&r, PLANES, x, y);
			for (j = 0, sum[k] = 0; j < ny; j++)
				sum[k] += (double)y[j] * gy[j];
		}
		x[i] = keep;
		d = fabs(sum[0] - sum[1] - gx[i]);
		worst = fmax(worst, d);
		most = fmax(most, fabs(gx[i]));
	}
	ok(worst < 1e-5 * most, "%s: gradient against differences: %g of %g", text, worst, most);
	omp_set_num_threads(1);
	nn_resample_adjoint(&r, PLANES, gy, g2);
	omp_set_num_threads(3);
	nn_resample_adjoint(&r, PLANES, gy, gx);
	ok(memcmp(gx, g2, (size_t)n * sizeof *gx) == 0, "%s: the same bits with other threads",
	   text);
	nn_resample_release(&r);
	free(x);
	free(gx);
	free(g2);
	free(y);
	free(gy);
}

static void refuses(const char *text, const char *message)
{
	struct nn_warps w;
	struct nn_view view;

	ok((nn_warps_parse(&w, text) < 0 || nn_warps_draw(&w, 1, 1, 16, 16, &view) < 0) &&
		   strstr(nn_error(), message),
	   "'%s' is refused: %s", text, nn_error());
	nn_warps_release(&w);
}

int main(void)
{
	static const char *const lists[] = {"none",      "pad=3",     "jitter=4",  "scale=0.7",
					    "scale=1.6", "rotate=33", "crop=9x30", "standard"};
	size_t i;

	nn_random_init(&noise, 1, 2);
	test_pixels();
	test_rotation();
	test_standard();
	test_jitter();
	test_draws();
	for (i = 0; i < NN_LEN(lists); i++)
		test_adjoint(lists[i]);
	refuses("jitter=16", "makes the picture of 16 x 16 one of 0 x 0");
	refuses("scale=0.05", "one of 0 x 0");
	refuses("scale=100,scale=100", "makes the picture");
	refuses("warp=3", "no transform 'warp'");
	refuses("", "no transform ''");
	refuses("pad", "want pad=N");
	refuses("pad=x", "transform pad");
	refuses("pad=-1", "not within");
	refuses("scale=0", "within");
	refuses("scale=2..1", "rising");
	refuses("scale=1..2/0", "step above 0");
	refuses("scale=1..2+3", "stands alone");
	refuses("rotate=0..1/1e-9", "more than");
	refuses("rotate=5000x0+5x1", "not within");
	return done();
}
