/* SPDX-License-Identifier: ISC */
/*
 * Only the part of the picture that one position of a layer sees.
 *
 * From that position back to the picture, windows tell what is seen.  A net for a picture cut there
 * has the same numbers at all positions that matter: where the cut is not an edge of the picture, no
 * window of theirs reaches across it, and where it is, the padding is the same.  The cut begins at a
 * multiple of the layer's stride, so that positions remain positions.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a value: how many pixels its positions lie apart, and which of them are seen. */
struct field {
	int64_t step[2], first[2], end[2]; /* step 0: not known; first..end empty: none */
};

struct cropping {
	const struct nn_plan *p;
	struct field *field; /* per value */
};

static int is_map(const struct nn_tensor *t)
{
	return t->type == NN_F32 && t->ndim == 4;
}

static int is_window(const struct nn_call *c)
{
	return c->op == &nn_op_Conv || c->op == &nn_op_MaxPool || c->op == &nn_op_AveragePool ||
	       c->op == &nn_op_LpPool;
}

/* Reads it, when it is one that does not depend on the size of the map. */
static int read_window(const struct nn_call *c, struct nn_window *w)
{
	const int64_t *kernel = c->op == &nn_op_Conv ? c->in[1]->dim + 2 : NULL;
	int i;

	if (strcmp(nn_attr_string(c->attrs, "auto_pad", "NOTSET"), "NOTSET") != 0 ||
	    nn_window_read(c->attrs, c->in[0], kernel, w) < 0 || w->ndim != 2)
		return 0;
	for (i = 0; i < 2; i++)
		if (w->pad_begin[i] < 0 || w->pad_end[i] < 0)
			return 0;
	return 1;
}

/* Is a position of the output made of the same one of the inputs, all positions alike? */
static int is_local(const struct nn_call *c)
{
	const struct nn_tensor *t;
	int i, j;

	if (!c->op->narrow && c->op != &nn_op_LRN && c->op != &nn_op_Preprocess)
		return 0;
	for (i = 0; i < c->nin; i++) {
		t = c->in[i];
		for (j = 2; t && !t->data && j < 4; j++)
			if (t->dim[j] != c->out[0]->dim[j])
				return 0;
		for (j = 1; t && t->data && j <= 2 && c->op->narrow == nn_narrow_same; j++)
			if (t->ndim >= j && t->dim[t->ndim - j] != 1)
				return 0;
	}
	return 1;
}

/* The step of what comes out, when all that goes in has one. */
static int pass_forward(struct cropping *k, const struct nn_step *step)
{
	const struct nn_call *c = step->call;
	struct field *out, *in = NULL, *next;
	struct nn_window w = {.stride = {1, 1}};
	int i, j;

	if (step->nout != 1 || !is_map(c->out[0]))
		return 0;
	for (j = 0; j < step->nin; j++) {
		if (step->in[j] < 0 || c->in[j]->data)
			continue;
		next = &k->field[step->in[j]];
		if (!is_map(c->in[j]) || !next->step[0] ||
		    (in && memcmp(in->step, next->step, sizeof in->step) != 0))
			return 0;
		in = next;
	}
	if (!in || !(is_window(c) ? read_window(c, &w) : is_local(c)))
		return 0;
	out = &k->field[step->out[0]];
	for (i = 0; i < 2; i++)
		out->step[i] = in->step[i] * w.stride[i];
	return 1;
}

static void see(struct field *f, int i, int64_t first, int64_t end)
{
	int none = f->first[i] == f->end[i];

	f->first[i] = none ? first : NN_MIN(f->first[i], first);
	f->end[i] = none ? end : NN_MAX(f->end[i], end);
}

/* What of the inputs is seen.  Positions in the padding stay in: they hold the cut at the edge. */
static void pass_back(struct cropping *k, const struct nn_step *step)
{
	const struct field *out = &k->field[step->out[0]];
	struct nn_window w = {.stride = {1, 1}, .kernel = {1, 1}, .dilation = {1, 1}};
	int i, j;

	if (is_window(step->call))
		read_window(step->call, &w);
	for (j = 0; j < step->nin; j++)
		for (i = 0; i < 2 && step->in[j] >= 0 && !step->call->in[j]->data; i++)
			if (out->first[i] < out->end[i])
				see(&k->field[step->in[j]], i,
				    out->first[i] * w.stride[i] - w.pad_begin[i],
				    (out->end[i] - 1) * w.stride[i] - w.pad_begin[i] +
					    (w.kernel[i] - 1) * w.dilation[i] + 1);
}

