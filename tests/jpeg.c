/* SPDX-License-Identifier: ISC */
/* JPEG: colours, orientation, damage. */
#include "pictures.h"

#include <math.h>
#include <stddef.h>
#include <jpeglib.h>

struct jpeg_way {
	J_COLOR_SPACE space;
	int progressive, orientation, intel;
};

/* EXIF with one entry, the orientation, in either byte order. */
static void put_exif(struct jpeg_compress_struct *jpeg, const struct jpeg_way *way)
{
	unsigned char motorola[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0.\0\0\0\0\0\0",
		      intel[] = "Exif\0\0II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0.\0\0\0\0\0\0\0";

	motorola[25] = intel[24] = (unsigned char)way->orientation;
	jpeg_write_marker(jpeg, JPEG_APP0 + 1, way->intel ? intel : motorola, sizeof intel - 1);
}

static struct bytes make_jpeg(const unsigned char *samples, int w, int h,
                              const struct jpeg_way *way)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr error;
	unsigned long n = 0;
	struct bytes b = {NULL, 0};
	JSAMPROW row = (JSAMPROW)samples;

	jpeg.err = jpeg_std_error(&error);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &b.p, &n);
	jpeg.image_width = (JDIMENSION)w;
	jpeg.image_height = (JDIMENSION)h;
	jpeg.in_color_space = way->space;
	jpeg.input_components = way->space == JCS_GRAYSCALE ? 1 : way->space == JCS_CMYK ? 4 : 3;
	jpeg_set_defaults(&jpeg);
	if (way->space == JCS_CMYK)
		jpeg_set_colorspace(&jpeg, JCS_YCCK);
	jpeg_set_quality(&jpeg, 100, TRUE);
	jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
	if (way->progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	if (way->orientation)
		put_exif(&jpeg, way);
	for (; jpeg.next_scanline < jpeg.image_height; row += w * jpeg.input_components)
		jpeg_write_scanlines(&jpeg, &row, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	b.n = n;
	return b;
}

static int near(const struct bytes *b, int w, int h, const float *want)
{
	struct nn_tensor t;
	const float *x;
	int i, same = 1;

	if (read_bytes(&t, b->p, b->n) < 0) {
		printf("# %s\n", nn_error());
		return 0;
	}
	same = t.dim[2] == h && t.dim[3] == w;
	for (x = t.data, i = 0; i < 3 * w * h && same; i++)
		same = fabsf(x[i] - want[i]) < 0.03f;
	if (!same)
		printf("# %dx%d, differs at %d\n", (int)t.dim[3], (int)t.dim[2], i - 1);
	nn_tensor_release(&t);
	return same;
}

/* Where the first row and the first column of the file are seen, as EXIF 2.3 tells. */
static int stored(int o, int u, int v, int w, int h)
{
	const int row[] = {v, v, h - 1 - v, h - 1 - v, u, w - 1 - u, w - 1 - u, u};
	const int column[] = {u, w - 1 - u, w - 1 - u, u, v, v, h - 1 - v, h - 1 - v};

	return row[o - 1] * (o < 5 ? w : h) + column[o - 1];
}

static void test_orientation(void)
{
	enum { W = 12, H = 8 };
	unsigned char samples[W * H];
	float want[3 * W * H];
	struct jpeg_way way = {.space = JCS_GRAYSCALE};
	struct bytes b;
	int o, x, y, u, v, w, h, c;

	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++)
			samples[y * W + x] = (unsigned char)(6 * x + 20 * y);
	for (o = 1; o <= 8; o++) {
		w = o < 5 ? W : H;
		h = o < 5 ? H : W;
		for (v = 0; v < h; v++)
			for (u = 0; u < w; u++)
				for (c = 0; c < 3; c++)
					want[c * w * h + v * w + u] =
						samples[stored(o, u, v, w, h)] / 255.f;
		way.orientation = o;
		way.intel = o % 2;
		b = make_jpeg(samples, W, H, &way);
		ok(near(&b, w, h, want), "JPEG: orientation %d", o);
		free(b.p);
	}
}

static void test_jpeg(void)
{
	enum { W = 9, H = 5, N = W * H };
	static const unsigned char one[4] = {200, 60, 120, 230};
	static const char *const name[] = {"grey", "colour", "ink", "progressive"};
	struct jpeg_way way[] = {{.space = JCS_GRAYSCALE}, {.space = JCS_RGB}, {.space = JCS_CMYK},
	                         {.space = JCS_RGB, .progressive = 1}};
	unsigned char samples[4 * N];
	float want[3 * N];
	struct bytes b;
	size_t k;
	int i, c, n;

	for (k = 0; k < NN_LEN(way); k++) {
		n = way[k].space == JCS_GRAYSCALE ? 1 : way[k].space == JCS_CMYK ? 4 : 3;
		for (i = 0; i < N; i++)
			for (c = 0; c < 4; c++) {
				if (c < n)
					samples[i * n + c] = one[c];
				if (c < 3)
					want[c * N + i] = one[n == 1 ? 0 : c] / 255.f *
					                  (n == 4 ? one[3] / 255.f : 1);
			}
		b = make_jpeg(samples, W, H, &way[k]);
		ok(near(&b, W, H, want), "JPEG: %s", name[k]);
		spoil(&b, name[k]);
		free(b.p);
	}
}

/* 65500 x 65500 said by a small file: the frame header's sizes are 5 bytes behind its marker. */
static void test_jpeg_claim(void)
{
	unsigned char samples[64] = {0};
	struct jpeg_way way = {.space = JCS_GRAYSCALE};
	struct bytes b = make_jpeg(samples, 8, 8, &way);
	size_t i;

	for (i = 0; i + 9 < b.n && !(b.p[i] == 0xff && b.p[i + 1] == 0xc0); i++)
		;
	b.p[i + 5] = b.p[i + 7] = 0xff;
	ok(refused(b.p, b.n, "cannot be in a file"), "JPEG: a claim of 65288x65288 is refused");
	free(b.p);
}

int main(void)
{
	test_orientation();
	test_jpeg();
	test_jpeg_claim();
	return done();
}
