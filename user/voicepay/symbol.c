// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>
#include <zint.h>

#include "symbol.h"

/* Modules of quiet zone: ISO/IEC 18004 and 15417 ask for this much. */
#define QR_QUIET	4
#define BARCODE_QUIET	10

static struct zint_symbol *encode(enum symbol_kind kind, const char *digits)
{
	struct zint_symbol *z = ZBarcode_Create();

	if (!z)
		return NULL;
	if (kind == SYMBOL_QR) {
		z->symbology = BARCODE_QRCODE;
		z->option_1 = 2;	/* level M: 24 digits still fit version 1 */
		z->option_2 = 1;
	} else {
		z->symbology = BARCODE_CODE128;
	}
	if (ZBarcode_Encode(z, (const unsigned char *)digits, strlen(digits)) >= ZINT_ERROR) {
		ZBarcode_Delete(z);
		return NULL;
	}
	return z;
}

static bool module(const struct zint_symbol *z, int row, int col)
{
	return z->encoded_data[row][col >> 3] >> (col & 7) & 1;
}

int symbol_make(struct symbol *s, enum symbol_kind kind, const char *digits)
{
	struct zint_symbol *z = encode(kind, digits);
	int quiet = kind == SYMBOL_QR ? QR_QUIET : BARCODE_QUIET, row, col;
	int above = kind == SYMBOL_QR ? QR_QUIET : 0, ret = -1;

	if (!z)
		return -1;
	memset(s, 0, sizeof(*s));
	s->width = z->width + 2 * quiet;
	s->height = z->rows + 2 * above;
	if (s->width * s->height <= (int)sizeof(s->dark)) {
		for (row = 0; row < z->rows; row++)
			for (col = 0; col < z->width; col++)
				s->dark[(row + above) * s->width + quiet + col] = module(z, row, col);
		ret = 0;
	}
	ZBarcode_Delete(z);
	return ret;
}

int symbol_columns(const struct symbol *s, enum symbol_kind kind)
{
	return kind == SYMBOL_QR ? s->width : (s->width + 1) / 2;
}

/* Outside of the symbol it is light. */
static bool light(const struct symbol *s, int row, int col)
{
	return row >= s->height || col >= s->width || !s->dark[row * s->width + col];
}

/* Two modules a character: one above the other for QR, side by side for bars. */
static void draw_row(FILE *out, const struct symbol *s, enum symbol_kind kind, int row)
{
	static const char *const upper_lower[] = { " ", "▄", "▀", "█" };
	static const char *const left_right[] = { " ", "▐", "▌", "█" };
	int col;

	if (kind == SYMBOL_QR)
		for (col = 0; col < s->width; col++)
			fputs(upper_lower[2 * light(s, row, col) + light(s, row + 1, col)], out);
	else
		for (col = 0; col < s->width; col += 2)
			fputs(left_right[2 * light(s, row, col) + light(s, row, col + 1)], out);
}

int symbol_rows(const struct symbol *s, enum symbol_kind kind)
{
	return kind == SYMBOL_QR ? (s->height + 1) / 2 : SYMBOL_BARCODE_ROWS;
}

void symbol_draw(FILE *out, const struct symbol *s, enum symbol_kind kind, int rows, bool colour)
{
	int row;

	for (row = 0; row < rows; row++) {
		if (colour)
			fputs("\033[97;40m", out);
		draw_row(out, s, kind, kind == SYMBOL_QR ? 2 * row : 0);
		if (colour)
			fputs("\033[0m", out);
		putc('\n', out);
	}
}
