/* SPDX-License-Identifier: ISC */
/* Which values of a net have a channel for each class. */
#include "net.h"

#include <string.h>

/* Does the operator give channel i of its first output from channel i of its first input? */
static int keeps_channels(const struct nn_op *op)
{
	static const char *const names[] = {
		"Add", "AveragePool", "BatchNormalization", "Clip", "Div", "Dropout", "Flatten",
		"GlobalAveragePool", "GlobalMaxPool", "Identity", "LeakyRelu", "LogSoftmax", "MaxPool", "Mul",
		"ReduceMean", "Relu", "Reshape", "Sigmoid", "Softmax", "Squeeze", "Sub", "Unsqueeze",
	};
	size_t i;

	for (i = 0; i < NN_LEN(names); i++)
		if (strcmp(op->name, names[i]) == 0)
			return 1;
	return 0;
}

char *nn_net_classes(const struct nn_net *net)
{
	char *is = nn_calloc((size_t)net->nvalues, 1);
	const struct nn_node *node;
	int i;

	for (i = 0; i < net->noutputs; i++)
		is[net->output[i]] = 1;
	/* nodes come after what they read, so going back reaches everything */
	for (i = net->nnodes - 1; i >= 0; i--) {
		node = &net->node[i];
		if (node->nin && node->in[0] >= 0 && node->out[0] >= 0 && is[node->out[0]] &&
		    keeps_channels(node->op))
			is[node->in[0]] = 1;
	}
	return is;
}
