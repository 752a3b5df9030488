/* SPDX-License-Identifier: ISC */
/*
 * Floor 7, tool: what only tools need: usage, options, operands, the model, stdout, output files.
 *
 * A tool is main(): nn_tool(), a loop over nn_option(), the work, and return nn_done(status).  The
 * functions end the process where they say so: status 1 with "TOOL: MESSAGE" for the world, 2 with
 * the usage for the command line.
 */
#ifndef NN_TOOL_H
#define NN_TOOL_H

#include "image.h"
#include "net.h"

#include <unistd.h> /* optarg, optind */

/*
 * First call of a tool: its name (argv[0] without folder) and usage ("[-k K] [FILE ...]").  A
 * closed pipe will end the tool quietly.
 */
void nn_tool(char **argv, const char *usage);
const char *nn_tool_name(void);
/*
 * getopt(3) over letters and the common h (usage on stdout, ends 0), V (version, ends 0), q (no
 * nn_warn, no progress), v (nn_verbose); ends with status 2 on an unknown option.  Returns the
 * letter, or -1 after the last; optarg and optind as getopt's.  Options come before operands.
 */
int nn_option(int argc, char **argv, const char *letters);
extern int nn_verbose;

_Noreturn void nn_die(void);                                 /* prints nn_error(), ends 1 */
_Noreturn void nn_die_with(const char *fmt, ...) NN_PRINTF(1, 2); /* ends 1 */
/* What is wrong, then the usage; ends 2. */
_Noreturn void nn_usage(const char *fmt, ...) NN_PRINTF(1, 2);
void nn_warn(const char *fmt, ...) NN_PRINTF(1, 2);          /* unless -q */
/* optarg as a number within the range; ends 2 naming the option letter otherwise. */
int64_t nn_option_int(int letter, int64_t low, int64_t high);
double nn_option_float(int letter, double low, double high);
void nn_option_size(int letter, int *width, int *height);
/* The place of optarg among the words, of which NULL follows the last; ends 2 listing them. */
int nn_option_word(int letter, const char *const *words);
enum nn_fit nn_option_fit(int letter); /* crop, pad or stretch */

/* Before the first binary byte on stdout: ends 2 when that is a terminal. */
void nn_stdout_binary(void);
/* Flushes stdout, on the way; a failed write (a full disk) ends 1. */
void nn_flush(void);
/* Closes stdout, at the end; a failed write ends 1. Returns status for main. */
int nn_done(int status);

/*
 * What a tool reads: operands (pictures, streams, .npy and .npz, told apart by content; "-" is
 * stdin), or stdin without any.  When the model comes from the head of stdin, what follows it there
 * are the tensors, unless there are operands.  An input without any tensor is an error.
 */
enum nn_kind { NN_FROM_STREAM, NN_FROM_PICTURE, NN_FROM_NUMPY };
struct nn_source {
	char **operand; /* NULL after the last */
	int next;
	int width, height; /* pictures are fitted to this size; 0: as they are */
	enum nn_fit fit;
	enum nn_kind kind; /* where the last tensor came from */
	/* private */
	struct nn_reader reader, head; /* of the operand in work; of stdin after the model */
	int open, has_head, after_net, came, came_stream;
	struct nn_reader *kept; /* streams read before, of which tensors may be views */
	int nkept;
	struct nn_tensor *queue; /* read ahead: the arrays of a .npz */
	int nqueue, taken;
};

void nn_source_init(struct nn_source *s, char **operands);
/* A source of what is left in an open reader, which is moved. */
void nn_source_from(struct nn_source *s, struct nn_reader *r);
/*
 * The net from file (-m), or, when that is NULL or "-", from the head of stdin.  Without one ends 1
 * with a message, or 2 when stdin is a terminal; also when it is a model file (not a stream) of a net
 * for pictures that does not say its range of input.  Its weights may be views that live until
 * release.
 */
struct nn_net *nn_source_model(struct nn_source *s, const char *file);
/*
 * The next tensor: 1, 0 at the end, -1.  The caller releases it, and its numbers are there until
 * nn_source_release.  Pictures come as [1][3][h][w]; a net in a stream comes as its records.
 * Ends 2 when it has to read stdin and that is a terminal.
 */
int nn_source_next(struct nn_source *s, struct nn_tensor *t);
void nn_source_release(struct nn_source *s);

/* Pictures are to be fitted to this size; where it is 0, to what net is declared for (or 224). */
void nn_source_fit(struct nn_source *s, const struct nn_net *net, int width, int height);
/*
 * nn_source_next, and then what net takes: for one with a Preprocess node a picture [n][3][h][w] of
 * float32, 0..1 (bytes are divided by 255); else a tensor as it came, or as float32 when the net
 * wants that; three dimensions become four with n = 1.  Fails on what cannot be that.
 */
int nn_source_input(struct nn_source *s, const struct nn_net *net, struct nn_tensor *t);

/*
 * A named output file, written whole or not at all: a temporary file beside it, fsync, rename.
 * A tool that is ended by a signal, or by nn_die(), leaves no temporary file behind.  What is there
 * and is not an ordinary file (a device, a named pipe, a link) is written to directly.
 */
struct nn_output {
	FILE *f; /* write here */
	char *path, *temporary;
};
int nn_output_open(struct nn_output *o, const char *path);
int nn_output_close(struct nn_output *o); /* the file appears */
void nn_output_abort(struct nn_output *o); /* nothing remains */

/* s as a JSON string with its quotes; what is not UTF-8 becomes the replacement character. */
void nn_json_string(FILE *f, const char *s);
/* A number as JSON: null when not finite, whole numbers in full, else as nn_number_text. */
void nn_json_number(FILE *f, double v);
/* The fewest digits that read back the same float32, for text output. */
char *nn_number_text(double v, char text[32]);

#endif
