/* SPDX-License-Identifier: ISC */
/* Floor 7, info: a net told as text, JSON and Graphviz; tables of text. All to stdout. */
#ifndef NN_INFO_H
#define NN_INFO_H

#include "summary.h"
#include "tool.h"

/* Columns of text, each as wide as its widest cell. */
struct nn_table {
	char **cell; /* row by row */
	size_t count;
	int columns;
};

/* The next cell; text is from nn_alloc(), and freed by nn_table_print(). */
void nn_table_put(struct nn_table *t, char *text);
/* Prints and empties the table; bit i of right: column i is aligned to the right. */
void nn_table_print(struct nn_table *t, unsigned right);

/* A shape as a JSON array. */
void nn_json_shape(int ndim, const int64_t *dim);

/* Layers whose name matches glob (NULL: all) as a table, or as one JSON object on one line. */
void nn_info_text(const struct nn_net *net, const struct nn_summary *m, const char *glob);
void nn_info_json(const struct nn_net *net, const struct nn_summary *m, const char *glob);
void nn_info_dot(const struct nn_net *net, const struct nn_summary *m);

#endif
