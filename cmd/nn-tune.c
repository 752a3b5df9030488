/* SPDX-License-Identifier: ISC */
/* nn-tune: how channels answer along a parameter that nn-stimuli swept. */
#include "easel.h"
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "[-qv] [-c channel,...] [-k count] [-o file.png] [-p parameter] [file ...]"
#define WIDTH 640
#define HEIGHT 360
#define LEFT 64 /* of the axes, in pixels */
#define TOP 16
#define RIGHT 112
#define BOTTOM 44

struct curves {
	char *parameter, *layer;
	int64_t channels, first; /* of the tensors; the layer's number of the first */
	int n, *count;           /* values of the parameter, rising; tensors at each */
	double *at, *sum;        /* sum [n][channels] */
	int *chosen, nchosen;
};

/* the place of value x, made when new */
static int place(struct curves *c, double x)
{
	size_t row = (size_t)c->channels;
	int i = 0;

	while (i < c->n && c->at[i] < x)
		i++;
	if (i < c->n && c->at[i] == x)
		return i;
	c->at = nn_realloc(c->at, (size_t)c->n + 1, sizeof *c->at);
	c->count = nn_realloc(c->count, (size_t)c->n + 1, sizeof *c->count);
	c->sum = nn_realloc(c->sum, ((size_t)c->n + 1) * row, sizeof *c->sum);
	memmove(c->at + i + 1, c->at + i, (size_t)(c->n - i) * sizeof *c->at);
	memmove(c->count + i + 1, c->count + i, (size_t)(c->n - i) * sizeof *c->count);
	memmove(c->sum + ((size_t)i + 1) * row, c->sum + (size_t)i * row,
		(size_t)(c->n - i) * row * sizeof *c->sum);
	c->at[i] = x;
	c->count[i] = 0;
	memset(c->sum + (size_t)i * row, 0, row * sizeof *c->sum);
	c->n++;
	return i;
}

/* which parameter was swept, when it was only one */
static void find_parameter(struct curves *c, const struct nn_tensor *t)
{
	char *sweep = nn_tensor_get(t, "sweep");

	if (!sweep)
		nn_die_with("'%s': no parameter was swept: give nn-stimuli -g", t->name);
	if (strchr(sweep, ','))
		nn_die_with("%s were swept: which one, -p", sweep);
	c->parameter = sweep;
}

static void take(struct curves *c, struct nn_tensor *t)
{
	int64_t channels = t->ndim ? t->dim[t->ndim > 1] : 0, i;
	char *text;
	double x;
	int k;

	if (channels < 1 || nn_tensor_count(t) != channels)
		nn_die_with("'%s' has positions: give nn-activations -R mean or max", t->name);
	if (!c->parameter)
		find_parameter(c, t);
	text = nn_tensor_get(t, c->parameter);
	if (!text || nn_parse_float(text, &x) < 0)
		nn_die_with("'%s' has no number '%s'", t->name, c->parameter);
	free(text);
	if (!c->layer) {
		c->layer = nn_strdup(t->name ? t->name : "");
		c->channels = channels;
		c->first = nn_tensor_first_channel(t);
	}
	if (strcmp(c->layer, t->name ? t->name : "") != 0 || channels != c->channels)
		nn_die_with("'%s' after '%s': want one layer", t->name, c->layer);
	k = place(c, x);
	c->count[k]++;
	for (i = 0; i < channels; i++)
		c->sum[(size_t)k * (size_t)channels + (size_t)i] += nn_tensor_at(t, i);
}

static double value(const struct curves *c, int k, int channel)
{
	return c->sum[(size_t)k * (size_t)c->channels + (size_t)channel] / c->count[k];
}

static void extremes(const struct curves *c, int channel, double *low, double *high)
{
	double v;
	int k;

	for (k = 0; k < c->n; k++) {
		v = value(c, k, channel);
		*low = k ? NN_MIN(*low, v) : v;
		*high = k ? NN_MAX(*high, v) : v;
	}
}

