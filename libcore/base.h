/* SPDX-License-Identifier: ISC */
/*
 * Floor 0, base: messages, memory, numbers, seeded random numbers, progress.
 *
 * Failure.  A function that can fail because the world is wrong (a bad file, a full disk) returns
 * -1 (or NULL) after nn_fail() has stored a message for the calling thread.  Only tools print it
 * and exit.  A bug of ours is an assert; running out of memory ends the process in nn_alloc().
 *
 * Memory.  x_init/x_release work on the caller's struct, x_new/x_free on the heap, a "view"
 * borrows.  Everything that nn_alloc() and its kin return is given back with free(3).
 */
#ifndef NN_BASE_H
#define NN_BASE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NN_LEN(a) (sizeof(a) / sizeof *(a))
#define NN_MAX(a, b) ((a) > (b) ? (a) : (b))
#define NN_MIN(a, b) ((a) < (b) ? (a) : (b))
#define NN_ALIGN 64 /* bytes: a cache line, and the widest vector */

#if defined(__GNUC__)
#define NN_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define NN_PRINTF(f, a)
#endif

/* messages: lower case, what failed first, no full stop */

/* Stores the message for this thread; returns -1, so that "return nn_fail(...)" is one line. */
int nn_fail(const char *fmt, ...) NN_PRINTF(1, 2);
/* Puts "TEXT: " before the stored message (a file name, a node); returns -1. */
int nn_fail_in(const char *fmt, ...) NN_PRINTF(1, 2);
/* The message stored last by this thread; "" when there was none. Valid until the next nn_fail. */
const char *nn_error(void);

/* memory: these never return NULL; without memory the process ends with a message, status 1 */

void *nn_alloc(size_t bytes);
void *nn_calloc(size_t count, size_t size); /* zeroed; dies when count * size overflows */
void *nn_realloc(void *p, size_t count, size_t size);
/* Room for one item more than count: the array grows to the next power of two. */
void *nn_grow(void *array, size_t count, size_t size);
void *nn_aligned(size_t bytes); /* on NN_ALIGN, not zeroed */
char *nn_strdup(const char *s);
char *nn_strndup(const char *s, size_t n);
char *nn_asprintf(const char *fmt, ...) NN_PRINTF(1, 2);
char *nn_vasprintf(const char *fmt, va_list ap) NN_PRINTF(1, 0);

/* numbers */

/* *product = a * b; returns -1 (without a message) when it does not fit. */
int nn_mul(size_t a, size_t b, size_t *product);
/* The next multiple of m (a power of two) at or after n. */
size_t nn_round_up(size_t n, size_t m);
/* The whole of s as a number within [low, high]; fails with a message that names s. */
int nn_parse_int(const char *s, int64_t low, int64_t high, int64_t *value);
int nn_parse_float(const char *s, double *value); /* finite */
/* "A,B,C" into values; returns how many (1..most) or -1. */
int nn_parse_floats(const char *s, int most, double *values);
/* "WxH" or "S" (square), both 1..65535. */
int nn_parse_size(const char *s, int *width, int *height);
/* IEEE 754 binary16 and bfloat16 bits to float32 (exact) and back (nearest even). */
float nn_half_to_float(uint16_t h);
uint16_t nn_float_to_half(float f);
float nn_bfloat_to_float(uint16_t b);
/* Of count names the one that differs least from want by edit distance, or NULL when none is near. */
const char *nn_nearest(const char *want, const char *const *names, int count);
/* path without its folder and last suffix, newly allocated; "stdin" for "-". */
char *nn_stem(const char *path);
/* FNV-1a, 64 bits, of a string: a stable number for a name. */
uint64_t nn_hash(const char *s);

/* seeded random numbers: xoshiro256** (Blackman, Vigna 2018), seeded through splitmix64 */

struct nn_random {
	uint64_t state[4];
};

/* A stream of numbers that depends on seed and stream alone; different streams are independent. */
void nn_random_init(struct nn_random *r, uint64_t seed, uint64_t stream);
uint64_t nn_random_bits(struct nn_random *r);
double nn_random_uniform(struct nn_random *r);           /* [0, 1), 53 bits */
int64_t nn_random_below(struct nn_random *r, int64_t n); /* 0..n-1, each equally likely */
double nn_random_normal(struct nn_random *r);            /* mean 0, deviation 1 (Box-Muller) */

/*
 * Progress of a long job: one line on stderr, rewritten, when stderr is a terminal and two seconds
 * have passed; silent otherwise, and when nn_progress_quiet is set.
 */
extern int nn_progress_quiet;

struct nn_progress {
	const char *what; /* borrowed: "units", "pictures" */
	int64_t total, done;
	double begun, shown; /* seconds of the monotonic clock */
	int visible;
};

void nn_progress_begin(struct nn_progress *p, const char *what, int64_t total); /* 0: unknown */
void nn_progress_add(struct nn_progress *p, int64_t n);
void nn_progress_end(struct nn_progress *p); /* clears the line */
double nn_seconds(void);                     /* the monotonic clock */

#endif
