/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payment code as a picture: QR or Code 128. */
#ifndef VP_SYMBOL_H
#define VP_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum symbol_kind {
	SYMBOL_QR,		/* version 1, 21 modules square */
	SYMBOL_BARCODE,		/* Code 128, set C, 167 modules wide */
};

enum symbol_format {
	SYMBOL_PNG,
	SYMBOL_SVG,
};

/*
 * A symbol in memory as dark and light modules, with the quiet zone that
 * readers need around it.
 */
struct symbol {
	int width;
	int height;
	unsigned char dark[64 * 256];	/* row by row, one byte a module */
};

/* 0, or -1 if the digits cannot be encoded. */
int symbol_make(struct symbol *symbol, enum symbol_kind kind, const char *digits);

/* Columns of a terminal that symbol_draw() takes. */
int symbol_columns(const struct symbol *symbol, enum symbol_kind kind);

/*
 * Draws with block characters: light modules are drawn, dark ones left out, as
 * suits a dark terminal; with @colour it is right on any.
 */
void symbol_draw(FILE *out, const struct symbol *symbol, enum symbol_kind kind, bool colour);

/*
 * A picture file of @digits at @path, which a reader never sees half written.
 * On a display of 400 dots (2 inches of 200 dpi) it fits and can be read. 0 or
 * -errno.
 */
int symbol_save(enum symbol_kind kind, enum symbol_format format, const char *digits,
		const char *path);

#endif
