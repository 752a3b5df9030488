/* SPDX-License-Identifier: ISC */
/* Strings and numbers as JSON (RFC 8259). */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at s; 0: none (RFC 3629: no overlong forms, no surrogates). */
static int character(const unsigned char *s)
{
	int n = s[0] < 0x80 ? 1 : s[0] < 0xc2 || s[0] > 0xf4 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	int i;

	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void nn_json_string(FILE *f, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	int n;

	putc('"', f);
	for (; *p; p += NN_MAX(n, 1)) {
		n = character(p);
		if (n == 0)
			fputs("\\ufffd", f); /* not UTF-8: the replacement character */
		else if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p == '\n')
			fputs("\\n", f);
		else if (*p == '\t')
			fputs("\\t", f);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(f, "\\u%04x", *p);
		else
			fwrite(p, 1, (size_t)n, f);
	}
	putc('"', f);
}

char *nn_number_text(double v, char text[32])
{
	int digits;

	for (digits = 1; digits < 9; digits++) {
		snprintf(text, 32, "%.*g", digits, v);
		if ((float)atof(text) == (float)v)
			return text;
	}
	snprintf(text, 32, "%.9g", v);
	return text;
}

void nn_json_number(FILE *f, double v)
{
	char text[32];

	if (isfinite(v) && v == floor(v) && fabs(v) < 0x1p53)
		fprintf(f, "%.0f", v); /* counts and indices are larger than a float32 holds */
	else
		fputs(isfinite(v) ? nn_number_text(v, text) : "null", f);
}
