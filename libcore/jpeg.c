/* SPDX-License-Identifier: ISC */
/*
 * JPEG through libjpeg.  Its errors come here by longjmp, with all that must be given back in
 * struct decoder; those of its warnings that mean lost picture data are errors.
 */
#include "raster.h"

#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define SCANS 256 /* most scans of a progressive file: a sound one has about ten */

struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr error;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
	unsigned char *raw;
	uint16_t *row;
	int made; /* the tensor */
};

static void leave(j_common_ptr jpeg)
{
	struct decoder *d = jpeg->client_data;
	char text[JMSG_LENGTH_MAX];

	jpeg->err->format_message(jpeg, text);
	nn_fail("%s", text);
	longjmp(d->back, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
	if (level >= 0)
		return; /* a trace */
	switch (jpeg->err->msg_code) {
	case JWRN_ARITH_BAD_CODE:
	case JWRN_BOGUS_PROGRESSION:
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_JPEG_EOF:
	case JWRN_MUST_RESYNC:
		leave(jpeg);
	}
}

static void no_init(j_decompress_ptr jpeg)
{
	(void)jpeg;
}

/* All bytes were given at the start, so wanting more means that the file is cut off. */
static boolean no_more(j_decompress_ptr jpeg)
{
	nn_fail("the file ends early");
	longjmp(((struct decoder *)jpeg->client_data)->back, 1);
}

static void skip_bytes(j_decompress_ptr jpeg, long count)
{
	if (count <= 0)
		return;
	if ((size_t)count > jpeg->src->bytes_in_buffer)
		no_more(jpeg);
	jpeg->src->next_input_byte += count;
	jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void on_progress(j_common_ptr jpeg)
{
	struct decoder *d = jpeg->client_data;

	if (d->jpeg.input_scan_number > SCANS) {
		nn_fail("there are over %d scans", SCANS);
		longjmp(d->back, 1);
	}
}

static int orientation(const struct decoder *d)
{
	const struct jpeg_marker_struct *m;

	for (m = d->jpeg.marker_list; m; m = m->next)
		if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
			return nn_exif_orientation(m->data + 6, m->data_length - 6);
	return 1;
}

/*
 * CMYK as ink left out (what Adobe writes, 255 is none) or as ink: a colour is the product of two
 * samples, exact as a number of 0..65025.
 */
static void take_cmyk(const struct decoder *d, int64_t width)
{
	unsigned turn = d->jpeg.saw_Adobe_marker ? 0 : 255;
	const unsigned char *in = d->raw;
	int64_t x;
	int c;

	for (x = 0; x < width; x++, in += 4)
		for (c = 0; c < 3; c++)
			d->row[3 * x + c] = (uint16_t)((in[c] ^ turn) * (in[3] ^ turn));
}

static void take_rows(struct decoder *d, struct nn_raster *r)
{
	int channels = d->jpeg.output_components;
	size_t i, samples = (size_t)r->width * (size_t)channels;
	JSAMPROW at;

	d->raw = nn_alloc(samples);
	d->row = nn_calloc(samples, sizeof *d->row);
	at = d->raw;
	while (d->jpeg.output_scanline < d->jpeg.output_height) {
		jpeg_read_scanlines(&d->jpeg, &at, 1);
		if (channels == 4) {
			take_cmyk(d, r->width);
			nn_raster_row(r, d->row, 3, 65025);
			continue;
		}
		for (i = 0; i < samples; i++)
			d->row[i] = d->raw[i];
		nn_raster_row(r, d->row, channels, 255);
	}
}

static int decode(struct decoder *d, struct nn_tensor *t)
{
	struct nn_raster r;
	size_t size = d->source.bytes_in_buffer;

	if (setjmp(d->back))
		return -1;
	jpeg_create_decompress(&d->jpeg);
	d->jpeg.client_data = d;
	d->jpeg.src = &d->source;
	d->jpeg.progress = &d->progress;
	jpeg_save_markers(&d->jpeg, JPEG_APP0 + 1, 0xffff);
	jpeg_read_header(&d->jpeg, TRUE);
	/* a block of 64 pixels takes at least a bit: a larger claim is not worth its memory */
	if ((double)d->jpeg.image_width * d->jpeg.image_height > 512.0 * (double)size)
		return nn_fail("%ux%u pixels cannot be in a file of %zu bytes", d->jpeg.image_width,
		               d->jpeg.image_height, size);
	if (nn_raster_begin(&r, t, d->jpeg.image_width, d->jpeg.image_height, orientation(d)) < 0)
		return -1;
	d->made = 1;
	if (d->jpeg.jpeg_color_space == JCS_CMYK || d->jpeg.jpeg_color_space == JCS_YCCK)
		d->jpeg.out_color_space = JCS_CMYK;
	else if (d->jpeg.num_components == 1)
		d->jpeg.out_color_space = JCS_GRAYSCALE;
	else
		d->jpeg.out_color_space = JCS_RGB;
	d->jpeg.dct_method = JDCT_ISLOW;
	jpeg_start_decompress(&d->jpeg);
	take_rows(d, &r);
	jpeg_finish_decompress(&d->jpeg);
	return 0;
}

int nn_jpeg_read(struct nn_tensor *t, const unsigned char *bytes, size_t size)
{
	struct decoder *d = nn_calloc(1, sizeof *d);
	int status;

	d->jpeg.err = jpeg_std_error(&d->error);
	d->jpeg.client_data = d;
	d->error.error_exit = leave;
	d->error.emit_message = on_message;
	d->source.next_input_byte = bytes;
	d->source.bytes_in_buffer = size;
	d->source.init_source = no_init;
	d->source.fill_input_buffer = no_more;
	d->source.skip_input_data = skip_bytes;
	d->source.resync_to_restart = jpeg_resync_to_restart;
	d->source.term_source = no_init;
	d->progress.progress_monitor = on_progress;
	status = decode(d, t);
	jpeg_destroy_decompress(&d->jpeg);
	free(d->raw);
	free(d->row);
	if (status < 0 && d->made)
		nn_tensor_release(t);
	free(d);
	return status;
}
