// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is drawn has to be read by a real reader: files at the sizes of two small
 * displays, and a terminal, as a camera sees them, dot by dot. The codes are
 * random ones, as a picture that can be read by luck can be any.
 */

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zbar.h>
#include <cmocka.h>

#include "../../../kmod/common/paycode.h"
#include "../picture.h"

#define DIGITS "711012345678909069056715"
#define FILES	150
#define SCREENS	150

static uint32_t seed = 71;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * below >> 32;
}

static void random_code(char digits[PAYCODE_DIGITS + 1])
{
	static const __u8 modes[] = { 1, 2, 3, 4, 5, 6, 8, 9 };
	struct paycode code = { .prefix = "71" };
	size_t i;

	code.mode = modes[draw(sizeof(modes))];
	for (i = 0; i < sizeof(code.alias); i++)
		code.alias[i] = '0' + draw(10);
	code.q = draw(10);
	code.mac = draw(1000000000);
	paycode_format((__u8 *)digits, &code);
	digits[PAYCODE_DIGITS] = 0;
}

/* All that zbar reads in a grey picture: "name:text" of each symbol, sorted. */
static void read_picture(const uint8_t *grey, int width, int height, char out[160])
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	char qr[80] = "", bars[80] = "";
	const zbar_symbol_t *s;

	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, width, height);
	zbar_image_set_data(image, grey, (unsigned long)width * height, NULL);
	zbar_scan_image(scanner, image);
	for (s = zbar_image_first_symbol(image); s; s = zbar_symbol_next(s))
		snprintf(zbar_symbol_get_type(s) == ZBAR_QRCODE ? qr : bars, 80, "%s:%s ",
			 zbar_get_symbol_name(zbar_symbol_get_type(s)), zbar_symbol_get_data(s));
	snprintf(out, 160, "%s%s", qr, bars);
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
}

static uint8_t *load_png(const char *path, int *width, int *height)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t *grey;

	assert_int_equal(png_image_begin_read_from_file(&png, path), 1);
	png.format = PNG_FORMAT_GRAY;
	grey = malloc(PNG_IMAGE_SIZE(png));
	assert_int_equal(png_image_finish_read(&png, NULL, grey, 0, NULL), 1);
	*width = png.width;
	*height = png.height;
	return grey;
}

static void read_png(const char *path, char out[160], int *width, int *height)
{
	uint8_t *grey = load_png(path, width, height);

	read_picture(grey, *width, *height, out);
	free(grey);
}

static void expected(char out[160], enum picture_layout layout, const char *digits)
{
	snprintf(out, 160, "%s%s%s%s%s%s", layout & PICTURE_QR ? "QR-Code:" : "", layout & PICTURE_QR ? digits : "",
		 layout & PICTURE_QR ? " " : "", layout & PICTURE_BARCODE ? "CODE-128:" : "",
		 layout & PICTURE_BARCODE ? digits : "", layout & PICTURE_BARCODE ? " " : "");
}

/*
 * Two inches at 200 dots an inch: 400 dots wide, if that is the width; if it is
 * the diagonal, as makers of displays count, 320 by 240.
 */
static void files_fit_small_displays_and_can_be_read(void **state)
{
	static const struct { int width, height; enum picture_layout layout; int dots_wide; } sizes[] = {
		{ 400, 400, PICTURE_QR, 29 * 13 },
		{ 400, 400, PICTURE_BARCODE, 187 * 2 },
		{ 400, 400, PICTURE_BOTH, 187 * 2 },
		{ 320, 240, PICTURE_QR, 29 * 8 },
		{ 374, 240, PICTURE_BARCODE, 187 * 2 },
	};
	char path[] = "/tmp/voicepay-png-XXXXXX", out[160], want[160], digits[PAYCODE_DIGITS + 1];
	int width, height, n;
	struct stat st;
	size_t i;

	close(mkstemp(path));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (n = 0; n < FILES / 5; n++) {
			random_code(digits);
			assert_int_equal(picture_save(PICTURE_PNG, sizes[i].layout, sizes[i].width, sizes[i].height,
						      digits, path), 0);
			read_png(path, out, &width, &height);
			expected(want, sizes[i].layout, digits);
			assert_string_equal(out, want);
			assert_int_equal(width, sizes[i].dots_wide);
			assert_in_range(height, 60, sizes[i].height);
		}
	/* others on the device have no business with it */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
	assert_true(picture_save(PICTURE_PNG, PICTURE_QR, 400, 400, DIGITS, "/nowhere/code.png") < 0);
	assert_int_equal(picture_save(PICTURE_PNG, PICTURE_BARCODE, 373, 400, DIGITS, path), -ERANGE);
	assert_int_equal(picture_save(PICTURE_PNG, PICTURE_QR, 400, 57, DIGITS, path), -ERANGE);
	assert_int_not_equal(access(path, F_OK), 0);
	/* too narrow for bars that a reader would read: the QR code alone */
	assert_int_equal(picture_save(PICTURE_PNG, PICTURE_BOTH, 320, 240, DIGITS, path), 0);
	read_png(path, out, &width, &height);
	assert_string_equal(out, "QR-Code:" DIGITS " ");
	unlink(path);
}

