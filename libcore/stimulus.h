/* SPDX-License-Identifier: ISC */
/*
 * Floor 5, image: stimuli, the synthetic world.
 *
 * A family is a row: its parameters with default, range and meaning in one table, and how it is
 * drawn.  Families come in three kinds: patterns (a line, a grating), objects (a wheel, a cat),
 * which are the classes of the random scenes, and the scene that composes objects on a ground.
 *
 * A picture depends on family, parameters, seed, index and size alone: its random numbers are a
 * stream of (seed, index), so that any part of a long series can be made anywhere.
 */
#ifndef NN_STIMULUS_H
#define NN_STIMULUS_H

#include "easel.h"
#include "tensor.h"

struct nn_stimulus_param {
	const char *name;
	double value;      /* default */
	double low, high;  /* allowed */
	double from, to;   /* drawn from, evenly, where a random one is wanted */
	int whole;         /* an integer */
	const char *names; /* "plain noise": words for 0, 1, ...; NULL: a number */
	const char *help;
};

struct nn_stimulus {
	const char *name, *what;
	double hue, saturation, light;         /* the typical ink, default of these parameters */
	const struct nn_stimulus_param *param; /* its own */
	int nparams;
	/*
	 * Draws on s, where the ground, the place and the palette are there already, with the
	 * values of its own parameters in the table's order; an object stays within the unit disc.
	 * NULL: the scene.
	 */
	void (*draw)(struct nn_easel *s, const double *value, struct nn_random *r);
};

/* Rows of stimulus.def; NULL after the last. */
extern const struct nn_stimulus *const nn_stimuli[];
/* The row called name; fails with "did you mean". */
const struct nn_stimulus *nn_stimulus_find(const char *name);
/* The objects alone: the classes of the scenes by number; NULL after the last. */
extern const struct nn_stimulus *const nn_classes[];
int nn_class_number(const struct nn_stimulus *family); /* -1: not an object */

/* Parameters that all patterns and objects have, before their own; index by enum. */
enum {
	NN_X,
	NN_Y,
	NN_SCALE,
	NN_ANGLE,
	NN_FLIP,
	NN_HUE,
	NN_SATURATION,
	NN_LIGHT,
	NN_OUTLINE,
	NN_GROUND,
	NN_GROUND_HUE,
	NN_GROUND_SATURATION,
	NN_GROUND_LIGHT,
	NN_CLUTTER,
	NN_BLUR,
	NN_NOISE,
	NN_COMMON
};
extern const struct nn_stimulus_param nn_stimulus_common[NN_COMMON];

#define NN_STIMULUS_PARAMS 40 /* most of a family, with the common ones */

/* A family with values for its parameters. */
struct nn_choice {
	const struct nn_stimulus *family;
	double value[NN_STIMULUS_PARAMS];
	int given[NN_STIMULUS_PARAMS]; /* by the user: not drawn */
};

int nn_choice_count(const struct nn_choice *c); /* of parameters */
/* Parameter i: the common ones first; of the scene, its own only. */
const struct nn_stimulus_param *nn_choice_param(const struct nn_choice *c, int i);
void nn_choice_init(struct nn_choice *c, const struct nn_stimulus *family); /* defaults */
/* "FAMILY[:PARAM=VALUE,...]" */
int nn_choice_parse(struct nn_choice *c, const char *text);
/* The parameter called name; -1 with "did you mean". */
int nn_choice_find(const struct nn_choice *c, const char *name);
/* Reads a value of parameter i, a number or one of its words, and checks the range. */
int nn_choice_value(const struct nn_choice *c, int i, const char *text, double *value);
/* Draws every parameter that is not given. */
void nn_choice_draw(struct nn_choice *c, struct nn_random *r);
/* The text that nn_choice_parse takes back, newly allocated: what differs from the default. */
char *nn_choice_text(const struct nn_choice *c);

/*
 * Makes picture t [1][3][height][width], float32, RGB, 0..1, named FAMILY-INDEX, with the metadata
 *   source (the name), family, stimulus (nn_choice_text), seed, index,
 *   of objects: label, class (its number), box (x0,y0,x1,y1: the pixels that it covers at least
 * half; x1 and y1 are one beyond), object (its text); of the second object of a scene: the same
 * with 2 behind each key.
 */
void nn_stimulus_make(struct nn_tensor *t, const struct nn_choice *c, uint64_t seed, int64_t index,
		      int width, int height);

/* grounds: shared by all families */

struct nn_ground {
	int kind; /* of the words of NN_GROUND */
	double hue, saturation, light;
	double clutter; /* 0..1: how many small pieces of shapes lie around */
};
void nn_ground_paint(struct nn_easel *s, const struct nn_ground *g, struct nn_random *r);
/* A soft random field over the easel: 1/f noise about 0 of deviation near 1, from smooth octaves.
 */
void nn_ground_noise(const struct nn_easel *s, double cells, int octaves, double fall,
		     struct nn_random *r, float *field);
/* Clips to 0..1 after blur (pixels) and noise (deviation). */
void nn_stimulus_finish(struct nn_easel *s, double blur, double noise, struct nn_random *r);

/* the random scene, which is composed of objects */

struct nn_scene_object {
	struct nn_choice choice;
	int box[4];
};
#define NN_SCENE_OBJECTS 2
/* Composes and paints it; returns how many objects. */
int nn_scene_paint(struct nn_easel *s, const struct nn_choice *c, struct nn_random *r,
		   struct nn_scene_object object[NN_SCENE_OBJECTS]);
/* Paints a pattern or object with its place, ink and parameters; box of what it covers, or NULL. */
void nn_choice_paint(struct nn_easel *s, const struct nn_choice *c, struct nn_random *r,
		     int box[4]);

#endif
