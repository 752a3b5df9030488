/* SPDX-License-Identifier: ISC */
/* What the tests of picture files share: reading from memory, and doing damage. */
#ifndef PICTURES_H
#define PICTURES_H

#include "image.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

struct bytes {
	unsigned char *p;
	size_t n;
};

static int read_bytes(struct nn_tensor *t, const void *p, size_t n)
{
	/* a copy of just that size, so that a sanitizer sees any step beyond it */
	void *copy = nn_alloc(n);
	int status;

	memcpy(copy, p, n);
	memset(t, 0, sizeof *t);
	status = nn_image_read(t, "some/file.pic", copy, n);
	free(copy);
	return status;
}

static int refused(const void *p, size_t n, const char *why)
{
	struct nn_tensor t;

	if (read_bytes(&t, p, n) < 0) {
		if (strstr(nn_error(), why))
			return 1;
		printf("# message '%s', want '%s'\n", nn_error(), why);
		return 0;
	}
	nn_tensor_release(&t);
	return 0;
}

/* Every shorter file fails; every file with a byte changed fails or gives a picture. */
static void spoil(struct bytes *b, const char *what)
{
	struct nn_tensor t;
	int failed = 1;
	size_t i, k;

	for (i = 0; i < b->n; i++)
		if (read_bytes(&t, b->p, i) == 0) {
			printf("# the first %zu of %zu bytes were read\n", i, b->n);
			failed = 0;
			nn_tensor_release(&t);
		}
	ok(failed, "%s: cut off anywhere it is refused", what);
	for (i = 0; i < b->n; i++)
		for (k = 0; k < 3; k++) {
			const unsigned char flip[] = {0xff, 0x01, 0x80};

			b->p[i] ^= flip[k];
			if (read_bytes(&t, b->p, b->n) == 0)
				nn_tensor_release(&t);
			b->p[i] ^= flip[k];
		}
	ok(1, "%s: any byte wrong, and still here", what);
}

#endif
