/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, net: operators in order, with their weights; where they come from, and how they run.
 *
 * A net is values and nodes.  A value is made by a node, or is an input, or is constant.  Nodes are
 * in an order in which each comes after what it reads.  A layer is a node or one of its outputs, by
 * name.  Nets are built by a format reader, by nn_net_read() or by hand, and then only read; plans
 * of one net may be used one at a time, as they share its packed weights.
 *
 * The picture is inputs[0]: [n][3][h][w], RGB, 0..1, when the net has a Preprocess node.
 */
#ifndef NN_NET_H
#define NN_NET_H

#include "op.h"

struct nn_value {
	char *name;                /* unique, not empty */
	int producer;              /* node, or -1 */
	int is_constant;
	int is_folded;             /* constant, made by its node at the first plan, and not written */
	struct nn_tensor constant; /* its numbers when is_constant: owned, or a view into a kept file */
};

struct nn_node {
	char *name; /* may be "" */
	const struct nn_op *op;
	struct nn_attrs attrs;
	int nin, nout;
	int *in, *out; /* values; -1 where an optional one is left out */
	void *packed[NN_PACKED];
};

struct nn_input {
	int value;
	enum nn_type type;
	int ndim;
	int64_t dim[NN_DIMS]; /* -1: any */
};

struct nn_net {
	char *name; /* of the model */
	int nvalues, nnodes, ninputs, noutputs, nlabels, nfiles;
	struct nn_value *value;
	struct nn_node *node;
	struct nn_input *input;
	int *output; /* values */
	char **label; /* class names in the order of the logits */
	struct nn_reader *file; /* mapped files that constants are views of */
	int *table, table_size; /* private: names to values */
};

struct nn_net *nn_net_new(const char *name);
void nn_net_free(struct nn_net *net);

/* building: names and numbers are copied, tensors moved (the caller's is left empty) */

int nn_net_value(struct nn_net *net, const char *name); /* the value of that name, made when new */
int nn_net_find_value(const struct nn_net *net, const char *name); /* -1: none, without a message */
void nn_net_constant(struct nn_net *net, int value, struct nn_tensor *t);
void nn_net_input(struct nn_net *net, int value, enum nn_type type, int ndim, const int64_t *dim);
void nn_net_output(struct nn_net *net, int value);
/* Appends a node; attrs is moved. Returns its index. */
int nn_net_node(struct nn_net *net, const struct nn_op *op, const char *name, int nin, const int *in,
                int nout, const int *out, struct nn_attrs *attrs);
/* A value of a new name: that of value, a slash, and what. */
int nn_net_fresh(struct nn_net *net, int value, const char *what);
/*
 * Puts a node of one input between value and all that reads it; returns what they read now. The net
 * wants nn_net_finish.
 */
int nn_net_insert(struct nn_net *net, int value, const struct nn_op *op, const char *name,
                  struct nn_attrs *attrs);
/* The net keeps the reader's mapping until it is freed; the caller's reader is left empty. */
void nn_net_keep(struct nn_net *net, struct nn_reader *file);
void nn_net_label(struct nn_net *net, const char *label); /* the next class */
/* Labels from a text file, one a line; replaces those there. */
int nn_net_read_labels(struct nn_net *net, const char *path);
/* Sorts nodes so that each follows what it reads, and checks that every value is made once; fails on a cycle. */
int nn_net_finish(struct nn_net *net);

/*
 * How a picture becomes what the network wants: its input channel i is
 * (scale * picture[order[i]] - mean[i]) / deviation[i].
 */
struct nn_preprocess {
	int order[3]; /* of R, G, B; order[0] = -1: grey, one channel .299 R + .587 G + .114 B */
	double scale; /* 255, or 1 where the framework's own numbers are for 0..1: the same rounding */
	double mean[3], deviation[3];
};
/* The preset called name (caffe torch tf unit inception; raw is none); fails listing them. */
int nn_preset(const char *name, struct nn_preprocess *p, int *raw);
extern const char nn_preset_names[]; /* "caffe torch tf unit inception raw" */
/* The name of preset i = 0, 1, ... and what it means, in one line; NULL past the last. */
const char *nn_preset_what(int i, const char **what);
/* Puts the Preprocess node in front of inputs[0]; the input takes 3 channels. */
int nn_net_preprocess(struct nn_net *net, const struct nn_preprocess *p);
/*
 * Lets inputs[0] be pictures, channels first, in batches: an input [n][h][w][c] gets a Transpose, or
 * loses one, and a
 * Reshape to a fixed number of pictures copies the number instead. Before nn_net_preprocess.
 * Returns 1 when the net still takes one number of pictures alone, 0 when any, -1.
 */
