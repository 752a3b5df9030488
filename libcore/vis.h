/* SPDX-License-Identifier: ISC */
/*
 * Floor 6, vis: pictures that raise a number of a net (Olah, Mordvintsev, Schubert 2017, and the
 * constants of Lucid, github.com/tensorflow/lucid).
 *
 * Three tables, one row per file: objective/ (what is raised), parameterisation/ (which numbers
 * stand for a picture) and transform/ (how the picture is moved about before the net sees it, so
 * that what is found does not hang on a pixel).  Read from text they are a goal, a medium and a
 * view; nn_vis_run() is the loop that joins them.
 *
 * A picture depends on its goal and the seed alone: its first variables are drawn from the seed and
 * the goal's text, the transforms from the seed and the step.  All goals that run together see the
 * same draws, and no number of one enters another's, so neither batch nor threads change a bit.
 *
 * Everything is raised.  To lower a number, raise it with weight -1.
 */
#ifndef NN_VIS_H
#define NN_VIS_H

#include "unit.h"

/* objectives: objective.def */

/* What the text between an objective's parentheses is. */
enum nn_argument {
	NN_ARGUMENT_UNIT,   /* one unit; '-' in front of the channel negates the objective */
	NN_ARGUMENT_CLASS,  /* a class by index or label, of the net's output before its softmax */
	NN_ARGUMENT_LAYER,  /* a layer */
	NN_ARGUMENT_VECTOR, /* LAYER,FILE: a layer, and a vector over its channels */
};

/* The activations of a layer for one picture: a [c][h][w]. */
struct nn_map {
	const float *a;
	int64_t c, h, w;
};

/* The place of n in a row that is i on from the middle, n/2, or the nearest there is. */
int64_t nn_from_middle(int64_t i, int64_t n);

/* One objective at work, with its weight in a sum. */
struct nn_term {
	const struct nn_objective *row;
	double weight;
	int value;       /* of the net: the layer */
	int64_t channel; /* of a unit or class; to evaluate(), of the map */
	int64_t y, x;    /* of a unit: its position from the middle of its map */
	float *vector;   /* owned; of NN_ARGUMENT_VECTOR, as long as the layer has channels */
};

struct nn_objective {
	const char *name;
	enum nn_argument argument;
	const char *what; /* one line, for lists */
	/* The value on map m.  When g [c][h][w] is not NULL, scale * gradient is added to it. */
	double (*evaluate)(const struct nn_term *t, const struct nn_map *m, double scale, float *g);
};
extern const struct nn_objective *const nn_objectives[]; /* the rows, NULL after the last */
#define NN_OBJECTIVE(name) extern const struct nn_objective nn_objective_##name;
#include "objective/objective.def"
#undef NN_OBJECTIVE

/* A sum of terms: what one picture is made for. */
struct nn_goal {
	char *text; /* owned; the canonical spelling: "channel(4a:3) - 0.5*channel(4a:7)" */
	char *name; /* owned; the unit for a single channel or neuron, else the text */
	struct nn_term *term; /* owned */
	int nterms;
};

/*
 * Appends the goals that text means to *goals (nn_realloc), for pictures [n][c][h][w] of this
 * shape, and adds their count to *n: one for a sum of objectives, one for each unit of a text like
 * "LAYER:0-63" (channel, or neuron with a position).
 */
int nn_goals_parse(struct nn_net *net, const int64_t picture[4], const char *text,
                   struct nn_goal **goals, int *n);
void nn_goals_free(struct nn_goal *goals, int n); /* each, and the array */
void nn_goal_release(struct nn_goal *g);
/*
 * The goal's value on item i of the plan's values.  With gradient, adds its gradient to the plan's
 * seeds, which the caller has cleared.
 */
double nn_goal_evaluate(const struct nn_goal *g, struct nn_plan *p, int64_t i, int gradient);
/*
 * Mean over positions of the channel that a goal of one channel, neuron or class looks at, not
 * weighted, on item i; fails (without a message) for other goals.
 */
int nn_goal_activation(const struct nn_goal *g, struct nn_plan *p, int64_t i, double *mean);
/* The label of the class that a goal of one class looks at; NULL for other goals, or without labels. */
const char *nn_goal_label(const struct nn_goal *g, const struct nn_net *net);
/* The values that n goals look at, each once, in net order: newly allocated, count in *nvalues. */
int *nn_goals_values(const struct nn_goal *goals, int n, int *nvalues);
/*
 * The channels that they look at of each of these values, newly allocated, for a wish; and whether
 * each goal looks at one channel alone, so that a wish for one goal per item is lone.
 */
struct nn_channels *nn_goals_channels(const struct nn_goal *goals, int n, const int *values,
                                      int nvalues, int *lone);
/* The term of a goal that is one neuron; NULL of others. */
const struct nn_term *nn_goal_neuron(const struct nn_goal *g);

/* parameterisations: parameterisation.def */

/* A number that a row can be given as ",name=value". */
struct nn_key {
	const char *name, *what;
	double value, low, high; /* when not given; allowed */
};
#define NN_KEYS 4
extern const struct nn_key nn_medium_keys[]; /* those of every row; name NULL after the last */

