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

/* Rows it takes; bars can do with fewer, down to SYMBOL_BARCODE_ROWS_MIN. */
int symbol_rows(const struct symbol *symbol, enum symbol_kind kind);

#define SYMBOL_BARCODE_ROWS	8
#define SYMBOL_BARCODE_ROWS_MIN	3

/*
 * Draws @rows rows with block characters: light modules are drawn, dark ones
 * left out, as suits a dark terminal; with @colour it is right on any. There
 * are no digits beside it: who reads them over a shoulder needs no camera.
 */
void symbol_draw(FILE *out, const struct symbol *symbol, enum symbol_kind kind, int rows, bool colour);

#endif
