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

/* colour maps: low..high to colours; what is not finite gets NN_MARK, which no map contains */

#define NN_MARK 0x00ffff
struct nn_colourmap {
	const char *name, *about;
	uint32_t rgb[17]; /* 0xrrggbb, evenly spaced */
};
extern const struct nn_colourmap nn_colourmaps[]; /* the last has no name */
/* The map called name; NULL, with a message that lists them, without one. */
const struct nn_colourmap *nn_colourmap_find(const char *name);
/* Colours rgb [n][3] of x [n], clipped to low..high (low < high); returns how many were marked. */
int64_t nn_colourmap_paint(const struct nn_colourmap *m, const float *x, int64_t n, double low,
                           double high, unsigned char *rgb);

/* The values x [n] that are finite, with 0 among them. */
struct nn_range {
	double least, most;
	double usual; /* the magnitude that at most a thousandth of them exceeds */
	int64_t odd;  /* how many are not finite */
};
void nn_range_find(struct nn_range *r, const float *x, int64_t n);

/* a picture to draw on; colours are 0xrrggbb, what falls outside is cut off */

struct nn_canvas {
	int64_t w, h;
	unsigned char *rgb; /* [h][w][3], owned */
};
int nn_canvas_init(struct nn_canvas *c, int64_t w, int64_t h, uint32_t ground); /* <= 2^28 pixels */
void nn_canvas_release(struct nn_canvas *c);
void nn_canvas_fill(struct nn_canvas *c, const struct nn_box *b, uint32_t rgb);
/* from at x, y, every pixel zoom x zoom; all of it must be inside. */
void nn_canvas_paste(struct nn_canvas *c, int64_t x, int64_t y, const struct nn_canvas *from,
                     int64_t zoom);

/* type, in UTF-8, of which ASCII and a few signs are drawn, the rest as boxes */

#define NN_TEXT_HEIGHT 10 /* pixels at scale 1: 8 above the baseline, 2 below */
struct nn_font {
	int scale; /* pixels per dot, from 1 */
	int bold;
	uint32_t rgb;
};
int64_t nn_text_width(const struct nn_font *f, const char *s); /* pixels */
/* Left upper corner at x, y. */
void nn_text_draw(struct nn_canvas *c, const struct nn_font *f, int64_t x, int64_t y,
                  const char *s);
/* s, newly allocated, its middle made an ellipsis when it is wider; "" when nothing fits. */
char *nn_text_fit(const struct nn_font *f, const char *s, int64_t width);

#endif