struct nn_medium;
/*
 * A row stands for one plane t [h][w] by a linear map of nvariables numbers.  v and t are never the
 * same memory; scratch is m->scratch floats.
 */
struct nn_parameterisation {
	const char *name, *what;
	struct nn_key key[NN_KEYS]; /* name NULL after the last */
	/* Sets nvariables, scratch and state; m->value has the keys. */
	void (*init)(struct nn_medium *m);
	void (*release)(struct nn_medium *m); /* frees state; NULL when there is none */
	void (*forward)(const struct nn_medium *m, const float *v, float *t, float *scratch);
	/* gv = gradient to v for the gradient g to t. */
	void (*adjoint)(const struct nn_medium *m, const float *g, float *gv, float *scratch);
	/* v such that forward gives t. */
	void (*inverse)(const struct nn_medium *m, const float *t, float *v, float *scratch);
};
extern const struct nn_parameterisation *const nn_parameterisations[]; /* NULL after the last */

/* A parameterisation at one size.  Variables of a picture: [3][nvariables]. */
struct nn_medium {
	const struct nn_parameterisation *row;
	char *text; /* owned; canonical, every key told */
	int64_t width, height;
	double sd;       /* of the first variables: key "sd", which every row has */
	int decorrelate; /* key "decorrelate", too: planes are mixed by the colours' correlation */
	double value[NN_KEYS]; /* of the row's keys */
	int64_t nvariables;    /* of a plane */
	size_t scratch;        /* floats, for each thread */
	void *state;
};

/* From "NAME[,KEY=VALUE...]". */
int nn_medium_init(struct nn_medium *m, const char *text, int64_t width, int64_t height);
void nn_medium_release(struct nn_medium *m);
/* First variables v [3][nvariables], normally distributed. */
void nn_medium_start(const struct nn_medium *m, uint64_t seed, const char *goal, float *v);
/* Variables for the picture x [3][h][w]; where it is nearer to 0 or 1 than 1/256 they give that. */
void nn_medium_inverse(const struct nn_medium *m, const float *x, float *v);
/*
 * x [n][3][h][w] = pictures of the variables v [n][3][nvariables], within 0..1: the planes, mixed
 * to colours, through a sigmoid.
 */
void nn_medium_forward(const struct nn_medium *m, int64_t n, const float *v, float *x);
/* gv = gradient to v for the gradient g to x = nn_medium_forward(v); g is used as scratch. */
void nn_medium_adjoint(const struct nn_medium *m, int64_t n, const float *x, float *g, float *gv);

/* How the planes of a parameterisation become colours, each t [size]; in place. */
void nn_colour_forward(int decorrelate, int64_t size, float *const t[3]); /* and the sigmoid */
void nn_colour_adjoint(int decorrelate, int64_t size, const float *const x[3], float *const g[3]);
void nn_colour_inverse(int decorrelate, int64_t size, float *const x[3]);

/* transforms: transform.def */

#define NN_MOST_SIDE 16384 /* of a picture and its views, in pixels */

/*
 * Where the pixels of a transformed picture come from: the centre of pixel (x, y) of the width x
 * height result lies at (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]) of the picture.
 */
struct nn_view {
	double m[6];
	int64_t width, height;
};

struct nn_warp;
struct nn_transform {
	const char *name, *values, *what; /* "scale", "VALUES", one line */
	int (*parse)(struct nn_warp *w, const char *text); /* fills w from the text after '=' */
	/* Makes the view that of the transformed picture; the caller refuses sizes below 1. */
	void (*apply)(const struct nn_warp *w, struct nn_random *r, struct nn_view *view);
};
extern const struct nn_transform *const nn_transforms[]; /* NULL after the last */

/* One transform of a list. */
struct nn_warp {
	const struct nn_transform *row;
	int64_t width, height; /* of a row that has a size, or a number of pixels as width */
	double *value;         /* owned; of a row that draws: the values, each as likely, */
	int nvalues;           /* or, when this is 0, anywhere within low..high */
	double low, high;
};

struct nn_warps {
	char *text; /* owned; as given, "standard" spelt out */
	struct nn_warp *warp;
	int n;
};

extern const char nn_standard_transforms[]; /* what "standard" stands for */
/* From "NAME=VALUES[,NAME=VALUES...]", "standard" among them, or "none". */
int nn_warps_parse(struct nn_warps *w, const char *text);
void nn_warps_release(struct nn_warps *w);
/* The view of a step: drawn from seed and step alone. Fails when nothing is left of the picture. */
int nn_warps_draw(const struct nn_warps *w, uint64_t seed, int64_t step, int64_t width,
                  int64_t height, struct nn_view *view);

/* helpers of the rows */

/*
 * VALUES: PART{+PART} with PART = [COUNTx]LOW[..HIGH/STEP], or one LOW..HIGH without a step: all
 * numbers between. Each must be within low..high.
 */
int nn_warp_values(struct nn_warp *w, const char *text, double low, double high);
double nn_warp_draw(const struct nn_warp *w, struct nn_random *r);
/* The view seen through another: first m, then what the view was. */
void nn_view_compose(struct nn_view *view, const double m[6]);

