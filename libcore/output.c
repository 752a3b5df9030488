/* SPDX-License-Identifier: ISC */
/* Output files that appear whole or not at all. */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Temporary files of now, for the end of the process, however it comes. */
static char *volatile unfinished[16];

static void remove_unfinished(void)
{
	size_t i;

	for (i = 0; i < NN_LEN(unfinished); i++)
		if (unfinished[i])
			unlink(unfinished[i]);
}

static void ended_by(int number)
{
	remove_unfinished();
	raise(number); /* the handler was good for once: now the signal does what it would have done */
}

static void watch(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXCPU, SIGXFSZ};
	static int watching;
	struct sigaction act, old;
	size_t i;

	if (watching++)
		return;
	atexit(remove_unfinished);
	memset(&act, 0, sizeof act);
	act.sa_handler = ended_by;
	act.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
	for (i = 0; i < NN_LEN(numbers); i++)
		/* what is ignored (nohup) stays so */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &act, NULL);
}

static int enlist(char *path, char *with)
{
	size_t i;

	for (i = 0; i < NN_LEN(unfinished); i++) {
		if (unfinished[i] == path) {
			unfinished[i] = with;
			return 0;
		}
	}
	return nn_fail("more than %d output files at once", (int)NN_LEN(unfinished));
}

static void forget(struct nn_output *o)
{
	if (o->temporary)
		enlist(o->temporary, NULL);
	free(o->temporary);
	free(o->path);
	memset(o, 0, sizeof *o);
}

/* A file beside path, with the permissions that a plainly created one would have. */
static int open_temporary(struct nn_output *o)
{
	const char *slash = strrchr(o->path, '/');
	int n = slash ? (int)(slash + 1 - o->path) : 0, fd;
	mode_t mask = umask(0);

	umask(mask);
	o->temporary = nn_asprintf("%.*s.%s.XXXXXX", n, o->path, o->path + n);
	fd = mkstemp(o->temporary);
	if (fd < 0) {
		free(o->temporary);
		o->temporary = NULL;
		return nn_fail("%s: %s", o->path, strerror(errno));
	}
	watch();
	if (enlist(NULL, o->temporary) < 0) {
		unlink(o->temporary);
		close(fd);
		free(o->temporary);
		o->temporary = NULL;
		return -1;
	}
	fchmod(fd, 0666 & ~mask);
	return fd;
}

int nn_output_open(struct nn_output *o, const char *path)
{
	struct stat st;
	int fd;

	memset(o, 0, sizeof *o);
	o->path = nn_strdup(path);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* a device, a named pipe, a link: nothing may take its place */
		o->f = fopen(path, "wb");
	} else {
		fd = open_temporary(o);
		if (fd < 0) {
			forget(o);
			return -1;
		}
		o->f = fdopen(fd, "wb");
	}
	if (!o->f) {
		nn_fail("%s: %s", path, strerror(errno));
		nn_output_abort(o);
		return -1;
	}
	return 0;
}

int nn_output_close(struct nn_output *o)
{
	int bad = ferror(o->f), sync;

	errno = 0;
	bad |= fflush(o->f) != 0;
	sync = bad || !o->temporary ? 0 : fsync(fileno(o->f));
	bad |= sync != 0;
	if (fclose(o->f) != 0)
		bad = 1;
	o->f = NULL;
	if (!bad && o->temporary && rename(o->temporary, o->path) != 0)
		bad = 1;
	if (bad) {
		nn_fail("%s: cannot write%s%s", o->path, errno ? ": " : "", errno ? strerror(errno) : "");
		nn_output_abort(o);
		return -1;
	}
	forget(o);
	return 0;
}

void nn_output_abort(struct nn_output *o)
{
	if (o->f)
		fclose(o->f);
	if (o->temporary)
		unlink(o->temporary);
	forget(o);
}
