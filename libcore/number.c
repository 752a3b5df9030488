/* SPDX-License-Identifier: ISC */
/* Numbers: checked arithmetic, parsing, half precision, names that are near. */
#include "base.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int nn_mul(size_t a, size_t b, size_t *product)
{
	if (b && a > SIZE_MAX / b)
		return -1;
	*product = a * b;
	return 0;
}

size_t nn_round_up(size_t n, size_t m)
{
	return (n + m - 1) & ~(m - 1);
}

int nn_parse_int(const char *s, int64_t low, int64_t high, int64_t *value)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, 10);
	if (end == s || *end || isspace((unsigned char)*s))
		return nn_fail("'%s' is not a whole number", s);
	if (errno == ERANGE || v < low || v > high)
		return nn_fail("'%s' is not within %lld..%lld", s, (long long)low, (long long)high);
	*value = v;
	return 0;
}

int nn_parse_float(const char *s, double *value)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end || isspace((unsigned char)*s) || !isfinite(v))
		return nn_fail("'%s' is not a number", s);
	*value = v;
	return 0;
}

int nn_parse_floats(const char *s, int most, double *values)
{
	char *copy = nn_strdup(s), *p = copy, *comma;
	int n = 0, ok = 0;

	do {
		comma = strchr(p, ',');
		if (comma)
			*comma = '\0';
		if (n == most)
			ok = nn_fail("'%s' has more than %d numbers", s, most);
		else
			ok = nn_parse_float(p, &values[n++]);
		p = comma ? comma + 1 : p;
	} while (comma && ok == 0);
	free(copy);
	return ok < 0 ? -1 : n;
}

int nn_parse_size(const char *s, int *width, int *height)
{
	const char *x = strchr(s, 'x');
	char *first = nn_strndup(s, x ? (size_t)(x - s) : strlen(s));
	int64_t w = 0, h = 0;
	int bad = nn_parse_int(first, 1, 65535, &w) < 0 ||
	          nn_parse_int(x ? x + 1 : first, 1, 65535, &h) < 0;

	free(first);
	if (bad)
		return nn_fail("'%s' is not a size: want WxH or S, in pixels, 1..65535", s);
	*width = (int)w;
	*height = (int)h;
	return 0;
}

static float from_bits(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

float nn_half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;

	if (exponent == 31) /* infinity and NaN */
		return from_bits(sign | 0x7f800000 | fraction << 13);
	if (exponent) /* normal: rebias 15 to 127 */
		return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
	/* zero and subnormal: fraction * 2^-24 is exact */
	return from_bits(sign) + (sign ? -1.0f : 1.0f) * (float)fraction * 0x1p-24f;
}

uint16_t nn_float_to_half(float f)
{
	uint32_t u, sign, magnitude;
	float scaled;

	memcpy(&u, &f, sizeof u);
	sign = u >> 16 & 0x8000;
	magnitude = u & 0x7fffffff;
	if (magnitude > 0x7f800000)
		return (uint16_t)(sign | 0x7e00);
	if (magnitude >= 0x477ff000) /* 65520 and above round to infinity */
		return (uint16_t)(sign | 0x7c00);
	if (magnitude < 0x38800000) { /* below 2^-14: a multiple of 2^-24 */
		scaled = fabsf(f) * 0x1p24f;
		return (uint16_t)(sign | (uint32_t)lrintf(scaled));
	}
	/* rebias 127 to 15, round the 13 dropped bits to nearest even */
	magnitude += 0xc8000fff + (magnitude >> 13 & 1);
	return (uint16_t)(sign | magnitude >> 13);
}

float nn_bfloat_to_float(uint16_t b)
{
	return from_bits((uint32_t)b << 16);
}

/* Levenshtein distance with one row; the shorter the names the cheaper, and layers are few. */
static int distance(const char *a, const char *b)
{
	int la = (int)strlen(a), lb = (int)strlen(b), i, j, diagonal, up, best;
	int *row = nn_calloc((size_t)lb + 1, sizeof *row);

	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			best = diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
			best = NN_MIN(best, NN_MIN(up, row[j - 1]) + 1);
			diagonal = up;
			row[j] = best;
		}
	}
	best = row[lb];
	free(row);
	return best;
}

const char *nn_nearest(const char *want, const char *const *names, int count)
{
	const char *nearest = NULL;
	int i, d, least = (int)strlen(want) / 2 + 1;

	for (i = 0; i < count; i++) {
		/* a name that goes on where the wanted one ends counts as near */
		d = distance(want, names[i]);
		if (*want && strncmp(want, names[i], strlen(want)) == 0)
			d = NN_MIN(d, 1);
		if (d < least) {
			least = d;
			nearest = names[i];
		}
	}
	return nearest;
}

char *nn_stem(const char *path)
{
	const char *base = strrchr(path, '/'), *dot;

	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	if (strcmp(path, "-") == 0)
		return nn_strdup("stdin");
	return nn_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

uint64_t nn_hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h;
}
