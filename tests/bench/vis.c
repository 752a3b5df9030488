/* SPDX-License-Identifier: ISC */
/*
 * End to end, as processes: feature visualisation beside the same recipe in PyTorch, what a smaller
 * objective saves, and start and memory of every tool.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

enum { SIZE = 128, WARM = 20, PEER_STEPS = 40, STARTS = 20 };

/* Runs argv in the bench's folder, its output thrown away; -1 when it fails. */
static int spawn(const char *const *argv, double *seconds, double *megabytes)
{
	char *folder = bench_folder();
	double begun = nn_seconds();
	struct rusage used;
	int status, null, pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		if (null < 0 || dup2(null, 1) < 0 || chdir(folder) < 0)
			_exit(127);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	free(folder);
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0 || status != 0) {
		fprintf(stderr, "bench: failed: %s\n", argv[2] ? argv[2] : argv[0]);
		return -1;
	}
	*seconds = nn_seconds() - begun;
	*megabytes = (double)used.ru_maxrss / 1024;
	return 0;
}

static int run_shell(const char *text, double *seconds, double *megabytes)
{
	const char *const argv[] = {"sh", "-c", text, NULL};

	return spawn(argv, seconds, megabytes);
}

static void print_process(const char *name, int runs, double median, double best, double megabytes)
{
	if (bench_only && !strstr(name, bench_only))
		return;
	printf(bench_json ? "{\"part\": \"vis\", \"name\": \"%s\", \"runs\": %d, \"ms\": %.3f, "
			    "\"best_ms\": %.3f, \"peak_mb\": %.1f}\n"
			  : "%-50s %2d %9.3f %9.3f %8.1f MB\n",
	       name, runs, median * 1e3, best * 1e3, megabytes);
	fflush(stdout);
}

/* Small jobs, each after those whose files it reads. */
static const char *const jobs[][2] = {
	{"nn-load", "demo >demo.nnt"},
	{"nn-info", "demo.nnt"},
	{"nn-stimuli", "-s 96 cat fish house sun >pictures.nnt"},
	{"nn-montage", "-c 1 -o pictures.png pictures.nnt"},
	{"nn-image", "-s 96 pictures.png >picture.nnt"},
	{"nn-activations", "-m demo.nnt pictures.nnt >logits.nnt"},
	{"nn-top", "logits.nnt"},
	{"nn-grad", "-m demo.nnt -O 'logit(0)' picture.nnt >gradient.nnt"},
	{"nn-vis", "-q -m demo.nnt -n 16 -s 96 'logit(0)' >unit.nnt"},
	{"nn-slice", "-n 1 pictures.nnt"},
	{"nn-npy", "-o pictures.npz <pictures.nnt"},
	{"nn-diff", "picture.nnt picture.nnt"},
	{"nn-tune", "-p angle answers.nnt"},
};

static void measure_jobs(void)
{
	double seconds, megabytes;
	char *text, *name;
	size_t i;

	run_shell("nn-stimuli -s 64 -g angle=0:150:30 grating | "
		  "nn-activations -m tiny -l relu1 -R mean >answers.nnt",
		  &seconds, &megabytes);
	for (i = 0; i < NN_LEN(jobs); i++) {
		text = nn_asprintf("exec %s %s", jobs[i][0], jobs[i][1]);
		name = nn_asprintf("%s %s", jobs[i][0], jobs[i][1]);
		if (run_shell(text, &seconds, &megabytes) == 0)
			print_process(name, 1, seconds, seconds, megabytes);
		free(text);
		free(name);
	}
}

static void measure_start(const char *tool)
{
	const char *const argv[] = {tool, "-V", NULL};
	double t[STARTS], megabytes = 0, median;
	char *name = nn_asprintf("%s -V", tool);
	int i;

	if (!bench_only || strstr(name, bench_only)) {
		for (i = 0; i < STARTS && spawn(argv, &t[i], &megabytes) == 0; i++)
			continue;
		if (i == STARTS) {
			median = bench_median(t, STARTS);
			print_process(name, STARTS, median, t[0], megabytes);
		}
	}
	free(name);
}

static void measure_starts(void)
{
	char *bin = bench_build("/bin");
	struct dirent **list = NULL;
	int i, n = scandir(bin, &list, NULL, alphasort);

	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.')
			measure_start(list[i]->d_name);
		free(list[i]);
	}
	free(list);
	free(bin);
}

