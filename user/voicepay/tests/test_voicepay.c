// SPDX-License-Identifier: GPL-2.0-or-later
/* Tickets, and pictures that a real reader has to read. */

#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zbar.h>
#include <cmocka.h>

#include "../command.h"
#include "../symbol.h"
#include "../ticket.h"

#define DIGITS "711012345678909069056715"

static void tickets(void **state)
{
	static const char *const good[] = {
		"000102030405060708090a0b0c0d0e0f1011121314151617",
		"000102030405060708090A0B0C0D0E0F1011121314151617",
		"0001-0203-0405-0607-0809-0a0b-0c0d-0e0f-1011-1213-1415-1617",
		"00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617",
	};
	static const char *const bad[] = {
		"", "00", "000102030405060708090a0b0c0d0e0f101112131415161",
		"000102030405060708090a0b0c0d0e0f10111213141516178",
		"000102030405060708090a0b0c0d0e0f101112131415161g",
		"000102030405060708090a0b0c0d0e0f1011121314151617\n",
		"0x0102030405060708090a0b0c0d0e0f1011121314151617",
	};
	uint8_t t[VOICEPAY_TICKET_LEN], zero[VOICEPAY_TICKET_LEN] = { 0 };
	size_t i, k;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ticket_parse(good[i], t), 0);
		for (k = 0; k < sizeof(t); k++)
			assert_int_equal(t[k], k);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!ticket_parse(bad[i], t))
			fail_msg("took \"%s\"", bad[i]);
		assert_memory_equal(t, zero, sizeof(t));
	}
}

static void secrets(void **state)
{
	char path[] = "/tmp/voicepay-test-XXXXXX", file[64], itself[] = "0001-0203", zero[sizeof(itself)] = "";
	int fd = mkstemp(path);
	char *text;

	/* What everybody can see in the list of processes is gone once it is read. */
	text = read_secret(itself, "ticket");
	assert_string_equal(text, "0001-0203");
	assert_memory_equal(itself, zero, sizeof(itself));
	free(text);

	assert_int_equal(write(fd, "0405-0607\nmore\n", 15), 15);
	close(fd);
	snprintf(file, sizeof(file), "@%s", path);
	text = read_secret(file, "ticket");
	assert_string_equal(text, "0405-0607");
	free(text);
	unlink(path);
}

/* What zbar reads in a grey picture: the text, after the name of the symbology. */
static void read_picture(const uint8_t *grey, int width, int height, char out[64])
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	const zbar_symbol_t *found;

	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, width, height);
	zbar_image_set_data(image, grey, (unsigned long)width * height, NULL);
	zbar_scan_image(scanner, image);
	found = zbar_image_first_symbol(image);
	snprintf(out, 64, "%s:%s", found ? zbar_get_symbol_name(zbar_symbol_get_type(found)) : "none",
		 found ? zbar_symbol_get_data(found) : "");
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
}

static void read_png(const char *path, char out[64], int *width, int *height)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t *grey;

	assert_int_equal(png_image_begin_read_from_file(&png, path), 1);
	png.format = PNG_FORMAT_GRAY;
	grey = malloc(PNG_IMAGE_SIZE(png));
	assert_int_equal(png_image_finish_read(&png, NULL, grey, 0, NULL), 1);
	read_picture(grey, png.width, png.height, out);
	*width = png.width;
	*height = png.height;
	free(grey);
}

static void pictures_fit_a_small_display_and_can_be_read(void **state)
{
	char path[] = "/tmp/voicepay-png-XXXXXX", out[64];
	int fd = mkstemp(path), width, height;
	struct stat st;

	close(fd);
	assert_int_equal(symbol_save(SYMBOL_QR, SYMBOL_PNG, DIGITS, path), 0);
	read_png(path, out, &width, &height);
	assert_string_equal(out, "QR-Code:" DIGITS);
	assert_int_equal(width, 29 * 12);
	assert_true(height <= 400);

	assert_int_equal(symbol_save(SYMBOL_BARCODE, SYMBOL_PNG, DIGITS, path), 0);
	read_png(path, out, &width, &height);
	assert_string_equal(out, "CODE-128:" DIGITS);
	assert_int_equal(width, 187 * 2);
	assert_true(height >= 60);

	/* others on the device have no business with it */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
	assert_true(symbol_save(SYMBOL_QR, SYMBOL_PNG, DIGITS, "/nowhere/code.png") < 0);
}

