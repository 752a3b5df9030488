/* SPDX-License-Identifier: ISC */
/* What a net is fed with: pictures in its size, tensors in its type and shape. */
#include "run.h"
#include "tool.h"

#include <string.h>

void nn_source_fit(struct nn_source *s, const struct nn_net *net, int width, int height)
{
	int64_t dim[4];

	nn_net_picture_shape(net, dim);
	s->width = width ? width : (int)dim[3];
	s->height = height ? height : (int)dim[2];
}

/* Bytes 0..255 of a picture become 0..1, as nn-image makes them. */
static void from_bytes(struct nn_tensor *t)
{
	int64_t i, n = nn_tensor_count(t);
	float *v;

	nn_tensor_to_f32(t);
	for (v = t->data, i = 0; i < n; i++)
		v[i] /= 255;
}

static int fit_tensor(const struct nn_net *net, struct nn_tensor *t)
{
	const char *name = t->name ? t->name : "";
	int pictures = nn_net_has_preprocess(net);
	char text[NN_DIMS * 21];

	if (nn_net_is_graph(t))
		return nn_fail("'%s' is a second net", name);
	if (nn_tensor_count(t) == 0)
		return nn_fail("'%s' has no numbers", name);
	if (pictures && t->type == NN_U8)
		from_bytes(t);
	else if (pictures || (net->ninputs && net->input[0].type == NN_F32))
		nn_tensor_to_f32(t);
	if (t->ndim == 3 && (pictures || (net->ninputs && net->input[0].ndim == 4))) {
		memmove(t->dim + 1, t->dim, 3 * sizeof *t->dim);
		t->dim[0] = 1;
		t->ndim = 4;
	}
	if (pictures && (t->ndim != 4 || t->dim[1] != 3))
		return nn_fail("'%s' is %s: want a picture, [3][h][w] or [n][3][h][w]", name,
		               nn_shape_text(t->ndim, t->dim, text));
	return 1;
}

int nn_source_input(struct nn_source *s, const struct nn_net *net, struct nn_tensor *t)
{
	int got = nn_source_next(s, t);

	if (got <= 0)
		return got;
	got = fit_tensor(net, t);
	if (got < 0)
		nn_tensor_release(t);
	return got;
}
