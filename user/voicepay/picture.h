/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payment code as a picture file, for a display of so many dots. */
#ifndef VP_PICTURE_H
#define VP_PICTURE_H

#include "symbol.h"

enum picture_format {
	PICTURE_PNG,
	PICTURE_SVG,
};

/* What is on it: one symbol, or the bars above the QR code if they fit. */
enum picture_layout {
	PICTURE_QR	= 1 << SYMBOL_QR,
	PICTURE_BARCODE	= 1 << SYMBOL_BARCODE,
	PICTURE_BOTH	= PICTURE_QR | PICTURE_BARCODE,
};

/* Two inches of 200 dots across; a display of two inches corner to corner has 320 by 240. */
#define PICTURE_WIDTH	400
#define PICTURE_HEIGHT	400

/*
 * A module is a whole number of dots, as many as fit @width and @height: a
 * display that has to scale the picture blurs it. The digits are in the
 * symbols and nowhere else, not in a title either. The file is its owner's
 * alone, as a code is worth money for a minute, and a reader never sees half
 * of one. 0 or -errno; -ERANGE if not even two dots a module fit, of which the QR
 * code needs 58, and bars 374 across.
 */
int picture_save(enum picture_format format, enum picture_layout layout, int width, int height,
		 const char *digits, const char *path);

#endif