static void svg(void **state)
{
	char path[] = "/tmp/voicepay-svg-XXXXXX", text[65536];
	FILE *f;
	size_t n;

	close(mkstemp(path));
	assert_int_equal(symbol_save(SYMBOL_BARCODE, SYMBOL_SVG, DIGITS, path), 0);
	f = fopen(path, "r");
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	unlink(path);
	assert_non_null(strstr(text, "<svg"));
	/* no digits in the file, neither as text nor as a title */
	assert_null(strstr(text, DIGITS));
}

static void twenty_four_digits_are_the_smallest_symbols(void **state)
{
	struct symbol s;

	assert_int_equal(symbol_make(&s, SYMBOL_QR, DIGITS), 0);
	assert_int_equal(s.width, 21 + 8);
	assert_int_equal(s.height, 21 + 8);
	/* start, 12 pairs, check and stop of set C, and two quiet zones */
	assert_int_equal(symbol_make(&s, SYMBOL_BARCODE, DIGITS), 0);
	assert_int_equal(s.width, 11 + 12 * 11 + 11 + 13 + 20);
}

/* Draws to a string and photographs the terminal: each half cell is 8 dots. */
static void photograph(enum symbol_kind kind, char out[64])
{
	static const char *const blocks[] = { " ", "█", "▀", "▄", "▌", "▐" };
	static const char quarters[][4] = {	/* upper left, upper right, lower left, lower right */
		{ 0, 0, 0, 0 }, { 1, 1, 1, 1 }, { 1, 1, 0, 0 }, { 0, 0, 1, 1 }, { 1, 0, 1, 0 }, { 0, 1, 0, 1 },
	};
	enum { CELL_W = 8, CELL_H = 16, COLS = 100, ROWS = 20 };
	uint8_t *grey = calloc(COLS * CELL_W, ROWS * CELL_H);
	int row = 0, col = 0, x, y, columns;
	struct symbol s;
	char *text, *p;
	size_t size, b;
	FILE *f;

	f = open_memstream(&text, &size);
	assert_int_equal(symbol_make(&s, kind, DIGITS), 0);
	columns = symbol_columns(&s, kind);
	symbol_draw(f, &s, kind, false);
	fclose(f);
	for (p = text; *p; ) {
		if (*p == '\n') {
			assert_int_equal(col, columns);
			row++;
			col = 0;
			p++;
			continue;
		}
		for (b = 0; b < 6 && strncmp(p, blocks[b], strlen(blocks[b])); b++)
			;
		assert_true(b < 6 && col < COLS && row < ROWS);
		for (y = 0; y < CELL_H; y++)
			for (x = 0; x < CELL_W; x++)
				grey[(row * CELL_H + y) * COLS * CELL_W + col * CELL_W + x] =
					quarters[b][2 * (y >= CELL_H / 2) + (x >= CELL_W / 2)] ? 255 : 0;
		col++;
		p += strlen(blocks[b]);
	}
	assert_true(columns <= 94);
	free(text);
	read_picture(grey, COLS * CELL_W, ROWS * CELL_H, out);
	free(grey);
}

static void a_terminal_can_be_scanned(void **state)
{
	char out[64];

	photograph(SYMBOL_QR, out);
	assert_string_equal(out, "QR-Code:" DIGITS);
	photograph(SYMBOL_BARCODE, out);
	assert_string_equal(out, "CODE-128:" DIGITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tickets),
		cmocka_unit_test(secrets),
		cmocka_unit_test(pictures_fit_a_small_display_and_can_be_read),
		cmocka_unit_test(svg),
		cmocka_unit_test(twenty_four_digits_are_the_smallest_symbols),
		cmocka_unit_test(a_terminal_can_be_scanned),
	};

	return cmocka_run_group_tests_name("voicepay", tests, NULL, NULL);
}
