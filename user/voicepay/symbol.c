// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zint.h>

#include "symbol.h"

/* Modules of quiet zone: ISO/IEC 18004 and 15417 ask for this much. */
#define QR_QUIET	4
#define BARCODE_QUIET	10

/* zint's unit is two dots a module in a PNG, so these are 12 and 2 dots. */
#define QR_SCALE	6
#define BARCODE_SCALE	1
#define BARCODE_HEIGHT	50	/* modules */

/* Rows of a terminal that a bar code is drawn over. */
#define BARCODE_ROWS	8

static struct zint_symbol *encode(enum symbol_kind kind, const char *digits)
{
	struct zint_symbol *z = ZBarcode_Create();

	if (!z)
		return NULL;
	z->output_options |= BARCODE_QUIET_ZONES;
	/* No digits under the bars: who reads them over a shoulder needs no camera. */
	z->show_hrt = 0;
	if (kind == SYMBOL_QR) {
		z->symbology = BARCODE_QRCODE;
		z->option_1 = 2;	/* level M: 24 digits still fit version 1 */
		z->option_2 = 1;
		z->scale = QR_SCALE;
	} else {
		z->symbology = BARCODE_CODE128;
		z->height = BARCODE_HEIGHT;
		z->scale = BARCODE_SCALE;
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

void symbol_draw(FILE *out, const struct symbol *s, enum symbol_kind kind, bool colour)
{
	int rows = kind == SYMBOL_QR ? (s->height + 1) / 2 : BARCODE_ROWS, row;

	for (row = 0; row < rows; row++) {
		if (colour)
			fputs("\033[97;40m", out);
		draw_row(out, s, kind, kind == SYMBOL_QR ? 2 * row : 0);
		if (colour)
			fputs("\033[0m", out);
		putc('\n', out);
	}
}

static int write_all(int fd, const unsigned char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= n;
		}
	}
	return 0;
}

/* A code is worth money for a minute: whoever owns the file, and nobody else. */
static int save(const char *path, const unsigned char *data, size_t len)
{
	char temp[4096];
	int fd, err;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return -ENAMETOOLONG;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(temp, path))
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

int symbol_save(enum symbol_kind kind, enum symbol_format format, const char *digits,
		const char *path)
{
	struct zint_symbol *z = encode(kind, digits);
	int err = -EINVAL;

	if (!z)
		return -EINVAL;
	z->output_options |= BARCODE_MEMORY_FILE;
	strcpy(z->outfile, format == SYMBOL_PNG ? "code.png" : "code.svg");
	if (ZBarcode_Print(z, 0) < ZINT_ERROR && z->memfile)
		err = save(path, z->memfile, z->memfile_size);
	ZBarcode_Delete(z);
	return err;
}
