/* SPDX-License-Identifier: ISC */
/* Where the parts find networks and tools, and where they put files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const char *environment(const char *name, const char *otherwise)
{
	const char *s = getenv(name);

	return s && *s ? s : otherwise;
}

/* Relative to where the bench runs, with the folder told whole, as processes run elsewhere. */
char *bench_build(const char *below)
{
	const char *build = environment("NN_BUILD", "build");
	char here[4096];

	if (build[0] == '/' || !getcwd(here, sizeof here))
		return nn_asprintf("%s/%s", build, below);
	return nn_asprintf("%s/%s/%s", here, build, below);
}

char *bench_folder(void)
{
	char *path = bench_build("bench");

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		perror(path);
	return path;
}

static const char *shared_folder(void)
{
	return environment("NN_SHARED", "../shared");
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
static char *make_file(const char *folder, const char *name)
{
	int status = 0, pid = fork();

	if (pid == 0) {
		execlp("/usr/bin/python3", "python3", "tests/bench/models.py", folder, shared_folder(), name,
		       (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return NULL;
	return readable(nn_asprintf("%s/%s.onnx", folder, name));
}

char *bench_find(const char *name)
{
	char *folder = bench_folder(), here[4096] = "", *path;
	const char *shared = shared_folder(), *slash = shared[0] == '/' ? "" : "/";

	if (*slash && !getcwd(here, sizeof here))
		here[0] = '\0';
	path = readable(nn_asprintf("%s/%s.onnx", folder, name));
	if (!path)
		path = readable(nn_asprintf("%s%s%s/data/models/%s.onnx", here, slash, shared, name));
	if (!path)
		path = make_file(folder, name);
	if (!path) /* one number for all weights, and one picture at a time, but the same work */
		path = readable(nn_asprintf("%s%s%s/conformance/network/%s.onnx", here, slash, shared, name));
	if (!path)
		fprintf(stderr, "bench: no network %s: see scripts/setup -b\n", name);
	free(folder);
	return path;
}
