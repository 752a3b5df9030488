/* SPDX-License-Identifier: ISC */
/* nn-grad: the gradient of objectives with respect to the picture, or to a layer. */
#include "tool.h"
#include "vis.h"

#include <stdlib.h>
#include <string.h>

static const char *const rules[] = {"plain", "redirected", "guided", "deconv", NULL};

struct job {
	struct nn_net *net;
	char **objective; /* NULL after the last */
	const char *layer;
	enum nn_relu_rule rule;
	/* for pictures of one shape */
	int64_t dim[4];
	struct nn_goal *goal;
	int ngoals, nvalues, *values;
	struct nn_plan *plan;
};

static void forget(struct job *j)
{
	nn_goals_free(j->goal, j->ngoals);
	nn_plan_free(j->plan);
	free(j->values);
	j->goal = NULL;
	j->plan = NULL;
	j->values = NULL;
	j->ngoals = 0;
}

/* Goals and plan for pictures of this shape. */
static void prepare(struct job *j, const struct nn_tensor *t)
{
	struct nn_wish wish = {.wrt = j->net->input[0].value};
	struct nn_channels *channels;
	char text[NN_DIMS * 21];
	int i;

	if (t->ndim != 4)
		nn_die_with("'%s' is %s: want a picture", t->name ? t->name : "",
			    nn_shape_text(t->ndim, t->dim, text));
	if (j->plan && memcmp(j->dim, t->dim, sizeof j->dim) == 0)
		return;
	forget(j);
	memcpy(j->dim, t->dim, sizeof j->dim);
	for (i = 0; j->objective[i]; i++)
		if (nn_goals_parse(j->net, j->dim, j->objective[i], &j->goal, &j->ngoals) < 0)
			nn_die();
	j->values = nn_goals_values(j->goal, j->ngoals, &j->nvalues);
	wish.see = wish.seed = j->values;
	wish.nsee = wish.nseed = j->nvalues;
	channels = nn_goals_channels(j->goal, j->ngoals, j->values, j->nvalues, &wish.lone);
	wish.see_channels = wish.seed_channels = channels;
	if (j->layer)
		wish.wrt = nn_layer_find(j->net, j->layer);
	if (wish.wrt < 0)
		nn_die();
	j->plan = nn_plan_picture(j->net, j->dim[0], j->dim[2], j->dim[3], &wish, NULL);
	free(channels);
	if (!j->plan)
		nn_die();
}

/* Forward, the goal's seeds on every picture, and backward; the values as text. */
static char *run(struct job *j, const struct nn_tensor *t, const struct nn_goal *g)
{
	char *values = NULL, *longer, number[32];
	int64_t i;
	int k;

	memcpy(nn_plan_input(j->plan, 0)->data, t->data, nn_tensor_bytes(t));
	if (nn_forward(j->plan) < 0)
		nn_die();
	for (k = 0; k < j->nvalues; k++)
		memset(nn_plan_seed(j->plan, j->values[k]), 0,
		       nn_tensor_bytes(nn_plan_value(j->plan, j->values[k])));
	for (i = 0; i < j->dim[0]; i++) {
		nn_number_text(nn_goal_evaluate(g, j->plan, i, 1), number);
		longer = nn_asprintf("%s%s%s", values ? values : "", values ? "," : "", number);
		free(values);
		values = longer;
	}
	nn_backward(j->plan, j->rule);
	return values;
}

static void write_gradient(struct job *j, const struct nn_tensor *t, const struct nn_goal *g)
{
	int wrt = j->layer ? nn_layer_find(j->net, j->layer) : j->net->input[0].value;
	char *values = run(j, t, g);
	const struct nn_tensor *shape = nn_plan_value(j->plan, wrt);
	struct nn_tensor y;

	nn_tensor_view(&y, j->layer ? nn_layer_name(j->net, wrt) : t->name, NN_F32, shape->ndim,
		       shape->dim, (float *)nn_plan_gradient(j->plan));
	y.meta = t->meta ? nn_strdup(t->meta) : NULL;
	nn_tensor_set(&y, "model", "%s", j->net->name);
	if (j->layer)
		nn_tensor_set(&y, "layer", "%s", nn_layer_name(j->net, wrt));
	nn_tensor_set(&y, "unit", "%s", g->name);
	nn_tensor_set(&y, "objective", "%s", g->text);
	if (nn_goal_label(g, j->net))
		nn_tensor_set(&y, "label", "%s", nn_goal_label(g, j->net));
	nn_tensor_set(&y, "value", "%s", values);
	if (j->rule != NN_RELU_PLAIN)
		nn_tensor_set(&y, "rule", "%s", rules[j->rule]);
	if (nn_write(stdout, &y) < 0)
		nn_die();
	nn_tensor_release(&y);
	free(values);
}

int main(int argc, char **argv)
{
	struct job j = {.objective = nn_calloc((size_t)argc + 1, sizeof *j.objective)};
	struct nn_source s;
	struct nn_tensor t;
	struct nn_progress progress;
	enum nn_fit fit = NN_FIT_CROP;
	const char *model = NULL;
	int c, i, got, n = 0, width = 0, height = 0;

	nn_tool(argv,
		"[-qv] [-G RULE] -O OBJECTIVE [-f FIT] [-l LAYER] [-m MODEL] [-s WxH] [FILE ...]");
	while ((c = nn_option(argc, argv, "G:O:f:l:m:s:")) != -1) {
		switch (c) {
		case 'G':
			j.rule = (enum nn_relu_rule)nn_option_word('G', rules);
			break;
		case 'O':
			j.objective[n++] = optarg;
			break;
		case 'f':
			fit = nn_option_fit('f');
			break;
		case 'l':
			j.layer = optarg;
			break;
		case 'm':
			model = optarg;
			break;
		case 's':
			nn_option_size('s', &width, &height);
			break;
		}
	}
	if (n == 0)
		nn_usage("no -O: the gradient of what?");
	nn_stdout_binary();
	nn_source_init(&s, argv + optind);
	j.net = nn_source_model(&s, model);
	if (j.net->ninputs != 1)
		nn_die_with("the net has %d inputs: want one, the picture", j.net->ninputs);
	nn_source_fit(&s, j.net, width, height);
	s.fit = fit;
	nn_progress_begin(&progress, "pictures", argc - optind);
	while ((got = nn_source_input(&s, j.net, &t)) > 0) {
		prepare(&j, &t);
		for (i = 0; i < j.ngoals; i++)
			write_gradient(&j, &t, &j.goal[i]);
		nn_progress_add(&progress, 1);
		nn_tensor_release(&t);
	}
	nn_progress_end(&progress);
	if (got < 0)
		nn_die();
	forget(&j);
	nn_net_free(j.net);
	nn_source_release(&s);
	free(j.objective);
	return nn_done(0);
}
