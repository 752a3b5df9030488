/* SPDX-License-Identifier: ISC */
/* nn-npy: tensors to and from NumPy. */
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Names given out, in an open-addressed table, so that no file is written twice in a run. */
struct names {
	char **name;
	size_t room, count;
};

static int add_name(struct names *s, char *name)
{
	struct names old = *s;
	size_t i, at;

	if (2 * s->count >= s->room) {
		s->room = 2 * s->room + 64;
		s->name = nn_calloc(s->room, sizeof *s->name);
		s->count = 0;
		for (i = 0; i < old.room; i++)
			if (old.name[i])
				add_name(s, old.name[i]);
		free(old.name);
	}
	for (at = nn_hash(name) % s->room; s->name[at]; at = (at + 1) % s->room)
		if (strcmp(s->name[at], name) == 0)
			return 0;
	s->name[at] = name;
	s->count++;
	return 1;
}

/* name, or name.2, name.3 and so on: the first that is not taken; owned by the table */
static const char *new_name(struct names *s, const char *name)
{
	char *try = nn_strdup(name);
	int n;

	for (n = 2; !add_name(s, try); n++) {
		free(try);
		try = nn_asprintf("%s.%d", name, n);
	}
	return try;
}

static void free_names(struct names *s)
{
	size_t i;

	for (i = 0; i < s->room; i++)
		free(s->name[i]);
	free(s->name);
}

/* A file name for a tensor: '/' and what is not printable become '_'. */
static char *file_name(const struct nn_tensor *t)
{
	char *name = nn_strdup(t->name && *t->name ? t->name : "tensor"), *p;

	for (p = name; *p; p++)
		if (*p == '/' || (unsigned char)*p < 32 || *p == 127 || (p == name && *p == '.'))
			*p = '_';
	return name;
}

static void write_file(const char *path, const struct nn_tensor *t)
{
	struct nn_output o;

	if (nn_output_open(&o, path) < 0)
		nn_die();
	if (nn_npy_write(o.f, t) < 0) {
		nn_output_abort(&o);
		nn_fail_in("%s", path);
		nn_die();
	}
	if (nn_output_close(&o) < 0)
		nn_die();
}

static void to_folder(struct nn_source *s, const char *folder)
{
	struct names names = {0};
	struct nn_tensor t;
	char *name, *path;
	int got;

	while ((got = nn_source_next(s, &t)) > 0) {
		if (mkdir(folder, 0777) < 0 && errno != EEXIST)
			nn_die_with("%s: %s", folder, strerror(errno));
		name = file_name(&t);
		path = nn_asprintf("%s/%s.npy", folder, new_name(&names, name));
		write_file(path, &t);
		free(name);
		free(path);
		nn_tensor_release(&t);
	}
	if (got < 0)
		nn_die();
	free_names(&names);
}

static void to_archive(struct nn_source *s, const char *path)
{
	struct names names = {0};
	struct nn_output o;
	struct nn_npz *z;
	struct nn_tensor t;
	int got;

	if (nn_output_open(&o, path) < 0)
		nn_die();
	z = nn_npz_new(o.f);
	if (!z)
		nn_die();
	while ((got = nn_source_next(s, &t)) > 0) {
		nn_tensor_rename(&t, new_name(&names, t.name && *t.name ? t.name : "tensor"));
		if (nn_npz_add(z, &t) < 0)
			nn_die();
		nn_tensor_release(&t);
	}
	if (got < 0 || nn_npz_free(z) < 0 || nn_output_close(&o) < 0)
		nn_die();
	free_names(&names);
}

/* Nothing may follow t, the first: of two tensors neither is written. */
static void to_one(struct nn_source *s, struct nn_tensor *t, const char *path)
{
	struct nn_tensor more;
	int got = nn_source_next(s, &more);

	if (got > 0)
		nn_die_with("more than one tensor ('%s', '%s'): name a folder or FILE.npz with -o",
		            t->name ? t->name : "", more.name ? more.name : "");
	if (got < 0)
		nn_die();
	if (path)
		write_file(path, t);
	else if (nn_npy_write(stdout, t) < 0)
		nn_die();
	nn_tensor_release(t);
}

static void to_stream(struct nn_source *s, struct nn_tensor *t)
{
	int got;

	do {
		if (nn_write(stdout, t) < 0)
			nn_die();
		nn_tensor_release(t);
		got = nn_source_next(s, t);
	} while (got > 0);
	if (got < 0)
		nn_die();
}

static int has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

int main(int argc, char **argv)
{
	struct nn_source s;
	struct nn_tensor t;
	const char *output = NULL;
	int c;

	nn_tool(argv, "[-qv] [-o DIR | -o FILE.npz | -o FILE.npy] [FILE ...]");
	while ((c = nn_option(argc, argv, "o:")) != -1)
		output = optarg;
	nn_source_init(&s, argv + optind);
	if (!output) {
		nn_stdout_binary();
		if (nn_source_next(&s, &t) <= 0)
			nn_die();
		if (s.kind == NN_FROM_NUMPY)
			to_stream(&s, &t);
		else
			to_one(&s, &t, NULL);
	} else if (has_suffix(output, ".npz")) {
		to_archive(&s, output);
	} else if (has_suffix(output, ".npy")) {
		if (nn_source_next(&s, &t) <= 0)
			nn_die();
		to_one(&s, &t, output);
	} else {
		to_folder(&s, output);
	}
	nn_source_release(&s);
	return nn_done(0);
}