/* The loop in PyTorch: ms of a step for one channel and for 16, 0 when it cannot be had. */
static void measure_peer(const char *model, const char *layer, double ms[2], char how[2][64])
{
	char number[4][16];
	const char *const argv[] = {"/usr/bin/python3", "tests/bench/lucid_speed.py", model, layer,
				    number[0], number[1], number[2], number[3], NULL};
	FILE *to, *from;
	int i, pid;

	ms[0] = ms[1] = 0;
	snprintf(number[0], sizeof number[0], "%d", omp_get_max_threads());
	snprintf(number[1], sizeof number[1], "%d", SIZE);
	snprintf(number[2], sizeof number[2], "%d", (int)NN_MIN(WARM, bench_steps));
	snprintf(number[3], sizeof number[3], "%d", (int)NN_MIN(PEER_STEPS, bench_steps));
	pid = bench_peer_process(argv, &to, &from);
	if (pid < 0)
		return;
	for (i = 0; i < 2; i++)
		if (fscanf(from, "%lf\t%63[^\n]", &ms[i], how[i]) != 2)
			ms[i] = 0;
	if (bench_peer_end(pid, to, from) < 0)
		fputs("bench: no loop in PyTorch: see scripts/setup -b\n", stderr);
}

/* nn-vis as a user runs it, beside the peer's step if that was measured. */
static void measure_unit(const char *what, const char *arguments, int channels, double peer_step,
			   const char *how)
{
	char *text = nn_asprintf("exec nn-vis -q -m vis.nnt -s %d -n %d %s >unit.nnt", SIZE,
				 (int)bench_steps, arguments);
	char *name = nn_asprintf("%s, %d steps", what, (int)bench_steps), *peer = NULL;
	struct bench_line line = {.part = "vis", .name = name, .algorithm = "nn-vis"};
	double seconds, megabytes;

	line.batch = channels;
	line.threads = omp_get_max_threads();
	if ((!bench_only || strstr(name, bench_only)) &&
	    run_shell(text, &seconds, &megabytes) == 0) {
		if (!bench_json || peer_step <= 0)
			bench_print(&line, seconds, seconds);
		if (peer_step > 0) {
			line.peer = peer = nn_asprintf("PyTorch, %d steps scaled, %s",
						       (int)NN_MIN(PEER_STEPS, bench_steps), how);
			line.peer_ms = line.peer_best_ms = peer_step * (double)bench_steps;
			line.ratio = line.best_ratio = line.peer_ms / (1e3 * seconds);
			bench_print(&line, seconds, seconds);
		}
	}
	free(text);
	free(name);
	free(peer);
}

static void measure_units(void)
{
	char *model = bench_find("googlenet_4c"), *text, how[2][64] = {"", ""};
	const char *layer = "inception_4c/output";
	double step[2] = {0, 0}, seconds, megabytes;

	if (!model) {
		model = bench_find("googlenet");
		layer = "/inception4c/Concat_output_0";
	}
	if (!model)
		return;
	text = nn_asprintf("nn-load -q -p caffe '%s' >vis.nnt", model);
	if (run_shell(text, &seconds, &megabytes) == 0) {
		if (!bench_peers_only || strstr(bench_peers_only, "pytorch"))
			measure_peer(model, layer, step, how);
		free(text);
		text = nn_asprintf("'%s:5'", layer);
		measure_unit("channel of inception_4c", text, 1, step[0], how[0]);
		free(text);
		text = nn_asprintf("'%s:0-15'", layer);
		measure_unit("16 channels of inception_4c", text, 16, step[1], how[1]);
		free(text);
		text = nn_asprintf("-O 'neuron(%s:5)'", layer);
		measure_unit("neuron of inception_4c", text, 1, 0, NULL);
		free(text);
		text = nn_asprintf("-O 'deepdream(%s)'", layer);
		measure_unit("all of inception_4c", text, 1, 0, NULL);
	}
	free(text);
	free(model);
}

void bench_vis(void)
{
	char *bin = bench_build("/bin"), *path = nn_asprintf("%s:%s", bin, getenv("PATH"));

	setenv("PATH", path, 1);
	free(path);
	free(bin);
	measure_starts();
	measure_jobs();
	if (!bench_only || strstr(bench_only, "inception"))
		measure_units();
}
