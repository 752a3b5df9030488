/* SPDX-License-Identifier: ISC */
/* PNM and PNG: what is read is what was stored; damage is an error and never more than that. */
#include "pictures.h"

#include <png.h>
#include <zlib.h>

/* PNM */

static int pnm_is(const char *text, size_t n, int w, int h, const float *want)
{
	struct nn_tensor t;
	int same, c, i;

	if (read_bytes(&t, text, n) < 0) {
		printf("# %s\n", nn_error());
		return 0;
	}
	same = t.ndim == 4 && t.dim[1] == 3 && t.dim[2] == h && t.dim[3] == w;
	for (c = 0; same && c < 3; c++)
		for (i = 0; i < w * h; i++)
			same &= ((float *)t.data)[c * w * h + i] == want[i];
	nn_tensor_release(&t);
	return same;
}

static void test_pnm(void)
{
	static const float bits[] = {0, 1, 0, 1, 1, 0}, grey[] = {0, 128.f / 255, 1, 0.2f},
	                   deep[] = {1 / 65535.f, 258 / 65535.f, 1, 0};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"P6 2", "ends before the height"},
		{"P6 2 x 255 ", "height is not a number"},
		{"P6 -2 2 255 ", "width is not a number"},
		{"P6 0 2 255 ", "not a picture size"},
		{"P6 2 0 255 ", "not a picture size"},
		{"P6 2 2 0 ", "largest value is 0"},
		{"P6 2 2 65536 ", "over 65535"},
		{"P6 99999999999999999999 2 255 ", "width is over"},
		{"P6 2000000000 2000000000 255 ", "too many"},
		{"P6 16000 16000 255 xx", "ends early"},
		{"P5 2 1 255 abc", "1 bytes after"},
		{"P5 2 1 90 za", "over the largest value"},
		{"P2 2 1 90 91 0", "sample is over 90"},
		{"P2 2 1 90 1", "ends early"},
		{"P2 1 1 90 zzz", "sample is not a number"},
		{"P1 1 1 2", "not 0 or 1"},
		{"P5 1 1 255", "does not end with a blank"},
	};
	size_t i;

	ok(pnm_is("P1 # c\n3 2\n1 0 1\n001", 20, 3, 2, bits), "plain bitmap, with a comment");
	ok(pnm_is("P4\n3 2\n\xa0\x20", 9, 3, 2, bits), "raw bitmap");
	ok(pnm_is("P2 2 2 255 0 128 255 51", 23, 2, 2, grey), "plain grey");
	ok(pnm_is("P5\n2 2 255\n\0\x80\xff\x33", 15, 2, 2, grey), "raw grey");
	ok(pnm_is("P5 2 2 65535\n\0\1\1\2\xff\xff\0\0", 21, 2, 2, deep), "raw grey of 16 bits");
	ok(pnm_is("P3 2 1 255 0 0 0 51 51 51", 25, 2, 1, (float[]){0, 0.2f}), "plain colour");
	ok(pnm_is("P6 2 1 255\n\0\0\0\x33\x33\x33\n", 18, 2, 1, (float[]){0, 0.2f}), "raw colour");
	for (i = 0; i < NN_LEN(bad); i++)
		ok(refused(bad[i].text, strlen(bad[i].text), bad[i].why), "refused: %s",
		   bad[i].why);
}

/* PNG */

static void to_memory(png_structp png, png_bytep p, size_t n)
{
	struct bytes *b = png_get_io_ptr(png);

	b->p = nn_realloc(b->p, b->n + n, 1);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

/* A PNG of w x h with samples[] as stored, tRNS grey or palette entries when they are given. */
static struct bytes make_png(int w, int h, int depth, int kind, int interlace,
                             const unsigned char *samples, int transparent)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_color palette[2] = {{255, 0, 0}, {0, 51, 255}};
	png_byte alpha[2] = {255, 51};
	png_color_16 key = {.gray = 1};
	struct bytes b = {NULL, 0};
	png_bytep *rows = nn_calloc((size_t)h, sizeof *rows);
	int y;

	png_set_write_fn(png, &b, to_memory, NULL);
	png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, depth, kind, interlace,
	             PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (kind == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, info, palette, 2);
	if (transparent)
		png_set_tRNS(png, info, alpha, 2, kind == PNG_COLOR_TYPE_PALETTE ? NULL : &key);
	png_write_info(png, info);
	for (y = 0; y < h; y++)
		rows[y] = (png_bytep)samples + (size_t)y * png_get_rowbytes(png, info);
	png_write_image(png, rows);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	free(rows);
	return b;
}

static int holds(const struct bytes *b, int n, const float *want)
{
	struct nn_tensor t;
	int i, same = 1;

	if (read_bytes(&t, b->p, b->n) < 0) {
		printf("# %s\n", nn_error());
		return 0;
	}
	for (i = 0; i < n; i++)
		same &= ((float *)t.data)[i] == want[i];
	nn_tensor_release(&t);
	return same;
}

