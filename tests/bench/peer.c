/* SPDX-License-Identifier: ISC */
/* Peers as processes. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

static const char python[] = "/usr/bin/python3";
static const char *const commands[][3] = {
	{"node", "tests/bench/onnxruntime.js", NULL},
	{python, "tests/bench/pytorch.py", NULL},
	{python, "tests/bench/opencv.py", NULL},
};

struct bench_peer bench_peers[] = {
	{.key = "onnxruntime"},
	{.key = "pytorch"},
	{.key = "opencv"},
};
const int bench_npeers = NN_LEN(bench_peers);

/*
 * What is best for the peers: the BLAS that scripts/setup -b fetched and its own choice of kernels;
 * memory that is not given back to the system between two layers.
 */
static void peer_environment(void)
{
	char *blas = bench_build("/peers/blas"), *modules = bench_build("/peers/node_modules");

	setenv("LD_LIBRARY_PATH", blas, 0);
	setenv("NODE_PATH", modules, 0);
	unsetenv("OPENBLAS_CORETYPE");
	setenv("MALLOC_MMAP_MAX_", "0", 0);
	setenv("MALLOC_TRIM_THRESHOLD_", "8000000000", 0);
	setenv("MALLOC_TOP_PAD_", "67108864", 0);
	free(blas);
	free(modules);
}

int bench_peer_process(const char *const *argv, FILE **to, FILE **from)
{
	int in[2], out[2], pid;

	if (pipe(in) < 0 || pipe(out) < 0)
		return -1;
	fcntl(in[1], F_SETFD, FD_CLOEXEC); /* else the next peers keep it open */
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]);
		close(out[1]);
		peer_environment();
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*to = fdopen(in[1], "w");
	*from = fdopen(out[0], "r");
	return *to && *from ? pid : -1;
}

int bench_peer_end(int pid, FILE *to, FILE *from)
{
	int status;

	fclose(to);
	fclose(from);
	return waitpid(pid, &status, 0) < 0 || status != 0 ? -1 : 0;
}

static void start(struct bench_peer *p, const char *const *argv)
{
	p->pid = bench_peer_process(argv, &p->to, &p->from);
	if (p->pid < 0 || !fgets(p->name, sizeof p->name, p->from))
		p->name[0] = '\0';
	p->name[strcspn(p->name, "\n")] = '\0';
}

void bench_peers_start(const char *only)
{
	static int started;
	int i;

	if (started++)
		return;
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < bench_npeers; i++) {
		if (only && !strstr(only, bench_peers[i].key))
			continue;
		start(&bench_peers[i], commands[i]);
		if (!bench_peers[i].name[0])
			fprintf(stderr, "bench: no %s: see scripts/setup -b\n", bench_peers[i].key);
	}
}

void bench_peers_stop(void)
{
	int i;

	for (i = 0; i < bench_npeers; i++)
		if (bench_peers[i].to) {
			bench_peer_end(bench_peers[i].pid, bench_peers[i].to, bench_peers[i].from);
			bench_peers[i].to = NULL;
		}
}

/* The answer to what was said, without the end of its line; NULL when the peer is gone. */
static char *answer(struct bench_peer *p, char *line, int size)
{
	fflush(p->to);
	if (!fgets(line, size, p->from)) {
		p->name[0] = '\0';
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int refuse(struct bench_peer *p, const char *what, const char *line)
{
	fprintf(stderr, "bench: %s: %s: %.200s\n", p->key, what,
		!line                    ? "it has ended"
		: !strncmp(line, "no\t", 3) ? line + 3
					 : line);
	p->ready = 0;
	return 0;
}

int bench_peer_open(struct bench_peer *p, const char *file, const char *layer, const int64_t dim[4],
		    int threads, const char *picture, const char *result)
{
	char line[1024], *got;

	p->ready = 0;
	p->best_ms = 1e30;
	if (!p->name[0])
		return 0;
	fprintf(p->to, "open\t%s\t%s\t%dx%dx%dx%d\t%d\t%s\t%s\n", file, layer, (int)dim[0],
		(int)dim[1], (int)dim[2], (int)dim[3], threads, picture, result);
	got = answer(p, line, sizeof line);
	if (!got || strncmp(got, "ok\t", 3))
		return refuse(p, file, got);
	snprintf(p->how, sizeof p->how, "%.60s", got + 3);
	p->ready = 1;
	return 1;
}

int bench_peer_run(struct bench_peer *p, int round, double seconds)
{
	char line[1024], *got;
	double best;

	fprintf(p->to, "run\t%g\n", seconds);
	got = answer(p, line, sizeof line);
	if (!got || sscanf(got, "%lf\t%lf", &p->ms[round], &best) != 2) {
		refuse(p, "run", got);
		return -1;
	}
	p->best_ms = NN_MIN(p->best_ms, best);
	return 0;
}

void bench_peer_close(struct bench_peer *p)
{
	char line[1024];

	if (!p->name[0])
		return;
	fputs("close\n", p->to);
	answer(p, line, sizeof line);
	p->ready = 0;
}