/* the count channels whose answers differ most, most first */
static void choose(struct curves *c, int count)
{
	char *taken = nn_calloc((size_t)c->channels, 1);
	double low = 0, high = 0, best;
	int i, channel;

	c->chosen = nn_calloc((size_t)count, sizeof *c->chosen);
	for (c->nchosen = 0; c->nchosen < count && c->nchosen < c->channels; c->nchosen++) {
		channel = -1;
		best = 0;
		for (i = 0; i < c->channels; i++) {
			extremes(c, i, &low, &high);
			if (taken[i] || (channel >= 0 && !(high - low > best)))
				continue;
			best = high - low;
			channel = i;
		}
		taken[channel] = 1;
		c->chosen[c->nchosen] = channel;
	}
	free(taken);
}

static void choose_given(struct curves *c, const char *list)
{
	char *copy = nn_strdup(list), *item, *rest = copy;
	int64_t channel;

	while ((item = strtok_r(rest, ",", &rest))) {
		if (nn_parse_int(item, c->first, c->first + c->channels - 1, &channel) < 0)
			nn_usage("-c: %s", nn_error());
		c->chosen = nn_realloc(c->chosen, (size_t)c->nchosen + 1, sizeof *c->chosen);
		c->chosen[c->nchosen++] = (int)(channel - c->first);
	}
	free(copy);
	if (c->nchosen == 0)
		nn_usage("-c: no channel");
}

static void print(const struct curves *c)
{
	char number[32];
	int i, k;

	printf("%s", c->parameter);
	for (i = 0; i < c->nchosen; i++)
		printf("\t%s:%lld", c->layer, (long long)(c->first + c->chosen[i]));
	for (k = 0; k < c->n; k++) {
		printf("\n%.9g", c->at[k]);
		for (i = 0; i < c->nchosen; i++)
			printf("\t%s", nn_number_text(value(c, k, c->chosen[i]), number));
	}
	putchar('\n');
}

struct axes {
	double x0, x1, y0, y1; /* values at the ends */
};

static double across(const struct axes *a, double x)
{
	return LEFT + (x - a->x0) / (a->x1 - a->x0) * (WIDTH - LEFT - RIGHT);
}

static double up(const struct axes *a, double y)
{
	return HEIGHT - BOTTOM - (y - a->y0) / (a->y1 - a->y0) * (HEIGHT - TOP - BOTTOM);
}

static void stroke(struct nn_easel *e, double x, double y, double x1, double y1, double width,
		   const float rgb[3])
{
	/* pixels to the easel's measure: the shorter side is 2 and the centre is 0 */
	double half = HEIGHT / 2.0;

	nn_paint(e,
		 nn_segment((x - WIDTH / 2.0) / half, (y - half) / half, (x1 - WIDTH / 2.0) / half,
			    (y1 - half) / half, width / half),
		 rgb);
}

static void colour(int i, int n, float rgb[3])
{
	nn_hsl(210 + 360.0 * i / n, 0.7, 0.45, rgb);
}

static void text(struct nn_canvas *to, double x, double y, int right, uint32_t rgb, const char *s)
{
	struct nn_font font = {.scale = 1, .rgb = rgb};

	nn_text_draw(to, &font, (int64_t)x - (right ? nn_text_width(&font, s) : 0), (int64_t)y, s);
}

static void draw_curves(const struct curves *c, const struct axes *a, struct nn_canvas *to)
{
	size_t plane = WIDTH * HEIGHT, i;
	float *pixel = nn_alloc(3 * plane * sizeof *pixel), rgb[3], grey[3] = {0.6f, 0.6f, 0.6f};
	struct nn_easel e;
	int j, k;

	for (i = 0; i < 3 * plane; i++)
		pixel[i] = 1;
	nn_easel_init(&e, WIDTH, HEIGHT, pixel, NULL);
	stroke(&e, LEFT, up(a, a->y0), WIDTH - RIGHT, up(a, a->y0), 1, grey);
	stroke(&e, LEFT, up(a, a->y0), LEFT, TOP, 1, grey);
	for (j = c->nchosen - 1; j >= 0; j--) {
		colour(j, c->nchosen, rgb);
		for (k = 0; k < c->n; k++) {
			double x = across(a, c->at[k]), y = up(a, value(c, k, c->chosen[j]));

			stroke(&e, x, y, x, y, 4.5, rgb);
			if (k + 1 < c->n)
				stroke(&e, x, y, across(a, c->at[k + 1]),
				       up(a, value(c, k + 1, c->chosen[j])), 2, rgb);
		}
	}
	for (i = 0; i < plane; i++)
		for (k = 0; k < 3; k++)
			to->rgb[3 * i + (size_t)k] = nn_byte(pixel[(size_t)k * plane + i]);
	free(pixel);
}

