/* SPDX-License-Identifier: ISC */
/*
 * Einsum of one to three operands.  A label is a dimension; y sums the product of the operands over
 * the labels that it has not.  The gradient to an operand is the same with g in its place, and the
 * operand's labels kept.
 */
#include <ctype.h>
#include <string.h>

#include "op.h"

#define OPERANDS (NN_WALK - 1)
#define LABELS NN_DIMS /* distinct ones; the dimensions of "..." are labels, too */

struct einsum {
	int labels;
	int64_t dim[LABELS];
	/* of y, then of the operands; 0: it has not the label */
	int64_t stride[OPERANDS + 1][LABELS];
};

struct parser {
	struct einsum *e;
	char name[LABELS]; /* letter, or 0 for a dimension of "..." */
	int dots;          /* how many dimensions "..." has */
};

/* The label of a letter, or of dimension i (from the end) of "...": made when new. -1: too many. */
static int label(struct parser *p, char letter, int i)
{
	int l, seen = 0;

	for (l = 0; l < p->e->labels; l++)
		if (p->name[l] == letter && (letter || seen++ == i))
			return l;
	if (p->e->labels == LABELS)
		return -1;
	p->name[p->e->labels] = letter;
	p->e->dim[p->e->labels] = 1;
	return p->e->labels++;
}

/* Counts the letters of a term, up to ',' or '-' or the end; -1 on what is not one. */
static int term_length(const char *s, int *dots)
{
	int n = 0;

	for (*dots = 0; *s && *s != ',' && *s != '-'; s++) {
		if (isalpha((unsigned char)*s))
			n++;
		else if (!strncmp(s, "...", 3) && !(*dots)++)
			s += 2;
		else if (*s != ' ')
			return -1;
	}
	return n;
}

/* The labels of a term of ndim dimensions into list; s moves to its end. */
static int term(struct parser *p, const char **s, int ndim, int *list)
{
	int dots, n = term_length(*s, &dots), rest = ndim - n, k = 0, i;

	if (n < 0 || rest < 0 || (rest > 0 && !dots))
		return nn_fail("attribute equation: a term does not fit %d dimensions", ndim);
	p->dots = NN_MAX(p->dots, rest);
	for (; **s && **s != ',' && **s != '-'; ++*s) {
		if (isalpha((unsigned char)**s))
			list[k++] = label(p, **s, 0);
		if (**s != '.')
			continue;
		for (i = rest - 1; i >= 0; i--) /* those of "..." are counted from the end */
			list[k + i] = label(p, 0, rest - 1 - i);
		k += rest;
		*s += 2;
	}
	for (i = 0; i < ndim; i++)
		if (list[i] < 0)
			return nn_fail("attribute equation: too many labels");
	return 0;
}

/* Adds the strides of operand o (0: y) with those labels. */
static void place(struct einsum *e, int o, int n, const int *list, const int64_t *dim)
{
	int64_t own[NN_DIMS];
	int i;

	nn_strides(n, dim, own);
	for (i = 0; i < n; i++) {
		if (dim[i] != 1)
			e->stride[o][list[i]] += own[i];
	}
}

static int operand(struct parser *p, int o, const struct nn_tensor *t, const char **s)
{
	struct einsum *e = p->e;
	int list[NN_DIMS], i;

	if (term(p, s, t->ndim, list) < 0)
		return -1;
	for (i = 0; i < t->ndim; i++) {
		if (t->dim[i] != 1 && e->dim[list[i]] != 1 && t->dim[i] != e->dim[list[i]])
			return nn_fail("attribute equation: a label is %lld and %lld long",
			               (long long)e->dim[list[i]], (long long)t->dim[i]);
		if (t->dim[i] != 1)
			e->dim[list[i]] = t->dim[i];
	}
	place(e, o + 1, t->ndim, list, t->dim);
	return 0;
}

/* Without "->": the labels of "...", then those that occur once, in alphabetical order. */
static int implicit(const struct parser *p, const char *equation, int *list)
{
	int n = 0, i, l;
	char letter;
	const char *first;

	for (i = p->dots - 1; i >= 0; i--)
		list[n++] = label((struct parser *)p, 0, i);
	for (letter = 'A'; letter <= 'z'; letter++) {
		first = isalpha((unsigned char)letter) ? strchr(equation, letter) : NULL;
		if (!first || strchr(first + 1, letter))
			continue;
		for (l = 0; p->name[l] != letter;)
			l++;
		if (n == NN_DIMS)
			return -1;
		list[n++] = l;
	}
	return n;
}

