/* SPDX-License-Identifier: ISC */
/* A family and values for its parameters: from text, drawn at random, to text. */
#include "stimulus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORD 32 /* longest name, with its end */

const struct nn_stimulus_param nn_stimulus_common[NN_COMMON] = {
	[NN_X] = {"x", 0, -4, 4, -0.4, 0.4, 0, NULL, "centre, in halves of the shorter side"},
	[NN_Y] = {"y", 0, -4, 4, -0.4, 0.4, 0, NULL, "the same, downwards"},
	[NN_SCALE] = {"scale", 0.8, 0.02, 8, 0.4, 0.9, 0, NULL, "radius, in the same measure"},
	[NN_ANGLE] = {"angle", 0, -360, 360, 0, 360, 0, NULL, "degrees, anticlockwise"},
	[NN_FLIP] = {"flip", 0, 0, 1, 0, 1, 1, NULL, "1: left and right exchanged"},
	[NN_HUE] = {"hue", 0, -360, 720, 0, 360, 0, NULL, "of the ink, degrees: 0 red, 120 green"},
	[NN_SATURATION] = {"saturation", 0, 0, 1, 0, 1, 0, NULL, "of the ink"},
	[NN_LIGHT] = {"light", 1, 0, 1, 0.6, 1, 0, NULL, "of the ink: 0 black, 1 white"},
	[NN_OUTLINE] = {"outline", 0.04, 0, 0.5, 0, 0.06, 0, NULL, "dark line around objects"},
	[NN_GROUND] = {"ground", 0, 0, 3, 0, 3, 1, "plain gradient noise patches",
		       "what is behind"},
	[NN_GROUND_HUE] = {"ghue", 0, -360, 720, 0, 360, 0, NULL, "hue of the ground"},
	[NN_GROUND_SATURATION] = {"gsaturation", 0, 0, 1, 0, 0.6, 0, NULL, "its saturation"},
	[NN_GROUND_LIGHT] = {"glight", 0.5, 0, 1, 0.1, 0.5, 0, NULL, "its light"},
	[NN_CLUTTER] = {"clutter", 0, 0, 1, 0, 0.5, 0, NULL, "small pieces on the ground"},
	[NN_BLUR] = {"blur", 0, 0, 50, 0, 0.7, 0, NULL, "deviation of a Gaussian, pixels"},
	[NN_NOISE] = {"noise", 0, 0, 1, 0, 0.04, 0, NULL, "deviation of noise on each number"},
};

#define NN_STIMULUS(name) extern const struct nn_stimulus nn_##name##_stimulus;
#define NN_STIMULUS_OBJECT(name) NN_STIMULUS(name)
#include "stimulus.def"
#undef NN_STIMULUS
#define NN_STIMULUS(name) &nn_##name##_stimulus,
const struct nn_stimulus *const nn_stimuli[] = {
#include "stimulus.def"
	NULL};
#undef NN_STIMULUS
#undef NN_STIMULUS_OBJECT
#define NN_STIMULUS(name)
#define NN_STIMULUS_OBJECT(name) &nn_##name##_stimulus,
const struct nn_stimulus *const nn_classes[] = {
#include "stimulus.def"
	NULL};

int nn_class_number(const struct nn_stimulus *family)
{
	int i;

	for (i = 0; nn_classes[i]; i++)
		if (nn_classes[i] == family)
			return i;
	return -1;
}

const struct nn_stimulus *nn_stimulus_find(const char *name)
{
	const char *names[NN_LEN(nn_stimuli)], *near;
	int i;

	for (i = 0; nn_stimuli[i]; i++) {
		if (strcmp(nn_stimuli[i]->name, name) == 0)
			return nn_stimuli[i];
		names[i] = nn_stimuli[i]->name;
	}
	near = nn_nearest(name, names, i);
	if (near)
		nn_fail("no family '%s': did you mean '%s'", name, near);
	else
		nn_fail("no family '%s'", name);
	return NULL;
}

int nn_choice_count(const struct nn_choice *c)
{
	return c->family->nparams + (c->family->draw ? NN_COMMON : 0);
}

const struct nn_stimulus_param *nn_choice_param(const struct nn_choice *c, int i)
{
	if (!c->family->draw)
		return c->family->param + i;
	return i < NN_COMMON ? nn_stimulus_common + i : c->family->param + i - NN_COMMON;
}

/* what the parameter is when nobody says */
static double initial(const struct nn_choice *c, int i)
{
	if (c->family->draw && i == NN_HUE)
		return c->family->hue;
	if (c->family->draw && i == NN_SATURATION)
		return c->family->saturation;
	if (c->family->draw && i == NN_LIGHT)
		return c->family->light;
	return nn_choice_param(c, i)->value;
}

