/* SPDX-License-Identifier: ISC */
/* The tool floor: output files whole or not at all, however the process ends; JSON; numbers. */
#include "tap.h"
#include "tool.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[] = "/tmp/nn-tool.XXXXXX";

static int count_files(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* What path holds, up to 63 bytes; "" without a file. */
static const char *content(const char *path)
{
	static char text[64];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

/* A child that writes some of path and then ends in this way: 0 finishes, -1 exits, else a signal. */
static int child(const char *path, int way)
{
	struct nn_output o;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (nn_output_open(&o, path) < 0)
			_exit(9);
		fputs("new", o.f);
		fflush(o.f);
		if (way < 0)
			exit(1);
		if (way > 0)
			raise(way);
		_exit(nn_output_close(&o) < 0 ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void test_output(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
	char *path = nn_asprintf("%s/out", folder), *link = nn_asprintf("%s/link", folder);
	struct nn_output o;
	struct stat st;
	size_t i;
	int status;

	umask(022);
	ok(nn_output_open(&o, path) == 0 && fputs("old", o.f) >= 0, "an output file is begun");
	ok(strcmp(content(path), "") == 0, "it is not there before its end");
	ok(nn_output_close(&o) == 0 && strcmp(content(path), "old") == 0, "and whole at its end");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0644, "with the usual permissions");
	for (i = 0; i < NN_LEN(signals); i++) {
		status = child(path, signals[i]);
		ok(WIFSIGNALED(status) && WTERMSIG(status) == signals[i], "signal %d ends", signals[i]);
		ok(strcmp(content(path), "old") == 0 && count_files() == 1, "and leaves the old file alone");
	}
	status = child(path, -1);
	ok(WIFEXITED(status) && count_files() == 1, "so does exit()");
	ok(child(path, 0) == 0 && strcmp(content(path), "new") == 0, "a later run replaces it");
	ok(nn_output_open(&o, path) == 0, "another");
	nn_output_abort(&o);
	ok(strcmp(content(path), "new") == 0 && count_files() == 1, "that is given up leaves nothing");
	ok(symlink(path, link) == 0 && child(link, 0) == 0 && lstat(link, &st) == 0 &&
	           S_ISLNK(st.st_mode) && strcmp(content(path), "new") == 0,
	   "a link is written through");
	ok(nn_output_open(&o, "/dev/full") == 0 && fputs("x", o.f) >= 0 && nn_output_close(&o) < 0 &&
	           strstr(nn_error(), "/dev/full: cannot write: No space"),
	   "a full disk: %s", nn_error());
	ok(nn_output_open(&o, "/nowhere/x") < 0 && strstr(nn_error(), "/nowhere/x: No such"), "no folder");
	unlink(link);
	unlink(path);
	rmdir(folder);
	free(link);
	free(path);
}

static void json(const char *string, double number, const char *want)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (string)
		nn_json_string(f, string);
	else
		nn_json_number(f, number);
	fclose(f);
	ok(strcmp(text, want) == 0, "JSON %s", want);
	free(text);
}

static void test_json(void)
{
	json("plain", 0, "\"plain\"");
	json("\"\\/\n\t\x01\x7f", 0, "\"\\\"\\\\/\\n\\t\\u0001\\u007f\"");
	json("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x88", 0, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x88\"");
	json("a\xff" "b\xc3", 0, "\"a\\ufffdb\\ufffd\"");
	json("\xc0\xaf\xed\xa0\x80", 0, "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"");
	json(NULL, 0.1f, "0.1");
	json(NULL, 1.0f / 3, "0.33333334");
	json(NULL, -0.5, "-0.5");
	json(NULL, 16777216, "16777216");
	json(NULL, 4294967297.0, "4294967297");
	json(NULL, 1e-20f, "1e-20");
	json(NULL, (double)NAN, "null");
	json(NULL, (double)-INFINITY, "null");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	signal(SIGHUP, SIG_DFL); /* the suite may be run by nohup(1) */
	signal(SIGPIPE, SIG_DFL);
	test_json();
	test_output();
	return done();
}