int nn_net_adapt(struct nn_net *net);
int nn_net_has_preprocess(const struct nn_net *net);

/* the stream: nnt(5) tells the form of the graph record */

#define NN_NET_HEADLINE "nnscope-net 1" /* its first line */

int nn_net_write(FILE *f, const struct nn_net *net);
/* The net whose graph record is t (just read from r); takes its weights from r. t is released. */
struct nn_net *nn_net_read(struct nn_tensor *t, struct nn_reader *r);
int nn_net_is_graph(const struct nn_tensor *t); /* is this the first record of a net? */

/* model files and known models */

struct nn_format {
	const char *name, *what; /* "onnx", "ONNX, opsets 7 to 20" */
	int (*is)(const char *path, const unsigned char *head, size_t size);
	/* A net from the file's bytes, of which weights may be views: the caller nn_net_keep()s them. */
	struct nn_net *(*load)(const char *path, const unsigned char *bytes, size_t size);
};
extern const struct nn_format *const nn_formats[]; /* rows of format.def, NULL after the last */

struct nn_zoo {
	const char *name, *what, *preset; /* preset NULL: nobody says the range */
	struct nn_net *(*make)(void);     /* built in; complete with Preprocess and labels */
	/* when make is NULL, to be downloaded (nn-fetch(1)), NULL where not known: */
	const char *address, *sha256, *labels; /* labels: the address of the file of class names */
	int64_t bytes;
	const char *microscope; /* the model of OpenAI Microscope that it corresponds to */
};
extern const struct nn_zoo *const nn_zoos[]; /* rows of zoo.def, NULL after the last */
/* The row called name, or NULL. */
const struct nn_zoo *nn_zoo_find(const char *name);
/* Where a downloaded file of the zoo lies: $XDG_DATA_HOME/nnscope/FILE; newly allocated, or NULL. */
char *nn_zoo_path(const char *file);
/* The net of a row, with Preprocess and labels where the row and the downloads have them. */
struct nn_net *nn_zoo_open(const struct nn_zoo *z);

/*
 * The net of a model file of any format, of an .nnt, of stdin ("-"), or of a zoo name.  An .nnt must
 * hold a net first; what follows it is not looked at.
 */
struct nn_net *nn_net_open(const char *path);
/*
 * The net at the place of a reader: the records of an .nnt, and what follows them is left, or a model
 * file, which is all that is left.  Weights may be views that live as long as the reader.
 */
struct nn_net *nn_net_take(struct nn_reader *r);

/* layers */

/* The value that a layer name means: that of a value, else the first output of the node so called; fails with "did you mean". */
int nn_layer_find(const struct nn_net *net, const char *name);
/* Values whose layer name matches the glob (fnmatch(3), '*' also matches '/'), in net order; count in *n; fails when none does. Names without glob characters go through nn_layer_find. */
int nn_layer_match(const struct nn_net *net, const char *glob, int **values, int *n);
/* The name under which a value is shown: its node's name when it is the node's only output and the name is not empty, else its own. */
const char *nn_layer_name(const struct nn_net *net, int value);
/* The class that a label or an index means; labels match whole, then as the one that has the text as a comma-separated part or word; fails with "did you mean". */
int nn_label_find(const struct nn_net *net, const char *label, int64_t classes);
/*
 * Flags, by value: may it have a channel for each class, as an output, or as what becomes one without
 * a mix of channels?  Newly allocated.  Whether the channels are as many as labels is not looked at.
 */
char *nn_net_classes(const struct nn_net *net);

/* running: run.h */

#endif
