/* SPDX-License-Identifier: ISC */
/* Where the parts find networks and tools, and where they put files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* The folder that an environment variable names; whole, as processes run elsewhere. */
static char *whole(const char *variable, const char *otherwise, const char *below)
{
	const char *s = getenv(variable);
	char here[4096];

	if (!s || !*s)
		s = otherwise;
	if (s[0] == '/' || !getcwd(here, sizeof here))
		return nn_asprintf("%s%s", s, below);
	return nn_asprintf("%s/%s%s", here, s, below);
}

char *bench_build(const char *below)
{
	return whole("NN_BUILD", "build", below);
}

static char *shared_folder(void)
{
	return whole("NN_SHARED", "../shared", "");
}

char *bench_folder(void)
{
	char *path = bench_build("/bench");

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		perror(path);
	return path;
}

/* PATH when it can be read; else frees it. */
static char *readable(char *path)
{
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* What models.py makes of this name. */
static char *make_file(const char *folder, const char *shared, const char *name)
{
	int status = 0, pid = fork();

	if (pid == 0) {
		execlp("/usr/bin/python3", "python3", "tests/bench/models.py", folder,
		       shared, name, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return NULL;
	return readable(nn_asprintf("%s/%s.onnx", folder, name));
}

char *bench_find(const char *name)
{
	char *folder = bench_folder(), *shared = shared_folder(), *path;

	path = readable(nn_asprintf("%s/%s.onnx", folder, name));
	if (!path)
		path = readable(nn_asprintf("%s/data/models/%s.onnx", shared, name));
	if (!path)
		path = make_file(folder, shared, name);
	if (!path) /* one number for all weights, and one picture at a time, but the same work */
		path = readable(nn_asprintf("%s/conformance/network/%s.onnx", shared, name));
	if (!path)
		fprintf(stderr, "bench: no network %s: see scripts/setup -b\n", name);
	free(folder);
	free(shared);
	return path;
}
