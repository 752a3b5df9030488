/* SPDX-License-Identifier: ISC */
/* Areas: a patch of colour, 1/f noise. */
#include "stimulus.h"

#include <stdlib.h>

static const struct nn_stimulus_param colour_params[] = {
	{"shape", 0, 0, 2, 0, 2, 1, "disc square full", "of the patch"},
	{"soft", 0, 0, 2, 0, 0.6, 0, NULL, "width over which it fades"},
};

static void draw_colour(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape disc = nn_disc(0, 0, v[0] == 2 ? 1e4 : 1),
			box = nn_rectangle(0, 0, 1, 1, 0);

	(void)r;
	nn_paint_field(s, v[0] == 1 ? box : disc, v[1], s->ink, NULL, NULL);
}

const struct nn_stimulus nn_colour_stimulus = {
	"colour",      "a patch of one colour", 0,          1, 0.5,
	colour_params, NN_LEN(colour_params),   draw_colour};

static const struct nn_stimulus_param noise_params[] = {
	{"cells", 2, 0.5, 256, 1, 16, 0, NULL, "of the coarsest octave along the shorter side"},
	{"octaves", 6, 1, 10, 1, 6, 1, NULL, "each of cells half as large"},
	{"fall", 0.5, 0.05, 1, 0.4, 0.9, 0, NULL, "of the amplitude from octave to octave"},
	{"contrast", 1, 0, 1, 0.3, 1, 0, NULL, "1: from black to the ink and beyond"},
};

/* over the whole picture: place and angle do nothing */
static void draw_noise(struct nn_easel *s, const double *v, struct nn_random *r)
{
	size_t n = (size_t)s->width * (size_t)s->height, i;
	float *field = nn_alloc(n * sizeof *field), w;
	int k;

	nn_ground_noise(s, v[0], (int)v[1], v[2], r, field);
	for (i = 0; i < n; i++) {
		w = 0.5f + 0.25f * (float)v[3] * field[i];
		for (k = 0; k < 3; k++)
			s->pixel[(size_t)k * n + i] = w * s->ink[k];
	}
	free(field);
}

const struct nn_stimulus nn_noise_stimulus = {"noise",
					      "1/f noise of smooth octaves, by the seed",
					      0,
					      0,
					      1,
					      noise_params,
					      NN_LEN(noise_params),
					      draw_noise};
