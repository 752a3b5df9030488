/* SPDX-License-Identifier: ISC */
/*
 * Floor 1, tensor: tensors, the stream nnt(5), NumPy files.
 *
 * A tensor is a name, an element type, a shape, "key=value" metadata and the numbers, row-major
 * (the last dimension varies fastest).  Its numbers are owned (data was allocated, release frees
 * it) or a view (borrowed, often from a mapped file, and then read-only).
 *
 * A tensor without dimensions holds one number.  A dimension may be 0; data is never NULL then.
 */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include "base.h"

#define NN_DIMS 8 /* most dimensions */

/* Element types, with their numbers on the stream. */
enum nn_type { NN_F32 = 1, NN_F16 = 2, NN_U8 = 3, NN_I32 = 4, NN_I64 = 5 };

struct nn_tensor {
	char *name; /* owned; NULL reads as "" */
	char *meta; /* owned "key=value\n..." lines, UTF-8; NULL when empty */
	enum nn_type type;
	int ndim;
	int64_t dim[NN_DIMS]; /* outermost first */
	void *data;
	int owned; /* release frees data */
};

size_t nn_type_size(enum nn_type type);      /* bytes of an element; 0 for an unknown type */
const char *nn_type_name(enum nn_type type); /* "f32" */

/* An owned, zeroed tensor; name is copied. Dies without memory: check what a file says first. */
void nn_tensor_init(struct nn_tensor *t, const char *name, enum nn_type type, int ndim,
                    const int64_t *dim);
/* A tensor whose numbers stay the caller's. */
void nn_tensor_view(struct nn_tensor *t, const char *name, enum nn_type type, int ndim,
                    const int64_t *dim, void *data);
/* Name, metadata, shape and numbers of from, owned. */
void nn_tensor_copy(struct nn_tensor *t, const struct nn_tensor *from);
void nn_tensor_release(struct nn_tensor *t); /* and leaves t all zero */

/*
 * Number of elements of a shape; -1 without a message when a dimension is negative, or when the
 * product of those that are not 0, times 8, would not fit in memory.
 */
int64_t nn_shape_count(int ndim, const int64_t *dim);
int64_t nn_tensor_count(const struct nn_tensor *t);
size_t nn_tensor_bytes(const struct nn_tensor *t);
/* "3x224x224"; "scalar" without dimensions. Written to text, which is returned. */
char *nn_shape_text(int ndim, const int64_t *dim, char text[NN_DIMS * 21]);

void nn_tensor_rename(struct nn_tensor *t, const char *name);
/* Sets a metadata line, replacing the key's old one; line breaks in the value become spaces. */
void nn_tensor_set(struct nn_tensor *t, const char *key, const char *fmt, ...) NN_PRINTF(3, 4);
/* The value of a metadata key, newly allocated, or NULL. */
char *nn_tensor_get(const struct nn_tensor *t, const char *key);

/*
 * Channels.  A tensor [c], [n][c], [c][h][w] or [n][c][h][w] as dim [n][c][h][w], 1 where it has no
 * such dimension; fails with a message on other shapes.
 */
int nn_tensor_planes(const struct nn_tensor *t, int64_t dim[4]);
/* The channel of the layer that channel 0 is (metadata channel=, of a slice); 0 without. */
int64_t nn_tensor_first_channel(const struct nn_tensor *t);
/* What channels are called: metadata labels=, separated by tabs. */
void nn_tensor_set_labels(struct nn_tensor *t, char *const *label, int64_t count);
/* NULL unless there are count; to be freed as one block. */
char **nn_tensor_labels(const struct nn_tensor *t, int64_t count);

/* Converts the numbers to float32, in place (f16 exact, integers rounded to nearest). */
void nn_tensor_to_f32(struct nn_tensor *t);
/* Element i as a double. */
double nn_tensor_at(const struct nn_tensor *t, int64_t i);

/*
 * Reading a stream.  A file that can be mapped is, and its tensors are views that live until
 * nn_reader_close; a pipe is read, and its tensors are owned by the caller.  Nothing that a length
 * field claims is allocated before the bytes have come.
 */
struct nn_reader {
	char *path; /* for messages: "stdin" when it is that */
	int fd;
	const unsigned char *map; /* NULL for a pipe */
	size_t size, offset;      /* of the mapping; on a pipe, offset counts what was taken */
	/* private */
	size_t mapped;            /* bytes to unmap */
	unsigned char *buffer;    /* of a pipe */
	size_t room, have, used;
};

/*
 * Opens path, or stdin for "-" and NULL.  Stdin that is a file is mapped, too, from where it
 * stands, and close leaves it where reading stopped.
 */
int nn_reader_open(struct nn_reader *r, const char *path);
/* A reader of bytes in memory (tests, formats): borrowed until close. */
void nn_reader_memory(struct nn_reader *r, const char *path, const void *bytes, size_t size);
/*
 * The next tensor: 1, or 0 at the end of the stream, or -1 with file and byte in the message; t
 * needs no init and is released by the caller.  The numbers of a mapped file are not touched.
 */
int nn_reader_next(struct nn_reader *r, struct nn_tensor *t);
/*
 * Looks at the coming bytes without taking them: up to want bytes at *bytes, returns how many there
 * are (fewer at the end of the input), -1 on a read error.  want is at most 4096 on a pipe.
 */
int64_t nn_reader_peek(struct nn_reader *r, size_t want, const unsigned char **bytes);
/*
 * All that is left, as one run of bytes: a view of the mapping, or what was read from the pipe into
 * the reader's buffer; valid until close.
 */
int nn_reader_rest(struct nn_reader *r, const unsigned char **bytes, size_t *size);
void nn_reader_close(struct nn_reader *r);
#define NN_MAGIC "nntensor" /* the first 8 bytes of every record */
#define NN_VERSION 1

/* Writes one record; fails when the stream does. */
int nn_write(FILE *f, const struct nn_tensor *t);

/*
 * NumPy.  nn_npy_parse reads a .npy file (versions 1 to 3; float16/32/64, signed and unsigned
 * integers, bool, either byte order, C or Fortran order) from bytes into an owned tensor: floats
 * become float32 or float16, bool and unsigned bytes u8, other integers i32 or i64 (uint64 above
 * 2^63-1 fails).  *used is how many bytes it took: more may follow.
 */
int nn_npy_parse(struct nn_tensor *t, const char *name, const void *bytes, size_t size,
                 size_t *used);
int nn_npy_write(FILE *f, const struct nn_tensor *t); /* version 1.0, little-endian, C order */
/* The bytes before the numbers; returns how many. */
#define NN_NPY_HEADER 384
size_t nn_npy_header(const struct nn_tensor *t, char head[NN_NPY_HEADER]);
/*
 * Calls each for every array of a .npz archive (stored or deflated), in the archive's order; stops
 * at -1.  The tensor is released afterwards, unless each has moved it away and left it empty.
 */
int nn_npz_each(const void *bytes, size_t size,
                int (*each)(struct nn_tensor *t, void *context), void *context);
/* A .npz archive, written tensor by tensor, uncompressed. */
struct nn_npz;
struct nn_npz *nn_npz_new(FILE *f); /* f stays the caller's */
int nn_npz_add(struct nn_npz *z, const struct nn_tensor *t);
int nn_npz_free(struct nn_npz *z); /* writes the directory */

#endif
