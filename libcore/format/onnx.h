/* SPDX-License-Identifier: ISC */
/*
 * The ONNX reader: protobuf bytes to a net.  Source: onnx.proto of the ONNX project, IR versions 3
 * to 9, and the Operators.md changelog, opsets 1 to 20.
 *
 * wire:    fields one after another, with nothing believed: lengths are checked against what is
 *          there, and a message never nests deeper than the functions that read it
 * tensor:  TensorProto; float32 on 4 bytes stays where it is, anything else is converted
 * node:    NodeProto and AttributeProto
 * upgrade: nodes of older opsets become those of opset 20
 * onnx:    ModelProto and GraphProto: the whole
 *
 * Memory that a file makes us take is at most 64 bytes for each of its bytes, and 2 KB for each
 * node. Numbers of messages count bytes from the start of the file.
 */
#ifndef NN_FORMAT_ONNX_H
#define NN_FORMAT_ONNX_H

#include "net.h"

/* Some bytes of the file; borrowed. */
struct nn_bytes {
	const unsigned char *p;
	size_t size;
};

/* Fields of a message, read from p up to end. */
struct nn_wire {
	const unsigned char *start, *p, *end; /* start: of the file */
};

enum { NN_WIRE_VARINT = 0, NN_WIRE_64 = 1, NN_WIRE_BYTES = 2, NN_WIRE_32 = 5 };

struct nn_field {
	uint32_t number;
	int type;              /* NN_WIRE_... */
	uint64_t value;        /* of a varint or a fixed number */
	struct nn_bytes bytes; /* of NN_WIRE_BYTES */
	size_t at;             /* offset of the field in the file */
};

/* A reader of the message in bytes, within the file that begins at start. */
struct nn_wire nn_wire(const unsigned char *start, struct nn_bytes bytes);
/* The next field: 1, 0 at the end, -1 with a message. */
int nn_wire_next(struct nn_wire *w, struct nn_field *f);
/* A varint at w->p: -1 with a message when it passes the end or 64 bits. */
int nn_wire_varint(struct nn_wire *w, uint64_t *value);
/* Fails unless the field has the type. */
int nn_wire_want(const struct nn_field *f, int type, const char *what);
/* A string field as a new string without NUL inside; NULL with a message. */
char *nn_wire_text(const struct nn_field *f, const char *what);
/* Little-endian number of size bytes. */
uint64_t nn_little_endian(const unsigned char *p, size_t size);
/* The float32 of these bits. */
float nn_bits_to_float(uint32_t bits);

/* A list that grows. */
struct nn_int_list {
	int64_t *v;
	size_t n;
};
/* Appends the numbers of a repeated integer field, packed or not. */
int nn_wire_ints(const unsigned char *start, const struct nn_field *f, struct nn_int_list *list);

/* A model file that is being read. */
struct nn_onnx {
	const char *path; /* its folder has the external data */
	const unsigned char *bytes;
	size_t size;
	int64_t opset;
	struct nn_net *net;
	struct nn_onnx_initial {
		char *name;
		struct nn_bytes bytes; /* TensorProto */
		int value;             /* -1 until a node uses it */
	} * initial;                   /* sorted by name */
	size_t ninitial;
	struct nn_onnx_external {
		char *location;
		struct nn_reader reader;
		const unsigned char *bytes;
		size_t size;
	} * external;
	size_t nexternal;
	struct nn_onnx_node *node;
	size_t nnode;
	struct nn_onnx_aligned {
		int value;    /* that a binary operator of opset 6 or before makes, */
		int64_t axis; /* at which its second input begins */
	} * aligned;
	size_t naligned;
};

/* Reads a TensorProto of the file o into t: a view of the file, or owned. t needs no init. */
int nn_onnx_tensor(struct nn_onnx *o, struct nn_bytes bytes, struct nn_tensor *t);
/* The element type that an ONNX data type is read as: 0 with a message for strings and the like. */
enum nn_type nn_onnx_type(uint64_t type);
/* Reads the bytes of a file that holds one TensorProto (test data) into an owned tensor. */
int nn_onnx_tensor_file(struct nn_tensor *t, const char *path, const void *bytes, size_t size);

struct nn_onnx_node {
	char *name, *type, *made; /* made: the name of the first output */
	int *in, *out;            /* values of the net, -1 where left out */
	size_t nin, nout;
	struct nn_attrs attrs;
	char *tensor_name; /* of the attribute that holds a tensor, */
	struct nn_bytes tensor;
};

/* Reads a NodeProto into n, which needs no init and is released by the caller whatever comes back.
 */
int nn_onnx_node_read(struct nn_onnx *o, struct nn_bytes bytes, struct nn_onnx_node *n);
/* Puts what the node is called before the message; returns -1. */
int nn_onnx_node_fail(const struct nn_onnx_node *n);
void nn_onnx_node_release(struct nn_onnx_node *n);
/* The value called name of the file: an initial one becomes a constant of the net. -1: a message.
 */
int nn_onnx_value(struct nn_onnx *o, const char *name);

/* Appends n to the net as what it would be in opset 20; fails on what has no such form. */
int nn_onnx_upgrade(struct nn_onnx *o, struct nn_onnx_node *n);
/*
 * Until opset 6 the second input of a binary operator could begin at a chosen axis of the first:
 * gives it the ones that it lacks.  The net is finished.
 */
int nn_onnx_align(struct nn_onnx *o);
/* An attribute's integers, or floats as float32; scalar: its one number, without dimensions. */
void nn_onnx_attr_tensor(struct nn_tensor *t, const struct nn_attr *a, int scalar);
/* A Constant becomes a constant value of the net, and is no node. */
int nn_onnx_constant(struct nn_onnx *o, struct nn_onnx_node *n);
/* The tensor of a ConstantOfShape becomes attributes. */
int nn_onnx_constant_of_shape(struct nn_onnx *o, struct nn_onnx_node *n);
/* Fails when n, upgraded, has an attribute that the standard does not know. */
int nn_onnx_check_attrs(const struct nn_onnx_node *n);
/* Do we read nodes of this type, for what they become? */
int nn_onnx_known(const char *type);

#endif