static void test_png(void)
{
	static const unsigned char rgb[] = {255, 0, 51, 0, 255, 102}, bit[] = {0x40},
	                           deep[] = {1, 2, 255, 255, 255, 255, 0, 0},
	                           rgba[] = {0, 51, 255, 51, 9, 9, 9, 0}, index[] = {0x40};
	const float a = 51 / 255.f;
	unsigned char grid[64];
	float grey[3 * 64];
	struct bytes b;
	int i;

	b = make_png(2, 1, 8, PNG_COLOR_TYPE_RGB, 0, rgb, 0);
	ok(holds(&b, 6, (float[]){1, 0, 0, 1, 0.2f, 0.4f}), "PNG: colour of 8 bits");
	spoil(&b, "PNG");
	free(b.p);
	b = make_png(2, 1, 1, PNG_COLOR_TYPE_GRAY, 0, bit, 0);
	ok(holds(&b, 6, (float[]){0, 1, 0, 1, 0, 1}), "PNG: grey of 1 bit");
	free(b.p);
	b = make_png(2, 1, 16, PNG_COLOR_TYPE_GRAY_ALPHA, 0, deep, 0);
	ok(holds(&b, 2, (float[]){258 / 65535.f, 1}), "PNG: 16 bits are exact, nothing is white");
	free(b.p);
	b = make_png(2, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA, 0, rgba, 0);
	ok(holds(&b, 6, (float[]){1 - a, 1, a * a + (1 - a), 1, a + (1 - a), 1}),
	   "PNG: alpha is composed on white");
	free(b.p);
	b = make_png(2, 1, 1, PNG_COLOR_TYPE_PALETTE, 0, index, 1);
	ok(holds(&b, 6, (float[]){1, 1 - a, 0, a * a + (1 - a), 0, a + (1 - a)}),
	   "PNG: a palette with alpha");
	free(b.p);
	for (i = 0; i < 64; i++) {
		grid[i] = (unsigned char)(i * 4);
		grey[i] = grey[64 + i] = grey[128 + i] = (float)grid[i] / 255;
	}
	b = make_png(8, 8, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_ADAM7, grid, 0);
	ok(holds(&b, 192, grey), "PNG: interlaced");
	spoil(&b, "interlaced PNG");
	free(b.p);
}

/* A header for w x h, with its checksum, and nothing behind it. */
static void test_claims(void)
{
	unsigned char png[] = "\211PNG\r\n\032\n\0\0\0\rIHDR"
			      "\0\0\377\377\0\0\377\377\10\2\0\0\0....";
	uLong sum = crc32(0, png + 12, 17);
	int i;

	for (i = 0; i < 4; i++)
		png[29 + i] = (unsigned char)(sum >> (24 - 8 * i));
	ok(refused(png, 33, "ends early") || refused(png, 33, "cannot be in a file"),
	   "PNG: a claim of 65535x65535 is refused");
	ok(refused("", 0, "not a PNG"), "an empty file");
	ok(refused("\211PNG\r\n\032\n", 8, "ends early"), "only a signature");
	ok(refused("hello, world", 12, "not a PNG, JPEG or PNM"), "a text");
	ok(refused("\377\330\377", 3, "ends early"), "the beginning of a JPEG");
}

/* writing */

static void test_write(void)
{
	int64_t dim[4] = {1, 3, 2, 2}, i;
	float x[12] = {0, 1 / 255.f, 2 / 255.f, 1, -3, 7, 0.5f, 0.2f, 0.4f, 0.6f, 0.8f, 1};
	struct nn_tensor t, back;
	char *p = NULL, *got;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);
	int same = 1;

	nn_tensor_view(&t, "unit 3", NN_F32, 4, dim, x);
	nn_tensor_set(&t, "unit", "fire4/concat:3");
	nn_tensor_set(&t, "label", "na\xc3\xafve");
	ok(nn_png_write(f, &t) == 0 && fclose(f) == 0, "a PNG is written");
	ok(read_bytes(&back, p, n) == 0, "and read");
	for (i = 0; i < 12; i++)
		same &= ((float *)back.data)[i] == (float)nn_byte(x[i]) / 255.f;
	ok(same && nn_byte(-3) == 0 && nn_byte(7) == 255 && nn_byte(0.5f) == 128, "the same bytes");
	got = nn_tensor_get(&back, "unit");
	ok(got && strcmp(got, "fire4/concat:3") == 0, "with its metadata");
	free(got);
	got = nn_tensor_get(&back, "label");
	ok(got && strcmp(got, "na\xc3\xafve") == 0, "in UTF-8");
	free(got);
	ok(strcmp(back.name, "file") == 0, "named after the file");
	nn_tensor_release(&back);
	nn_tensor_release(&t);
	free(p);
	f = fopen("/dev/full", "w");
	if (f) {
		nn_tensor_view(&t, "", NN_F32, 4, dim, x);
		ok(nn_png_write(f, &t) < 0, "a full disk is an error");
		nn_tensor_release(&t);
		fclose(f);
	}
	nn_tensor_view(&t, "odd", NN_F32, 3, (int64_t[]){2, 2, 3}, x);
	ok(nn_png_write(stderr, &t) < 0 && strstr(nn_error(), "not a picture"), "two channels");
	nn_tensor_release(&t);
}

int main(void)
{
	test_pnm();
	test_png();
	test_claims();
	test_write();
	return done();
}