/* Bilinear views of pictures, all of one view; outside of the picture lies NN_GREY. */
#define NN_GREY 0.5f
struct nn_resample {
	struct nn_view view;
	int64_t width, height;  /* of the picture */
	int32_t *index;         /* [view.height][view.width]: the upper left of four pixels */
	float *fraction;        /* [view.height][view.width][2]: how far right and down of it */
	size_t room;            /* of index and fraction */
};
/* Begins with all zero; may be called again with other views. */
void nn_resample_init(struct nn_resample *r, const struct nn_view *view, int64_t width,
                      int64_t height);
void nn_resample_release(struct nn_resample *r);
/* y [planes][view.height][view.width] = x [planes][height][width] seen so. */
void nn_resample_forward(const struct nn_resample *r, int64_t planes, const float *x, float *y);
/* gx = gradient to x for the gradient gy to y. */
void nn_resample_adjoint(const struct nn_resample *r, int64_t planes, const float *gy, float *gx);

/* Fourier transforms of any size, mixed radix and Bluestein. */

struct nn_fourier; /* complex, of one length */
struct nn_fourier *nn_fourier_new(int64_t n);
void nn_fourier_free(struct nn_fourier *f);
size_t nn_fourier_scratch(const struct nn_fourier *f, int64_t batch); /* floats */
/* re, im [n][batch]: sum over j of x_j exp(-2 pi i j k / n), in place, not scaled. */
void nn_fourier_run(const struct nn_fourier *f, int64_t batch, float *re, float *im,
                    float *scratch);

struct nn_fourier2; /* real pictures [h][w] to and from spectra [h][w/2 + 1] */
struct nn_fourier2 *nn_fourier2_new(int64_t h, int64_t w);
void nn_fourier2_free(struct nn_fourier2 *f);
size_t nn_fourier2_scratch(const struct nn_fourier2 *f); /* floats */
/* The spectrum of x, not scaled (numpy's rfft2). */
void nn_fourier2_forward(const struct nn_fourier2 *f, const float *x, float *re, float *im,
                         float *scratch);
/* The picture of a spectrum, not scaled (numpy's irfft2 times h w); re and im are overwritten. */
void nn_fourier2_inverse(const struct nn_fourier2 *f, float *re, float *im, float *x,
                         float *scratch);

/*
 * A step of Adam (Kingma, Ba 2015) uphill, TensorFlow's form: v += rate sqrt(1 - .999^t)/(1 - .9^t)
 * m / (sqrt(s) + 1e-8), for t = 1, 2, ...; m and s are zero before the first.
 */
void nn_adam(int64_t t, double rate, int64_t n, const float *g, float *m, float *s, float *v);

/* the loop */

struct nn_vis_settings {
	int64_t width, height;
	const char *parameterisation, *transforms;
	double rate;
	uint64_t seed;
	int64_t redirected;       /* steps, the first ones, with the redirected ReLU gradient */
	const float *start;       /* picture [3][height][width] to start from; NULL: drawn */
	const int64_t *snapshot;  /* after how many steps pictures are wanted, rising */
	int nsnapshots;
	size_t memory;                /* bytes that pictures made together may take; 0: any */
	struct nn_progress *progress; /* gets one for each step of each picture; may be NULL */
};
#define NN_REDIRECTED 16 /* of Lucid */

/* What has become of one goal. */
struct nn_vis_result {
	const struct nn_goal *goal;
	int64_t steps;        /* made so far */
	const float *picture; /* [3][height][width] */
	double value;         /* of the goal on the picture as it is, without transforms */
	int has_activation;
	double activation;    /* nn_goal_activation() likewise */
	int64_t broken;       /* the step, from 1, at which a number was not finite; 0: none */
	int dead;             /* value 0, and no gradient at any step with the plain ReLU */
};

struct nn_vis;
/* The settings are copied, but what their pointers point to stays the caller's. */
struct nn_vis *nn_vis_new(struct nn_net *net, const struct nn_vis_settings *s);
void nn_vis_free(struct nn_vis *v);
/*
 * How many of the first of n goals can run together: they look at the same layers, and neurons at
 * the same position, are no more than most, and keep within the memory. -1 when not even the first can run.
 *
 * A net that takes pictures of one size only gets transforms that end with a crop to width x
 * height.
 */
int nn_vis_batch(struct nn_vis *v, const struct nn_goal *goals, int n, int most);
/* Canonical texts of the parameterisation, and of the transforms without the crop just told of. */
const char *nn_vis_parameterisation(const struct nn_vis *v);
const char *nn_vis_transforms(const struct nn_vis *v);
/*
 * Makes the pictures of n goals, which nn_vis_batch() allowed.  deliver gets each at each snapshot,
 * snapshot by snapshot in the order of the goals; a -1 from it ends the run.
 */
int nn_vis_run(struct nn_vis *v, const struct nn_goal *goals, int n,
               int (*deliver)(const struct nn_vis_result *r, void *context), void *context);

#endif
