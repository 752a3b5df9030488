/* SPDX-License-Identifier: ISC */
/* Stimuli: a picture from a choice, with its metadata. */
#include "stimulus.h"

#include <stdlib.h>
#include <string.h>

/* the pixels that mask covers by half: x0, y0, x1, y1; all 0 when there is none */
static void find_box(const struct nn_easel *s, int box[4])
{
	int x, y, none = 1;

	memset(box, 0, 4 * sizeof *box);
	for (y = 0; y < s->height; y++)
		for (x = 0; x < s->width; x++) {
			if (s->mask[(size_t)y * (size_t)s->width + (size_t)x] < 0.5f)
				continue;
			box[0] = none ? x : NN_MIN(box[0], x);
			box[1] = none ? y : box[1];
			box[2] = NN_MAX(box[2], x + 1);
			box[3] = y + 1;
			none = 0;
		}
}

void nn_choice_paint(struct nn_easel *s, const struct nn_choice *c, struct nn_random *r, int box[4])
{
	const double *v = c->value;
	struct nn_easel at;

	if (s->mask)
		memset(s->mask, 0, (size_t)s->width * (size_t)s->height * sizeof *s->mask);
	at = nn_easel_move(s, v[NN_X], v[NN_Y], v[NN_ANGLE], v[NN_SCALE]);
	if (v[NN_FLIP] != 0)
		nn_easel_flip(&at);
	nn_easel_palette(&at, v[NN_HUE], v[NN_SATURATION], v[NN_LIGHT]);
	at.edge = (float)v[NN_OUTLINE];
	c->family->draw(&at, v + NN_COMMON, r);
	if (box)
		find_box(s, box);
}

/* label, class, box and object of one, with its number behind the keys from the second on */
static void describe(struct nn_tensor *t, const struct nn_choice *c, const int box[4], int number)
{
	char suffix[16] = "", key[32], *text = nn_choice_text(c);

	if (number > 1)
		snprintf(suffix, sizeof suffix, "%d", number);
	snprintf(key, sizeof key, "label%s", suffix);
	nn_tensor_set(t, key, "%s", c->family->name);
	snprintf(key, sizeof key, "class%s", suffix);
	nn_tensor_set(t, key, "%d", nn_class_number(c->family));
	snprintf(key, sizeof key, "box%s", suffix);
	nn_tensor_set(t, key, "%d,%d,%d,%d", box[0], box[1], box[2], box[3]);
	snprintf(key, sizeof key, "object%s", suffix);
	nn_tensor_set(t, key, "%s", text);
	free(text);
}

static void make_scene(struct nn_tensor *t, struct nn_easel *s, const struct nn_choice *c,
		       struct nn_random *r)
{
	struct nn_scene_object object[NN_SCENE_OBJECTS];
	int i, n = nn_scene_paint(s, c, r, object);

	for (i = 0; i < n; i++)
		describe(t, &object[i].choice, object[i].box, i + 1);
}

static void make_one(struct nn_tensor *t, struct nn_easel *s, const struct nn_choice *c,
		     struct nn_random *r)
{
	const double *v = c->value;
	struct nn_ground g = {(int)v[NN_GROUND], v[NN_GROUND_HUE], v[NN_GROUND_SATURATION],
			      v[NN_GROUND_LIGHT], v[NN_CLUTTER]};
	int box[4];

	nn_ground_paint(s, &g, r);
	nn_choice_paint(s, c, r, box);
	nn_stimulus_finish(s, v[NN_BLUR], v[NN_NOISE], r);
	if (nn_class_number(c->family) >= 0)
		describe(t, c, box, 1);
}

void nn_stimulus_make(struct nn_tensor *t, const struct nn_choice *c, uint64_t seed, int64_t index,
		      int width, int height)
{
	int64_t dim[4] = {1, 3, height, width};
	float *mask = nn_calloc((size_t)width * (size_t)height, sizeof *mask);
	char *name = nn_asprintf("%s-%lld", c->family->name, (long long)index);
	char *text = nn_choice_text(c);
	struct nn_easel s;
	struct nn_random r;

	nn_tensor_init(t, name, NN_F32, 4, dim);
	nn_tensor_set(t, "source", "%s", name);
	nn_tensor_set(t, "family", "%s", c->family->name);
	nn_tensor_set(t, "stimulus", "%s", text);
	nn_tensor_set(t, "seed", "%llu", (unsigned long long)seed);
	nn_tensor_set(t, "index", "%lld", (long long)index);
	nn_easel_init(&s, width, height, t->data, mask);
	nn_random_init(&r, seed, 2 * (uint64_t)index);
	if (c->family->draw)
		make_one(t, &s, c, &r);
	else
		make_scene(t, &s, c, &r);
	free(text);
	free(name);
	free(mask);
}
