/* SPDX-License-Identifier: ISC */
/* Greedy placement of leases, largest first. */
#include "place.h"

#include <stdlib.h>
#include <unistd.h>

static int larger(const void *a, const void *b)
{
	const struct nn_lease *x = *(struct nn_lease *const *)a, *y = *(struct nn_lease *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x < y ? -1 : x > y; /* a stable order: the same plan each time */
}

static int lower(const void *a, const void *b)
{
	const struct nn_lease *x = *(struct nn_lease *const *)a, *y = *(struct nn_lease *const *)b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int memory_fits(size_t bytes)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	if (pages > 0 && page > 0 && bytes / (size_t)page >= (size_t)pages)
		return nn_fail("it needs %zu MiB of memory, the machine has %zu", bytes >> 20,
		               (size_t)pages * ((size_t)page >> 10) >> 10);
	return 0;
}

/* The lowest offset at which want fits between its contemporaries. */
static size_t lowest(const struct nn_lease *want, struct nn_lease **placed, int n,
                     struct nn_lease **rivals)
{
	size_t at = 0;
	int i, count = 0;

	for (i = 0; i < n; i++)
		if (placed[i]->first <= want->last && want->first <= placed[i]->last)
			rivals[count++] = placed[i];
	qsort(rivals, (size_t)count, sizeof *rivals, lower);
	for (i = 0; i < count; i++) {
		if (rivals[i]->offset >= at + want->bytes)
			break;
		at = NN_MAX(at, nn_round_up(rivals[i]->offset + rivals[i]->bytes, NN_ALIGN));
	}
	return at;
}

int nn_place(struct nn_lease *lease, int count, size_t *bytes)
{
	struct nn_lease **order = nn_calloc((size_t)count, sizeof *order);
	struct nn_lease **rivals = nn_calloc((size_t)count, sizeof *rivals);
	int i, n = 0, status = 0;
	size_t sum = 0;

	for (i = 0; i < count; i++)
		if (lease[i].bytes) {
			order[n++] = &lease[i];
			/* each below 2^60: saturating is enough for the refusal below */
			sum = sum + lease[i].bytes < sum ? SIZE_MAX : sum + lease[i].bytes;
		}
	*bytes = 0;
	if (sum == SIZE_MAX)
		status = memory_fits(sum);
	qsort(order, (size_t)n, sizeof *order, larger);
	for (i = 0; i < n && status == 0; i++) {
		order[i]->offset = lowest(order[i], order, i, rivals);
		*bytes = NN_MAX(*bytes, nn_round_up(order[i]->offset + order[i]->bytes, NN_ALIGN));
		status = memory_fits(*bytes);
	}
	free(order);
	free(rivals);
	return status;
}
