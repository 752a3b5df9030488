/* SPDX-License-Identifier: ISC */
/* Rows of samples become planes of floats, turned upright. */
#include "raster.h"

#include <string.h>

int nn_raster_begin(struct nn_raster *r, struct nn_tensor *t, int64_t width, int64_t height,
                    int orientation)
{
	int aside = orientation >= 5 && orientation <= 8, left, up;
	int64_t dim[4] = {1, 3, aside ? width : height, aside ? height : width};

	if (width < 1 || height < 1)
		return nn_fail("%lldx%lld is not a picture size", (long long)width,
		               (long long)height);
	if (height > NN_PIXELS / width)
		return nn_fail("%lldx%lld pixels are too many: the most is %lld", (long long)width,
		               (long long)height, (long long)NN_PIXELS);
	nn_tensor_init(t, "", NN_F32, 4, dim);
	/* where the stored rows or columns run against the upright ones */
	left = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
	up = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
	r->width = width;
	r->plane = width * height;
	r->at = (float *)t->data + (left ? dim[3] - 1 : 0) + (up ? (dim[2] - 1) * dim[3] : 0);
	r->across = aside ? (up ? -dim[3] : dim[3]) : (left ? -1 : 1);
	r->down = aside ? (left ? -1 : 1) : (up ? -dim[3] : dim[3]);
	return 0;
}

void nn_raster_row(struct nn_raster *r, const uint16_t *row, int channels, unsigned most)
{
	int alpha = channels == 2 || channels == 4, colours = channels - alpha, c;
	float scale = (float)most, opaque = 1, value, *to;
	int64_t x;

	for (x = 0; x < r->width; x++, row += channels) {
		if (alpha)
			opaque = (float)row[colours] / scale;
		to = r->at + x * r->across;
		for (c = 0; c < 3; c++) {
			value = (float)row[colours == 3 ? c : 0] / scale;
			to[c * r->plane] = alpha ? opaque * value + (1 - opaque) : value;
		}
	}
	r->at += r->down;
}

static unsigned number(const unsigned char *p, int bytes, int little)
{
	unsigned v = 0;
	int i;

	for (i = 0; i < bytes; i++)
		v = v << 8 | p[little ? bytes - 1 - i : i];
	return v;
}

/* TIFF 6.0: byte order, 42, offset of the first directory; a count, then entries of 12 bytes. */
int nn_exif_orientation(const unsigned char *tiff, size_t size)
{
	int little;
	size_t at, i, count;
	unsigned v;

	if (size < 8 || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0))
		return 1;
	little = tiff[0] == 'I';
	at = number(tiff + 4, 4, little);
	if (at > size - 2)
		return 1;
	count = number(tiff + at, 2, little);
	for (i = 0, at += 2; i < count && at + 12 <= size; i++, at += 12)
		if (number(tiff + at, 2, little) == 0x112) {
			v = number(tiff + at + 8, 2, little);
			if (number(tiff + at + 2, 2, little) != 3) /* not a short */
				return 1;
			return v >= 1 && v <= 8 ? (int)v : 1;
		}
	return 1;
}
