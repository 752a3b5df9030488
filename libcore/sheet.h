/* SPDX-License-Identifier: ISC */
/* Floor 5, private to montage: where the blocks of a sheet go. */
#ifndef NN_SHEET_H
#define NN_SHEET_H

#include "montage.h"

enum { NN_LINE = NN_TEXT_HEIGHT + 3, NN_ABOVE = 3, NN_BELOW = 4 }; /* a caption; around captions */

struct nn_frame {
	int64_t zoom, columns, rows; /* bars: columns per row, zoom their width */
	int64_t cw, ch;              /* a cell with its captions, without the gap */
	int64_t w, h;                /* all of the block, without its heading */
	int type;                    /* scale of the captions */
	int64_t x, y;                /* on the page, with its margin: of the heading */
	int64_t heading, room;       /* its height, 0 without; its width */
};

struct nn_page {
	const struct nn_montage *m;
	struct nn_frame *frame; /* of each block */
	int64_t w, h;
	int type;      /* scale of the headings */
	int64_t alike; /* the side that maps are brought near to */
};

void nn_page_init(struct nn_page *p, const struct nn_montage *m);
void nn_page_release(struct nn_page *p);

#endif