static int can_crop(const struct nn_plan *p, const struct nn_wish *wish)
{
	return wish->position && p->net->ninputs == 1 && wish->nsee == 1 && wish->nseed <= 1 &&
	       (!wish->nseed || *wish->seed == *wish->see) &&
	       (wish->wrt < 0 || wish->wrt == p->net->input[0].value) &&
	       is_map(nn_plan_tensor(p, p->net->input[0].value));
}

/* The part, from what is seen; is it small enough to be worthwhile? */
static int measure(const struct nn_tensor *picture, const struct nn_tensor *map,
                   const struct field *seen, const int64_t step[2], struct nn_crop *crop)
{
	int64_t area = picture->dim[2] * picture->dim[3];
	int i;

	for (i = 0; i < 2; i++) {
		crop->map_at[i] = NN_MAX(seen->first[i], 0) / step[i];
		crop->map[i] = map->dim[2 + i];
		crop->at[i] = crop->map_at[i] * step[i];
		crop->whole[i] = picture->dim[2 + i];
		crop->size[i] = NN_MIN(seen->end[i], crop->whole[i]) - crop->at[i];
	}
	if (crop->size[0] > 0 && crop->size[1] > 0 && crop->size[0] * crop->size[1] < area / 4 * 3)
		return 1;
	crop->size[0] = 0;
	return 0;
}

int nn_plan_find_crop(const struct nn_plan *p, const struct nn_wish *wish, struct nn_crop *crop)
{
	struct cropping k = {.p = p};
	struct field *picture, *seen;
	int i, known = 1;

	if (!can_crop(p, wish))
		return 0;
	k.field = nn_calloc((size_t)p->net->nvalues, sizeof *k.field);
	picture = &k.field[p->net->input[0].value];
	seen = &k.field[*wish->see];
	picture->step[0] = picture->step[1] = 1;
	for (i = 0; known && i < p->nsteps; i++)
		known = pass_forward(&k, &p->step[i]);
	known &= seen->step[0] != 0; /* a constant is of no picture */
	if (known) {
		for (i = 0; i < 2; i++)
			see(seen, i, wish->position[i], wish->position[i] + 1);
		for (i = p->nsteps - 1; i >= 0; i--)
			pass_back(&k, &p->step[i]);
		known = measure(nn_plan_tensor(p, p->net->input[0].value),
		                nn_plan_tensor(p, *wish->see), picture, seen->step, crop);
	}
	free(k.field);
	return known;
}

/* A step that cuts the picture, which becomes the value that the caller fills. */
void nn_plan_add_crop(struct nn_plan *p, const struct nn_crop *crop)
{
	int v = p->net->input[0].value;
	const struct nn_tensor *x = nn_plan_tensor(p, v);
	const int64_t dim[] = {x->dim[0], x->dim[1], crop->whole[0], crop->whole[1]};
	int64_t *at = nn_alloc(sizeof crop->at);

	p->crop = *crop;
	p->picture = p->nvalues++;
	p->twin = nn_grow(p->twin, 0, sizeof *p->twin);
	nn_tensor_view(p->twin, NULL, NN_F32, 4, dim, NULL);
	p->seen = nn_realloc(p->seen, (size_t)p->nvalues, 1);
	p->seen[p->picture] = p->seen[v];
	if (p->wrt == v)
		p->wrt = p->picture;
	p->step = nn_realloc(p->step, (size_t)p->nsteps + 1, sizeof *p->step);
	memmove(p->step + 1, p->step, (size_t)p->nsteps * sizeof *p->step);
	p->nsteps++;
	p->step[0] = nn_plan_conversion(p, &nn_op_crop, v, p->picture, v);
	memcpy(at, crop->at, sizeof crop->at);
	p->step[0].call->param = at;
}

int nn_plan_map(const struct nn_plan *p, int64_t at[2], int64_t whole[2])
{
	memcpy(at, p->crop.map_at, sizeof p->crop.map_at);
	memcpy(whole, p->crop.map, sizeof p->crop.map);
	return p->crop.size[0] != 0;
}
