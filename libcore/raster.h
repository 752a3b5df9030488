/* SPDX-License-Identifier: ISC */
/*
 * Floor 5, private to the readers of picture files: where the rows of a file go.
 *
 * A reader says the stored size and the orientation once, then hands over the rows from the top.
 * The raster turns samples into the planes of the tensor: grey becomes RGB, alpha is composed on
 * white, the EXIF orientation is applied on the way.
 */
#ifndef NN_RASTER_H
#define NN_RASTER_H

#include "image.h"

#define NN_PIXELS ((int64_t)1 << 28) /* most pixels of a picture, read, resized or written */

struct nn_raster {
	float *at;              /* where the first sample of the next row goes */
	ptrdiff_t across, down; /* from a stored pixel to the next one of its row, of its column */
	int64_t width;          /* stored */
	int64_t plane;          /* pixels */
};

/*
 * Makes t [1][3][h][w] for a picture stored as width x height, with w and h exchanged by the
 * orientations that lie on their side; orientation 1..8 as EXIF 2.3 numbers them, others read as 1.
 */
int nn_raster_begin(struct nn_raster *r, struct nn_tensor *t, int64_t width, int64_t height,
                    int orientation);
/* The next row: width times 1 (grey), 2 (grey, alpha), 3 or 4 (RGBA) samples of 0..most. */
void nn_raster_row(struct nn_raster *r, const uint16_t *row, int channels, unsigned most);

/* The orientation 1..8 that a TIFF block (EXIF without its "Exif\0\0") gives, else 1. */
int nn_exif_orientation(const unsigned char *tiff, size_t size);

/* Each makes the picture t [1][3][h][w], without a name; on failure t holds nothing. */
int nn_png_read(struct nn_tensor *t, const unsigned char *bytes, size_t size);
int nn_jpeg_read(struct nn_tensor *t, const unsigned char *bytes, size_t size);
int nn_pnm_read(struct nn_tensor *t, const unsigned char *bytes, size_t size);

#endif
