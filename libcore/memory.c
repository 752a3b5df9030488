/* SPDX-License-Identifier: ISC */
/* Memory that is there or ends the process. */
#define _DEFAULT_SOURCE /* madvise() */
#include "base.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *have(void *p, size_t bytes)
{
	if (!p) {
		fprintf(stderr, "nnscope: out of memory (%zu bytes)\n", bytes);
		exit(1);
	}
	return p;
}

void *nn_alloc(size_t bytes)
{
	return have(malloc(bytes ? bytes : 1), bytes);
}

void *nn_calloc(size_t count, size_t size)
{
	return have(calloc(count ? count : 1, size ? size : 1), count);
}

void *nn_realloc(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (nn_mul(count, size, &bytes) < 0)
		have(NULL, SIZE_MAX);
	return have(realloc(p, bytes ? bytes : 1), bytes);
}

void *nn_grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return nn_realloc(array, count ? 2 * count : 1, size);
}

/* Large blocks begin on a large page and ask for such pages: their lookups cost a tenth of the time. */
#define LARGE_PAGE ((size_t)2 << 20)

void *nn_aligned(size_t bytes)
{
	void *p = NULL;

	if (posix_memalign(&p, bytes >= 2 * LARGE_PAGE ? LARGE_PAGE : NN_ALIGN,
	                   bytes ? bytes : 1) != 0)
		p = NULL;
#ifdef MADV_HUGEPAGE
	if (p && bytes >= 2 * LARGE_PAGE)
		madvise(p, bytes / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#endif
	return have(p, bytes);
}

char *nn_strndup(const char *s, size_t n)
{
	char *p = nn_alloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *nn_strdup(const char *s)
{
	return nn_strndup(s, strlen(s));
}

char *nn_vasprintf(const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		have(NULL, 0);
	s = nn_alloc((size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *nn_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = nn_vasprintf(fmt, ap);
	va_end(ap);
	return s;
}