/* The program that people use, which decodes PNG by another library. */
static void zbarimg_reads_each_of_many(void **state)
{
	char dir[] = "/tmp/voicepay-many-XXXXXX", path[64], command[128], line[64], digits[FILES][PAYCODE_DIGITS + 1];
	int i, seen = 0;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	for (i = 0; i < FILES; i++) {
		random_code(digits[i]);
		snprintf(path, sizeof(path), "%s/%03d.png", dir, i);
		assert_int_equal(picture_save(PICTURE_PNG, i & 1 ? PICTURE_QR : PICTURE_BARCODE, PICTURE_WIDTH,
					      PICTURE_HEIGHT, digits[i], path), 0);
	}
	snprintf(command, sizeof(command), "zbarimg -q --raw --nodbus %s/*.png", dir);
	f = popen(command, "r");
	for (; fgets(line, sizeof(line), f); seen++) {
		assert_in_range(seen, 0, FILES - 1);
		line[strcspn(line, "\n")] = 0;
		assert_string_equal(line, digits[seen]);
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(seen, FILES);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

/* A picture of an SVG file: black boxes "Mx yhWvHHxz" on white. */
static void svg_says_the_same_and_no_digits(void **state)
{
	static uint8_t grey[400 * 400];
	char path[] = "/tmp/voicepay-svg-XXXXXX", out[160], want[160], digits[PAYCODE_DIGITS + 1], text[65536], *p;
	int x, y, w, h, n, i, row, width, height;
	uint8_t *png;
	FILE *f;

	close(mkstemp(path));
	for (i = 0; i < 20; i++) {
		random_code(digits);
		assert_int_equal(picture_save(PICTURE_SVG, PICTURE_BOTH, 400, 400, digits, path), 0);
		f = fopen(path, "r");
		assert_non_null(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		text[n] = 0;
		fclose(f);
		assert_non_null(strstr(text, "<svg"));
		assert_null(strstr(text, digits));
		assert_null(strstr(text, "<text"));
		assert_null(strstr(text, "<title"));
		memset(grey, 255, sizeof(grey));
		p = strstr(text, "crispEdges");
		for (p = strchr(p, 'M'); p && sscanf(p, "M%d %dh%dv%dH%*dz%n", &x, &y, &w, &h, &n) == 4; p += n)
			for (row = y; row < y + h; row++) {
				assert_in_range(x + w, 1, 400);
				assert_in_range(row, 0, 399);
				memset(grey + row * 400 + x, 0, w);
			}
		read_picture(grey, 400, 400, out);
		expected(want, PICTURE_BOTH, digits);
		assert_string_equal(out, want);
		/* dot by dot what the PNG is */
		assert_int_equal(picture_save(PICTURE_PNG, PICTURE_BOTH, 400, 400, digits, path), 0);
		png = load_png(path, &width, &height);
		for (row = 0; row < height; row++)
			assert_memory_equal(grey + row * 400, png + row * width, width);
		free(png);
	}
	unlink(path);
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

enum { CELL_W = 8, CELL_H = 16, COLS = 100, ROWS = 20 };

/* Draws to a string and photographs the terminal: each half cell is 8 dots. */
static void photograph(enum symbol_kind kind, int rows, const char *digits, char out[160])
{
	static const char *const blocks[] = { " ", "█", "▀", "▄", "▌", "▐" };
	static const char quarters[][4] = {	/* upper left, upper right, lower left, lower right */
		{ 0, 0, 0, 0 }, { 1, 1, 1, 1 }, { 1, 1, 0, 0 }, { 0, 0, 1, 1 }, { 1, 0, 1, 0 }, { 0, 1, 0, 1 },
	};
	uint8_t *grey = calloc(COLS * CELL_W, ROWS * CELL_H);
	int row = 0, col = 0, x, y, columns;
	struct symbol s;
	char *text, *p;
	size_t size, b;
	FILE *f;

	f = open_memstream(&text, &size);
	assert_int_equal(symbol_make(&s, kind, digits), 0);
	columns = symbol_columns(&s, kind);
	symbol_draw(f, &s, kind, rows ? rows : symbol_rows(&s, kind), false);
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
	char out[160], want[160], digits[PAYCODE_DIGITS + 1];
	int i;

	for (i = 0; i < SCREENS; i++) {
		random_code(digits);
		photograph(SYMBOL_QR, 0, digits, out);
		expected(want, PICTURE_QR, digits);
		assert_string_equal(out, want);
		/* in a low window the bars are low, too */
		photograph(SYMBOL_BARCODE, i & 1 ? SYMBOL_BARCODE_ROWS_MIN : 0, digits, out);
		expected(want, PICTURE_BARCODE, digits);
		assert_string_equal(out, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twenty_four_digits_are_the_smallest_symbols),
		cmocka_unit_test(files_fit_small_displays_and_can_be_read),
		cmocka_unit_test(zbarimg_reads_each_of_many),
		cmocka_unit_test(svg_says_the_same_and_no_digits),
		cmocka_unit_test(a_terminal_can_be_scanned),
	};

	return cmocka_run_group_tests_name("symbol", tests, NULL, NULL);
}
