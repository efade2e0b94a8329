// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <zbar.h>

#include "pos.h"

/* Scanners want quiet around a code; a picture cropped to its edge has none. */
#define BORDER		40
#define PIXELS_MAX	(64 << 20)
#define SIDE_MAX	8192

/* Grey, over white, so that a transparent background is paper. */
static unsigned char *load(const char *path, unsigned int *w, unsigned int *h, char *error)
{
	png_color white = { 255, 255, 255 };
	unsigned char *pixels = NULL;
	png_image png;

	memset(&png, 0, sizeof(png));
	png.version = PNG_IMAGE_VERSION;
	if (!png_image_begin_read_from_file(&png, path)) {
		snprintf(error, POS_ERROR, "%s: %s", path, png.message);
		return NULL;
	}
	png.format = PNG_FORMAT_GRAY;
	if (png.width > SIDE_MAX || png.height > SIDE_MAX)
		snprintf(error, POS_ERROR, "%s: larger than %d by %d pixels", path, SIDE_MAX, SIDE_MAX);
	else
		pixels = malloc(PNG_IMAGE_SIZE(png));
	if (pixels && !png_image_finish_read(&png, &white, pixels, 0, NULL)) {
		snprintf(error, POS_ERROR, "%s: %s", path, png.message);
		free(pixels);
		pixels = NULL;
	}
	*w = png.width;
	*h = png.height;
	png_image_free(&png);
	return pixels;
}

static unsigned char *enlarge(const unsigned char *in, unsigned int w, unsigned int h,
			      unsigned int scale, unsigned int *ow, unsigned int *oh)
{
	unsigned char *out, *row;

	*ow = w * scale + 2 * BORDER;
	*oh = h * scale + 2 * BORDER;
	if ((size_t)*ow * *oh > PIXELS_MAX)
		return NULL;
	out = malloc((size_t)*ow * *oh);
	if (!out)
		return NULL;
	memset(out, 255, (size_t)*ow * *oh);
	for (unsigned int y = 0; y < h * scale; y++) {
		row = out + (size_t)(y + BORDER) * *ow + BORDER;
		for (unsigned int x = 0; x < w * scale; x++)
			row[x] = in[(size_t)(y / scale) * w + x / scale];
	}
	return out;
}

/* Number of different codes seen so far; the first is in @code. */
static int scan(unsigned char *pixels, unsigned int w, unsigned int h, char code[POS_CODE_MAX])
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	int found = 0;

	/* Else zbar announces every code on the session bus: to every program of this user. */
	zbar_image_scanner_request_dbus(scanner, 0);
	zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_CODE128, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, w, h);
	zbar_image_set_data(image, pixels, (size_t)w * h, NULL);
	if (zbar_scan_image(scanner, image) > 0) {
		for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s; s = zbar_symbol_next(s)) {
			const char *data = zbar_symbol_get_data(s);

			if (strlen(data) >= POS_CODE_MAX || (found && !strcmp(data, code)))
				continue;
			if (!found)
				strcpy(code, data);
			found++;
		}
	}
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
	return found;
}

int picture_read(const char *path, char code[POS_CODE_MAX], char error[POS_ERROR])
{
	unsigned int w, h, ow, oh;
	unsigned char *pixels = load(path, &w, &h, error);
	int found = 0;

	if (!pixels)
		return -1;
	/* Small pictures are read at two or three times their size. */
	for (unsigned int scale = 1; scale <= 3 && !found; scale++) {
		unsigned char *large = enlarge(pixels, w, h, scale, &ow, &oh);

		if (!large)
			break;
		found = scan(large, ow, oh, code);
		free(large);
	}
	free(pixels);
	if (found == 1)
		return 0;
	snprintf(error, POS_ERROR, found ? "%s: there are several codes in this picture: show one" :
		 "%s: no Code 128 or QR code can be read in this picture: scan it again, straight and sharp", path);
	return -1;
}
