/* SPDX-License-Identifier: ISC */
/* How a tool begins and ends: its name, options, messages, stdout. */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int nn_verbose;
static int quiet;
static const char *name = "nnscope", *usage = "";

void nn_tool(char **argv, const char *text)
{
	const char *slash;

	if (argv[0] && *argv[0]) {
		slash = strrchr(argv[0], '/');
		name = slash ? slash + 1 : argv[0];
	}
	usage = text;
	/* whoever starts us may have it ignored: then a closed pipe would be an error, not an end */
	signal(SIGPIPE, SIG_DFL);
}

const char *nn_tool_name(void)
{
	return name;
}

static void say(const char *fmt, va_list ap)
{
	fprintf(stderr, "%s: ", name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void nn_die(void)
{
	nn_die_with("%s", nn_error());
}

void nn_die_with(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(1);
}

void nn_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	fprintf(stderr, "usage: %s %s\n", name, usage);
	exit(2);
}

void nn_warn(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

/* options */

/* An option behind an operand would be taken for a file: that is told, unless "--" asks for it. */
static void check_operands(int argc, char **argv)
{
	int i;

	if (optind > 1 && strcmp(argv[optind - 1], "--") == 0)
		return;
	for (i = optind; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			nn_usage("'%s' comes after '%s': options go before the operands", argv[i], argv[optind]);
}

int nn_option(int argc, char **argv, const char *letters)
{
	/* the leading ':' has getopt tell a missing value from an unknown letter, and stay silent */
	char *all = nn_asprintf(":%shqvV", letters);
	int c = getopt(argc, argv, all);

	free(all);
	switch (c) {
	case -1:
		check_operands(argc, argv);
		break;
	case 'h':
		printf("usage: %s %s\n", name, usage);
		exit(nn_done(0));
	case 'V':
		printf("%s (nnscope) %s\n", name, NN_VERSION_TEXT);
		exit(nn_done(0));
	case 'q':
		quiet = nn_progress_quiet = 1;
		return nn_option(argc, argv, letters);
	case 'v':
		nn_verbose = 1;
		return nn_option(argc, argv, letters);
	case ':':
		nn_usage("option -%c wants a value", optopt);
	case '?':
		nn_usage("no option -%c", optopt);
	}
	return c;
}

int64_t nn_option_int(int letter, int64_t low, int64_t high)
{
	int64_t v = 0;

	if (nn_parse_int(optarg, low, high, &v) < 0)
		nn_usage("-%c: %s", letter, nn_error());
	return v;
}

double nn_option_float(int letter, double low, double high)
{
	double v = 0;

	if (nn_parse_float(optarg, &v) < 0)
		nn_usage("-%c: %s", letter, nn_error());
	if (v < low || v > high)
		nn_usage("-%c: '%s' is not within %g..%g", letter, optarg, low, high);
	return v;
}

void nn_option_size(int letter, int *width, int *height)
{
	if (nn_parse_size(optarg, width, height) < 0)
		nn_usage("-%c: %s", letter, nn_error());
}

int nn_option_word(int letter, const char *const *words)
{
	char *list = nn_strdup(""), *longer;
	int i;

	for (i = 0; words[i]; i++) {
		if (strcmp(optarg, words[i]) == 0) {
			free(list);
			return i;
		}
		longer = nn_asprintf("%s %s", list, words[i]);
		free(list);
		list = longer;
	}
	nn_usage("-%c: '%s' is none of%s", letter, optarg, list);
}

enum nn_fit nn_option_fit(int letter)
{
	static const char *const fits[] = {"crop", "pad", "stretch", NULL}; /* as enum nn_fit */

	return (enum nn_fit)nn_option_word(letter, fits);
}

/* stdout */

void nn_stdout_binary(void)
{
	if (isatty(STDOUT_FILENO)) {
		fprintf(stderr, "%s: stdout is a terminal: name a file with '>', or a program with '|'\n",
		        name);
		exit(2);
	}
}

static void check_stdout(int (*end)(FILE *))
{
	int failed = ferror(stdout);

	errno = 0;
	if (end(stdout) != 0 || failed)
		nn_die_with("cannot write stdout%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
}

void nn_flush(void)
{
	check_stdout(fflush);
}

int nn_done(int status)
{
	check_stdout(fclose);
	return status;
}
