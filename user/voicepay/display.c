// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "display.h"
#include "symbol.h"

/* A line of text above, one below, and an empty one between the symbols. */
#define TEXT_ROWS	4

int display_columns(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_col)
		return 1000;		/* not a terminal: nothing wraps */
	return ws.ws_col;
}

void display_digits(FILE *out, const char *digits)
{
	size_t i, len = strlen(digits), group = len == 6 ? 3 : 4;

	for (i = 0; i < len; i += group)
		fprintf(out, "%s%.*s", i ? " " : "", (int)group, digits + i);
}

/* Rows that it took; 0 if it did not fit. */
static int draw(FILE *out, enum symbol_kind kind, const char *digits, int rows, int columns, bool colour)
{
	struct symbol symbol;
	int need;

	if (symbol_make(&symbol, kind, digits))
		return 0;
	need = symbol_rows(&symbol, kind);
	if (kind == SYMBOL_BARCODE && rows < need && rows >= SYMBOL_BARCODE_ROWS_MIN)
		need = rows;
	if (need > rows || symbol_columns(&symbol, kind) > columns)
		need = 0;
	if (need)
		symbol_draw(out, &symbol, kind, need, colour);
	explicit_bzero(&symbol, sizeof(symbol));
	return need;
}

static void draw_both(FILE *out, const char *digits, int rows, int columns, bool colour)
{
	int used = draw(out, SYMBOL_QR, digits, rows, columns, colour);

	if (!used) {
		fprintf(out, "(the window is too small for the QR code: make it larger, or use --png FILE)\n");
		return;
	}
	fputc('\n', out);
	if (!draw(out, SYMBOL_BARCODE, digits, rows - used - 1, columns, colour))
		fprintf(out, "(the bar code needs 94 columns and %d lines: make the window larger, or use --png FILE)\n",
			used + 1 + SYMBOL_BARCODE_ROWS_MIN + TEXT_ROWS);
}

void display_code(FILE *out, const struct issued *code, unsigned int seconds, int rows, int columns,
		  unsigned int flags)
{
	if (code->shown) {
		display_digits(out, code->digits);
		fprintf(out, "\n");
	}
	if (seconds)
		fprintf(out, "%s code, %u second%s left\n", issue_mode_name(code->version), seconds,
			seconds == 1 ? "" : "s");
	else if (flags & DISPLAY_NONE_LEFT)
		fprintf(out, "no fresh code until this half minute is over\n");
	else
		fprintf(out, "%s code\n", issue_mode_name(code->version));
	if (flags & DISPLAY_PICTURES)
		draw_both(out, code->digits, rows ? rows - TEXT_ROWS : 1000, columns, flags & DISPLAY_COLOUR);
	if (flags & DISPLAY_KEYS)
		fprintf(out, "n: fresh code   q: end\n");
}
