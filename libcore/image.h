/* SPDX-License-Identifier: ISC */
/*
 * Floor 5, image: picture files, resizing, colour maps, type.
 *
 * A picture is a float32 tensor [3][h][w] (or [n][3][h][w]), RGB, 0..1, sRGB as stored in the file:
 * 8-bit value / 255, 16-bit value / 65535.
 */
#ifndef NN_IMAGE_H
#define NN_IMAGE_H

#include "tensor.h"

/* Does a file that begins with these bytes look like a picture that we read (PNG, JPEG, PNM)? */
int nn_image_is(const unsigned char *bytes, size_t size);
/*
 * Reads a picture from the bytes of a PNG, JPEG, PPM, PGM or PBM file into an owned tensor
 * [1][3][h][w] that is named after path without folder and suffix and has the metadata source=path.
 * Grey becomes RGB, alpha is composed on black... see the man page; EXIF orientation is applied.
 * Fails on what is damaged, and on more than 2^28 pixels.
 */
int nn_image_read(struct nn_tensor *t, const char *path, const void *bytes, size_t size);

/* Writes picture t [3][h][w], [1][3][h][w] or [1][h][w] (grey) as 8-bit PNG, rounded, clipped to 0..1; every metadata line becomes a text field. */
int nn_png_write(FILE *f, const struct nn_tensor *t);

enum nn_fit { NN_FIT_CROP, NN_FIT_PAD, NN_FIT_STRETCH };
/*
 * Resizes planes x [planes][h][w] to y [planes][oh][ow], bicubic (Keys 1981, a = -1/2), widened by
 * the factor when shrinking so that nothing aliases; edges by renormalised weights.
 */
void nn_resize(const float *x, int64_t planes, int64_t h, int64_t w, float *y, int64_t oh, int64_t ow);
/* The picture t [1][3][h][w] replaced by one of width x height: crop = shorter side scaled, centre kept. */
void nn_image_fit(struct nn_tensor *t, int width, int height, enum nn_fit fit);

#endif