void nn_choice_init(struct nn_choice *c, const struct nn_stimulus *family)
{
	int i;

	memset(c, 0, sizeof *c);
	c->family = family;
	for (i = 0; i < nn_choice_count(c); i++)
		c->value[i] = initial(c, i);
}

int nn_choice_find(const struct nn_choice *c, const char *name)
{
	const char *names[NN_STIMULUS_PARAMS], *near;
	int i, n = nn_choice_count(c);

	for (i = 0; i < n; i++) {
		names[i] = nn_choice_param(c, i)->name;
		if (strcmp(names[i], name) == 0)
			return i;
	}
	near = nn_nearest(name, names, n);
	if (near)
		return nn_fail("%s has no parameter '%s': did you mean '%s'", c->family->name, name,
			       near);
	return nn_fail("%s has no parameter '%s'", c->family->name, name);
}

/* word i of a list with spaces between; 0 after the last */
static int word(const char *list, int i, char text[WORD])
{
	size_t n;

	for (; i > 0; i--) {
		list += strcspn(list, " ");
		list += *list == ' ';
	}
	n = strcspn(list, " ");
	if (n >= WORD)
		n = WORD - 1;
	memcpy(text, list, n);
	text[n] = 0;
	return n > 0;
}

int nn_choice_value(const struct nn_choice *c, int i, const char *text, double *value)
{
	const struct nn_stimulus_param *p = nn_choice_param(c, i);
	char name[WORD];
	int k;

	for (k = 0; p->names && word(p->names, k, name); k++)
		if (strcmp(name, text) == 0) {
			*value = k;
			return 0;
		}
	if (nn_parse_float(text, value) != 0)
		return p->names ? nn_fail("%s is one of %s, not '%s'", p->name, p->names, text)
				: nn_fail_in("%s", p->name);
	if (*value < p->low || *value > p->high)
		return nn_fail("%s is within %g and %g, not %s", p->name, p->low, p->high, text);
	if (p->whole && *value != floor(*value))
		return nn_fail("%s is a whole number, not %s", p->name, text);
	return 0;
}

int nn_choice_parse(struct nn_choice *c, const char *text)
{
	const struct nn_stimulus *family;
	char *copy = nn_strdup(text), *at = strchr(copy, ':'), *next, *equals;
	int i = 0, result = 0;

	if (at)
		*at++ = 0;
	family = nn_stimulus_find(copy);
	if (!family) {
		free(copy);
		return -1;
	}
	for (nn_choice_init(c, family); at && result == 0; at = next) {
		next = strchr(at, ',');
		if (next)
			*next++ = 0;
		equals = strchr(at, '=');
		if (!equals) {
			result = nn_fail("%s: want PARAMETER=VALUE, have '%s'", text, at);
			break;
		}
		*equals = 0;
		if ((i = nn_choice_find(c, at)) < 0 ||
		    nn_choice_value(c, i, equals + 1, &c->value[i]) != 0)
			result = nn_fail_in("%s", text);
		else
			c->given[i] = 1;
	}
	free(copy);
	return result;
}

static void value_text(const struct nn_stimulus_param *p, double value, char text[WORD])
{
	if (!p->names || !word(p->names, (int)value, text))
		snprintf(text, WORD, "%.6g", value);
}

void nn_choice_draw(struct nn_choice *c, struct nn_random *r)
{
	const struct nn_stimulus_param *p;
	char text[WORD];
	int i;

	for (i = 0; i < nn_choice_count(c); i++) {
		if (c->given[i])
			continue;
		p = nn_choice_param(c, i);
		if (p->whole) {
			c->value[i] = p->from +
				      (double)nn_random_below(r, (int64_t)(p->to - p->from) + 1);
			continue;
		}
		/* rounded, so that the text says it whole */
		snprintf(text, sizeof text, "%.4g",
			 p->from + nn_random_uniform(r) * (p->to - p->from));
		c->value[i] = strtod(text, NULL);
	}
}

char *nn_choice_text(const struct nn_choice *c)
{
	char *text = nn_strdup(c->family->name), *longer, value[WORD];
	int i, some = 0;

	for (i = 0; i < nn_choice_count(c); i++) {
		if (c->value[i] == initial(c, i))
			continue;
		value_text(nn_choice_param(c, i), c->value[i], value);
		longer = nn_asprintf("%s%c%s=%s", text, some++ ? ',' : ':',
				     nn_choice_param(c, i)->name, value);
		free(text);
		text = longer;
	}
	return text;
}
