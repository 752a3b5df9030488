/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, net: placing values of known lifetime in one block of memory.
 */
#ifndef NN_PLACE_H
#define NN_PLACE_H

#include "base.h"

/* Wanted: bytes of memory from time first to time last, both included. */
struct nn_lease {
	size_t bytes;
	int first, last;
	size_t offset; /* given by nn_place, a multiple of NN_ALIGN */
};

/*
 * Gives each lease an offset such that no two that are alive at the same time overlap; leases
 * without bytes are left alone.  Largest first, each at the lowest gap that fits.  Returns the size
 * of the block; fails (-1) when that is more than the machine's memory.
 */
int nn_place(struct nn_lease *lease, int count, size_t *bytes);

#endif
