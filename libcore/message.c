/* SPDX-License-Identifier: ISC */
/* Messages of failures, one per thread. */
#include "base.h"

#include <stdarg.h>
#include <string.h>

static _Thread_local char message[1024];

int nn_fail(const char *fmt, ...)
{
	/* an argument may be nn_error() itself, so the text is made aside */
	char text[sizeof message];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	memcpy(message, text, sizeof message);
	return -1;
}

int nn_fail_in(const char *fmt, ...)
{
	char where[sizeof message];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(where, sizeof where, fmt, ap);
	va_end(ap);
	return nn_fail("%s: %s", where, message);
}

const char *nn_error(void)
{
	return message;
}
