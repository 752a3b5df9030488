/* SPDX-License-Identifier: ISC */
/*
 * Floor 7, gallery: a folder with a PNG for each thing that was made, telling how in
 * its text fields.  Pictures appear whole or not at all, so that a job that was ended can be begun
 * again, and several can fill one folder.
 */
#ifndef NN_GALLERY_H
#define NN_GALLERY_H

#include "tensor.h"

/* Makes the folder unless it is there; its parent must be. */
int nn_gallery_open(const char *dir);
/* DIR/NAME.png, newly allocated, each run of other than letters, digits and .,@+=- made one '_'. */
char *nn_gallery_path(const char *dir, const char *name);
/*
 * Is there a whole picture of the size [..][h][w] of t at path, with all metadata of t?  Of a file
 * that is damaged or tells otherwise: no.
 */
int nn_gallery_has(const char *path, const struct nn_tensor *t);
int nn_gallery_put(const char *path, const struct nn_tensor *t);

#endif
