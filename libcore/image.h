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
 * [1][3][h][w] that is named after path without folder and suffix ("stdin" for "-") and has the
 * metadata source=path.  Grey becomes RGB, alpha is composed on white, CMYK is multiplied out, the
 * EXIF orientation is applied; gamma and colour profiles are not.  PNG text fields with lower-case
 * keys, as nn_png_write makes them, come back as metadata.
 * Fails on what is damaged or cut off, and on more than 2^28 pixels.
 */
int nn_image_read(struct nn_tensor *t, const char *path, const void *bytes, size_t size);

/*
 * Writes picture t [3][h][w], [1][3][h][w] or [1][h][w] (grey) as 8-bit PNG, rounded, clipped to
 * 0..1 (NaN is 0); every metadata line becomes a text field, the name the field Title.
 */
int nn_png_write(FILE *f, const struct nn_tensor *t);
/* The same for pixels [h][w][channels] of bytes, channels 1 or 3; name and meta may be NULL. */
int nn_png_write_bytes(FILE *f, const unsigned char *pixels, int64_t w, int64_t h, int channels,
                       const char *name, const char *meta);
/* 0..1 to 0..255, rounded and clipped. */
unsigned char nn_byte(float v);

enum nn_fit { NN_FIT_CROP, NN_FIT_PAD, NN_FIT_STRETCH };
struct nn_box {
	int64_t x, y, w, h; /* the left upper corner and the size, in pixels */
};
/*
 * Resizes planes x [planes][h][w] to y [planes][oh][ow], bicubic (Keys 1981, a = -1/2), widened by
 * the factor when shrinking so that nothing aliases; edges by renormalised weights.  The cubic
 * overshoots: y may go a little beyond the range of x.
 */
void nn_resize(const float *x, int64_t planes, int64_t h, int64_t w, float *y, int64_t oh,
               int64_t ow);
/* Only a part, inside oh x ow, of what nn_resize would make: y [planes][part.h][part.w]. */
void nn_resize_part(const float *x, int64_t planes, int64_t h, int64_t w, float *y, int64_t oh,
                    int64_t ow, const struct nn_box *part);
/*
 * The picture t [1][3][h][w] replaced by one of width x height, clipped to 0..1: crop scales until
 * the size is covered and keeps the centre, pad scales until the picture is inside and leaves mid
 * grey around it, stretch changes the proportions.  Adds the metadata size (WxH before), crop
 * (X,Y,W,H: what is seen of the picture before, in its pixels; outside it when padded) and scale.
 * Fails on more than 2^28 pixels.
 */
int nn_image_fit(struct nn_tensor *t, int width, int height, enum nn_fit fit);

#endif