static void label(const struct curves *c, const struct axes *a, struct nn_canvas *to)
{
	char number[32], *name;
	float rgb[3];
	int i;

	for (i = 0; i <= 4; i++) {
		double x = a->x0 + (a->x1 - a->x0) * i / 4, y = a->y0 + (a->y1 - a->y0) * i / 4;

		snprintf(number, sizeof number, "%.4g", x);
		text(to, across(a, x) - 3.0 * (double)strlen(number), HEIGHT - BOTTOM + 6, 0,
		     0x404040, number);
		snprintf(number, sizeof number, "%.3g", y);
		text(to, LEFT - 6, up(a, y) - 4, 1, 0x404040, number);
	}
	text(to, across(a, (a->x0 + a->x1) / 2) - 3.0 * (double)strlen(c->parameter), HEIGHT - 18,
	     0, 0x000000, c->parameter);
	for (i = 0; i < c->nchosen; i++) {
		colour(i, c->nchosen, rgb);
		name = nn_asprintf("%s:%lld", c->layer, (long long)(c->first + c->chosen[i]));
		text(to, WIDTH - RIGHT + 8, TOP + 14.0 * i, 0,
		     (uint32_t)nn_byte(rgb[0]) << 16 | (uint32_t)nn_byte(rgb[1]) << 8 |
			     nn_byte(rgb[2]),
		     name);
		free(name);
	}
}

static void plot(const struct curves *c, const char *path)
{
	struct axes a = {c->at[0], c->at[c->n - 1], 0, 0};
	struct nn_canvas picture;
	struct nn_output out;
	double low = 0, high = 0;
	int i;

	for (i = 0; i < c->nchosen; i++) {
		extremes(c, c->chosen[i], &low, &high);
		a.y0 = NN_MIN(a.y0, low);
		a.y1 = NN_MAX(a.y1, high);
	}
	if (!isfinite(a.y0) || !isfinite(a.y1))
		nn_die_with("%s: values that are not finite", c->layer);
	a.x1 = a.x1 > a.x0 ? a.x1 : a.x0 + 1;
	a.y1 = a.y1 > a.y0 ? a.y1 : a.y0 + 1;
	if (nn_canvas_init(&picture, WIDTH, HEIGHT, 0xffffff) < 0)
		nn_die();
	draw_curves(c, &a, &picture);
	label(c, &a, &picture);
	if (nn_output_open(&out, path) < 0 ||
	    nn_png_write_bytes(out.f, picture.rgb, WIDTH, HEIGHT, 3, c->layer, NULL) < 0 ||
	    nn_output_close(&out) < 0)
		nn_die();
	nn_canvas_release(&picture);
}

static void release(struct curves *c)
{
	free(c->parameter);
	free(c->layer);
	free(c->at);
	free(c->count);
	free(c->sum);
	free(c->chosen);
}

int main(int argc, char **argv)
{
	struct curves c = {0};
	const char *list = NULL, *path = NULL;
	struct nn_source source;
	struct nn_tensor t;
	int letter, got, count = 8;

	nn_tool(argv, USAGE);
	while ((letter = nn_option(argc, argv, "c:k:o:p:")) != -1)
		switch (letter) {
		case 'c':
			list = optarg;
			break;
		case 'k':
			count = (int)nn_option_int('k', 1, 65536);
			break;
		case 'o':
			path = optarg;
			break;
		case 'p':
			free(c.parameter);
			c.parameter = nn_strdup(optarg);
			break;
		}
	nn_source_init(&source, argv + optind);
	while ((got = nn_source_next(&source, &t)) > 0) {
		take(&c, &t);
		nn_tensor_release(&t);
	}
	if (got < 0)
		nn_die();
	nn_source_release(&source);
	if (c.n == 0)
		nn_die_with("no tensor came");
	if (list)
		choose_given(&c, list);
	else
		choose(&c, count);
	if (path)
		plot(&c, path);
	else
		print(&c);
	release(&c);
	return nn_done(0);
}
