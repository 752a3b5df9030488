/* SPDX-License-Identifier: ISC */
/* The zoo: known models, built in or downloaded. */
#include "net.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NN_ZOO(name) extern const struct nn_zoo nn_zoo_##name;
#include "zoo/zoo.def"
#undef NN_ZOO

const struct nn_zoo *const nn_zoos[] = {
#define NN_ZOO(name) &nn_zoo_##name,
#include "zoo/zoo.def"
#undef NN_ZOO
	NULL,
};

const struct nn_zoo *nn_zoo_find(const char *name)
{
	int i;

	for (i = 0; nn_zoos[i]; i++)
		if (strcmp(nn_zoos[i]->name, name) == 0)
			return nn_zoos[i];
	return NULL;
}

char *nn_zoo_path(const char *file)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && *data == '/')
		return nn_asprintf("%s/nnscope/%s", data, file);
	return home && *home ? nn_asprintf("%s/.local/share/nnscope/%s", home, file) : NULL;
}

/* Input range and class names, as far as they are known. */
static int complete(struct nn_net *net, const struct nn_zoo *z)
{
	struct nn_preprocess p;
	char *labels = nn_zoo_path("imagenet.txt");
	int raw, status = 0;

	if (z->preset && !nn_net_has_preprocess(net))
		status = nn_preset(z->preset, &p, &raw) < 0 || nn_net_adapt(net) < 0 ||
			 nn_net_preprocess(net, &p) < 0;
	if (status == 0 && labels && access(labels, F_OK) == 0)
		status = nn_net_read_labels(net, labels);
	free(labels);
	return status ? -1 : 0;
}

struct nn_net *nn_zoo_open(const struct nn_zoo *z)
{
	struct nn_net *net = NULL;
	char *file, *path;

	if (z->make)
		return z->make();
	file = nn_asprintf("%s.onnx", z->name);
	path = nn_zoo_path(file);
	if (!path || access(path, F_OK) != 0) {
		nn_fail("%s: not on this machine yet: 'nn-fetch %s' downloads it (%lld MB)",
			z->name, z->name, (long long)(z->bytes + 500000) / 1000000);
	} else {
		net = nn_net_open(path);
		if (net && complete(net, z) < 0) {
			nn_fail_in("%s", path);
			nn_net_free(net);
			net = NULL;
		}
		if (net) {
			free(net->name);
			net->name = nn_strdup(z->name);
		}
	}
	free(path);
	free(file);
	return net;
}
