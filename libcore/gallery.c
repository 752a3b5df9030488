/* SPDX-License-Identifier: ISC */
/* A folder of pictures. */
#include "gallery.h"
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int nn_gallery_open(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0777) == 0)
		return 0;
	if (errno == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return nn_fail("%s: %s", dir, errno == EEXIST ? "not a folder" : strerror(errno));
}

char *nn_gallery_path(const char *dir, const char *name)
{
	char *clean = nn_calloc(strlen(name) + 2, 1), *path;
	size_t n = 0;

	if (*name == '.') /* not hidden, and not the folder above */
		clean[n++] = '_';
	for (; *name; name++)
		if (isalnum((unsigned char)*name) || strchr(".,@+=-", *name))
			clean[n++] = *name;
		else if (n && clean[n - 1] != '_')
			clean[n++] = '_';
	while (n && clean[n - 1] == '_') /* as of "logit(tabby)" */
		n--;
	clean[n] = '\0';
	path = nn_asprintf("%s/%s.png", dir, n ? clean : "_");
	free(clean);
	return path;
}

/* Does have tell every line of the metadata want? */
static int tells(const struct nn_tensor *have, const char *want)
{
	char *copy = nn_strdup(want ? want : ""), *line, *rest = copy, *equal, *value;
	int all = 1;

	while (all && (line = strtok_r(rest, "\n", &rest))) {
		equal = strchr(line, '=');
		if (!equal)
			continue;
		*equal = '\0';
		value = nn_tensor_get(have, line);
		all = value && strcmp(value, equal + 1) == 0;
		free(value);
	}
	free(copy);
	return all;
}

int nn_gallery_has(const char *path, const struct nn_tensor *t)
{
	struct nn_reader r;
	const unsigned char *bytes;
	struct nn_tensor have;
	size_t size;
	int same = 0;

	if (nn_reader_open(&r, path) < 0)
		return 0;
	if (nn_reader_rest(&r, &bytes, &size) == 0 &&
	    nn_image_read(&have, path, bytes, size) == 0) {
		same = have.dim[2] == t->dim[t->ndim - 2] && have.dim[3] == t->dim[t->ndim - 1] &&
		       tells(&have, t->meta);
		nn_tensor_release(&have);
	}
	nn_reader_close(&r);
	return same;
}

int nn_gallery_put(const char *path, const struct nn_tensor *t)
{
	struct nn_output o;

	if (nn_output_open(&o, path) < 0)
		return -1;
	if (nn_png_write(o.f, t) < 0) {
		nn_output_abort(&o);
		return nn_fail_in("%s", path);
	}
	return nn_output_close(&o);
}