static int result(struct nn_call *c, struct parser *p, const char *equation, const char *s)
{
	struct einsum *e = p->e;
	int64_t dim[NN_DIMS];
	int list[NN_DIMS], n, i, before = e->labels, dots;
	unsigned seen = 0;

	if (*s == '-') {
		if (s[1] != '>' || strpbrk(s + 2, ",-"))
			return nn_fail("attribute equation: no '->' where it should be");
		s += 2;
		n = term_length(s, &dots);
		n += n >= 0 && dots ? p->dots : 0;
		if (n < 0 || n > NN_DIMS || term(p, &s, n, list) < 0)
			return nn_fail("attribute equation: the result does not fit");
	} else {
		n = implicit(p, equation, list);
		if (n < 0)
			return nn_fail("attribute equation: too many dimensions");
	}
	if (e->labels != before)
		return nn_fail("attribute equation: the result has a label that no operand has");
	for (i = 0; i < n; i++) {
		dim[i] = e->dim[list[i]];
		if (seen & 1u << list[i])
			return nn_fail("attribute equation: the result has a label twice");
		seen |= 1u << list[i];
	}
	place(e, 0, n, list, dim);
	return nn_out(c, 0, NN_F32, n, dim);
}

static int einsum_shape(struct nn_call *c)
{
	const char *equation = nn_attr_string(c->attrs, "equation", ""), *s = equation;
	struct parser p = {.dots = 0};
	int i;

	if (nn_want_inputs(c, 1, OPERANDS) < 0)
		return -1;
	c->param = p.e = nn_calloc(1, sizeof *p.e);
	for (i = 0; i < c->nin; i++) {
		if (!c->in[i])
			return nn_fail("input %d is missing", i);
		if (nn_want_float(c, i) < 0 || operand(&p, i, c->in[i], &s) < 0)
			return -1;
		if ((i < c->nin - 1) != (*s == ','))
			return nn_fail("attribute equation: want %d terms", c->nin);
		s += *s == ',';
	}
	return result(c, &p, equation, s);
}

/*
 * to = sum of the product of the factors over the labels that to has not.  which says what the
 * arrays are, that of to first: 0 for y or its gradient, i + 1 for operand i.
 */
static void contract(const struct einsum *e, const int *which, int arrays, float *to,
                     const float *const *factor)
{
	int64_t kept[LABELS], summed[LABELS], i;
	const int64_t *stride[NN_WALK];
	struct nn_walk k, s;
	int l, a;

	for (l = 0; l < e->labels; l++) {
		int own = e->stride[which[0]][l] != 0;

		kept[l] = own ? e->dim[l] : 1;
		summed[l] = own ? 1 : e->dim[l];
	}
	for (a = 0; a < arrays; a++)
		stride[a] = e->stride[which[a]];
	nn_walk_init(&k, e->labels, kept, arrays, stride);
	nn_walk_init(&s, e->labels, summed, arrays, stride);
#pragma omp parallel for schedule(static) if (k.rows * k.run * s.rows * s.run >= NN_PARALLEL)
	for (i = 0; i < k.rows * k.run; i++) {
		int64_t base[NN_WALK], at[NN_WALK], row, j;
		float total = 0;
		int b;

		nn_walk_at(&k, i / k.run, base);
		for (b = 0; b < arrays; b++)
			base[b] += i % k.run * k.step[b];
		for (row = 0; row < s.rows; row++) {
			nn_walk_at(&s, row, at);
			for (j = 0; j < s.run; j++) {
				float product = 1;

				for (b = 1; b < arrays; b++)
					product *= factor[b][base[b] + at[b] + j * s.step[b]];
				total += product;
			}
		}
		to[base[0]] = total;
	}
}

static int einsum_forward(struct nn_call *c)
{
	const float *factor[NN_WALK] = {NULL};
	int which[NN_WALK], i;

	which[0] = 0;
	for (i = 0; i < c->nin; i++) {
		which[i + 1] = i + 1;
		factor[i + 1] = c->in[i]->data;
	}
	contract(c->param, which, c->nin + 1, c->out[0]->data, factor);
	return 0;
}

static void einsum_backward(struct nn_call *c)
{
	const float *factor[NN_WALK] = {NULL};
	int which[NN_WALK], i, j, n;

	for (i = 0; i < c->nin; i++) {
		if (!c->gin[i])
			continue;
		which[0] = i + 1;
		which[1] = 0;
		factor[1] = c->gout[0];
		for (j = 0, n = 2; j < c->nin; j++)
			if (j != i) {
				which[n] = j + 1;
				factor[n++] = c->in[j]->data;
			}
		memset(c->gin[i], 0, nn_tensor_bytes(c->in[i])); /* a diagonal is not all of it */
		contract(c->param, which, n, c->gin[i], factor);
	}
}

const struct nn_op nn_op_Einsum = {
	.name = "Einsum",
	.limits = "1 to 3 inputs, float only, 8 labels",
	.shape = einsum_shape,
	.forward = einsum_forward,
	.backward = einsum_backward,
	.flags = NN_KEEP_IN,
};
