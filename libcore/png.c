/* SPDX-License-Identifier: ISC */
/*
 * PNG through libpng.  libpng reports errors by longjmp: what lives across it is in struct decoder
 * and struct encoder, which the caller of the jumping function owns and gives back.
 */
#include "raster.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

struct decoder {
	png_structp png;
	png_infop info;
	const unsigned char *at, *end;
	unsigned char *raw; /* one row, or all of an interlaced picture */
	uint16_t *row;
	int made; /* the tensor */
};

static void on_error(png_structp png, png_const_charp text)
{
	nn_fail("%s", text);
	longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t size)
{
	struct decoder *d = png_get_io_ptr(png);

	if (size > (size_t)(d->end - d->at))
		png_error(png, "the file ends early");
	memcpy(to, d->at, size);
	d->at += size;
}

/*
 * Our text fields have lower-case keys, PNG's own capitals.  One with a dot is not of one picture,
 * and how an earlier file was read is nothing about this one.
 */
static int is_key(const char *key)
{
	static const char *const past[] = {"source", "size", "crop", "scale"};
	size_t i;

	for (i = 0; i < NN_LEN(past); i++)
		if (strcmp(key, past[i]) == 0)
			return 0;
	return *key >= 'a' && *key <= 'z' &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(key);
}

static void take_text(struct decoder *d, struct nn_tensor *t)
{
	png_textp text;
	int i, n = png_get_text(d->png, d->info, &text, NULL);

	for (i = 0; i < n; i++)
		if (text[i].text && is_key(text[i].key))
			nn_tensor_set(t, text[i].key, "%s", text[i].text);
}

static int orientation(struct decoder *d)
{
	png_bytep exif;
	png_uint_32 size;

	if (!png_get_eXIf_1(d->png, d->info, &size, &exif))
		return 1;
	return nn_exif_orientation(exif, size);
}

static void take_rows(struct decoder *d, struct nn_raster *r, png_uint_32 h, int channels, int wide)
{
	int pass, passes = png_set_interlace_handling(d->png);
	size_t bytes, i;
	unsigned char *row;
	png_uint_32 y;

	png_read_update_info(d->png, d->info);
	bytes = png_get_rowbytes(d->png, d->info);
	d->raw = nn_calloc(passes > 1 ? h : 1, bytes);
	d->row = nn_calloc((size_t)r->width * (size_t)channels, sizeof *d->row);
	for (pass = 0; pass < passes; pass++)
		for (y = 0; y < h; y++) {
			row = d->raw + (passes > 1 ? y * bytes : 0);
			png_read_row(d->png, row, NULL);
			if (pass < passes - 1)
				continue;
			for (i = 0; i < (size_t)r->width * (size_t)channels; i++)
				d->row[i] = wide ? (uint16_t)(row[2 * i] << 8 | row[2 * i + 1])
				                 : row[i];
			nn_raster_row(r, d->row, channels, wide ? 65535 : 255);
		}
}

static int decode(struct decoder *d, struct nn_tensor *t)
{
	struct nn_raster r;
	png_uint_32 w, h;
	int depth, kind, channels;
	size_t size = (size_t)(d->end - d->at);

	if (setjmp(png_jmpbuf(d->png)))
		return -1;
	png_set_read_fn(d->png, d, read_bytes);
	png_set_chunk_cache_max(d->png, 32);
	png_read_info(d->png, d->info);
	png_get_IHDR(d->png, d->info, &w, &h, &depth, &kind, NULL, NULL, NULL);
	/* deflate makes at most 1032 bytes of one: a larger claim is not worth its memory */
	if ((double)w * h * depth / 8 > 1032.0 * (double)size)
		return nn_fail("%ux%u pixels cannot be in a file of %zu bytes", w, h, size);
	png_set_expand(d->png); /* palette and few bits to 8 bits, a transparent colour to alpha */
	if (nn_raster_begin(&r, t, w, h, orientation(d)) < 0)
		return -1;
	d->made = 1;
	channels = kind & PNG_COLOR_MASK_COLOR ? 3 : 1;
	channels += kind & PNG_COLOR_MASK_ALPHA || png_get_valid(d->png, d->info, PNG_INFO_tRNS);
	take_rows(d, &r, h, channels, depth == 16);
	png_read_end(d->png, d->info);
	take_text(d, t);
	return 0;
}

int nn_png_read(struct nn_tensor *t, const unsigned char *bytes, size_t size)
{
	struct decoder d = {.at = bytes, .end = bytes + size};
	int status;

	d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	d.info = d.png ? png_create_info_struct(d.png) : NULL;
	status = d.info ? decode(&d, t) : nn_fail("libpng does not start");
	png_destroy_read_struct(&d.png, &d.info, NULL);
	free(d.raw);
	free(d.row);
	if (status < 0 && d.made)
		nn_tensor_release(t);
	return status;
}

struct encoder {
	png_structp png;
	png_infop info;
	png_text *text;
	int ntext;
	char *meta; /* a copy that is cut into keys and values */
};

static int is_ascii(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return 0;
	return 1;
}

static void add_text(struct encoder *e, char *key, char *value)
{
	png_text *text;

	/* what PNG cannot hold as a keyword is left out */
	if (!*key || strlen(key) > 79 || !is_ascii(key) || *key == ' ' || strstr(key, "  ") ||
	    key[strlen(key) - 1] == ' ')
		return;
	e->text = nn_realloc(e->text, (size_t)e->ntext + 1, sizeof *e->text);
	text = &e->text[e->ntext++];
	memset(text, 0, sizeof *text);
	text->compression = is_ascii(value) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
	text->key = key;
	text->text = value;
	text->lang = text->lang_key = NULL;
}

static void add_meta(struct encoder *e, const char *meta)
{
	char *line, *next, *equals;

	e->meta = nn_strdup(meta ? meta : "");
	for (line = e->meta; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		add_text(e, line, equals + 1);
	}
}

static void write_bytes(png_structp png, png_bytep from, size_t size)
{
	if (fwrite(from, 1, size, png_get_io_ptr(png)) != size)
		png_error(png, strerror(errno));
}

static void flush(png_structp png)
{
	(void)png;
}

static int encode(struct encoder *e, FILE *f, const unsigned char *pixels, int64_t w, int64_t h,
                  int channels)
{
	int64_t y;

	if (setjmp(png_jmpbuf(e->png)))
		return -1;
	png_set_write_fn(e->png, f, write_bytes, flush);
	png_set_user_limits(e->png, 0x7fffffff, 0x7fffffff);
	png_set_IHDR(e->png, e->info, (png_uint_32)w, (png_uint_32)h, 8,
	             channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
	             PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_text(e->png, e->info, e->text, e->ntext);
	png_write_info(e->png, e->info);
	for (y = 0; y < h; y++)
		png_write_row(e->png, pixels + y * w * channels);
	png_write_end(e->png, NULL);
	return 0;
}

static int write_all(struct encoder *e, FILE *f, const unsigned char *pixels, int64_t w, int64_t h,
                     int channels)
{
	if (encode(e, f, pixels, w, h, channels) < 0)
		return nn_fail_in("cannot write the picture");
	if (fflush(f) != 0)
		return nn_fail("cannot write the picture: %s", strerror(errno));
	return 0;
}

int nn_png_write_bytes(FILE *f, const unsigned char *pixels, int64_t w, int64_t h, int channels,
                       const char *name, const char *meta)
{
	struct encoder e = {.png = NULL};
	char title[] = "Title", software[] = "Software", maker[] = "nnscope " NN_VERSION_TEXT;
	char *what = nn_strdup(name ? name : "");
	int status;

	e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	e.info = e.png ? png_create_info_struct(e.png) : NULL;
	if (*what)
		add_text(&e, title, what);
	add_text(&e, software, maker);
	add_meta(&e, meta);
	if (w < 1 || h < 1 || h > NN_PIXELS / w)
		status = nn_fail("a picture of %lldx%lld pixels cannot be written", (long long)w,
		                 (long long)h);
	else if (!e.info)
		status = nn_fail("libpng does not start");
	else
		status = write_all(&e, f, pixels, w, h, channels);
	png_destroy_write_struct(&e.png, &e.info);
	free(e.text);
	free(e.meta);
	free(what);
	return status;
}

int nn_png_write(FILE *f, const struct nn_tensor *t)
{
	int skip = t->ndim == 4 && t->dim[0] == 1, channels, c, status;
	const float *x = t->data;
	unsigned char *pixels;
	int64_t h, w, i;

	if (t->type != NN_F32 || t->ndim - skip != 3 || (t->dim[skip] != 3 && t->dim[skip] != 1))
		return nn_fail("'%s' is not a picture", t->name ? t->name : "");
	channels = (int)t->dim[skip];
	h = t->dim[skip + 1];
	w = t->dim[skip + 2];
	pixels = nn_calloc((size_t)(h * w), (size_t)channels);
	for (c = 0; c < channels; c++)
		for (i = 0; i < h * w; i++)
			pixels[i * channels + c] = nn_byte(x[c * h * w + i]);
	status = nn_png_write_bytes(f, pixels, w, h, channels, t->name, t->meta);
	free(pixels);
	return status;
}
