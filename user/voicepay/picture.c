// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "picture.h"

#define SIDE_MAX	4096
/* Readers miss modules of one dot. */
#define DOTS_MIN	2
/* Bars need no more to be swept across. */
#define BARS_MAX	120
#define LIGHT		0xff

/* One symbol and where it goes; a module is @dots wide, and a bar @tall high. */
struct placed {
	struct symbol symbol;
	int x, y;
	int dots;
	int tall;
};

struct picture {
	int width, height;
	int count;
	struct placed part[2];
};

static int lesser(int a, int b)
{
	return a < b ? a : b;
}

/* Puts one symbol into @width by @height dots below @y; the picture grows by it. */
static int place(struct picture *p, enum symbol_kind kind, const char *digits, int width, int height)
{
	struct placed *part = &p->part[p->count];
	int used;

	if (symbol_make(&part->symbol, kind, digits))
		return -EINVAL;
	part->dots = width / part->symbol.width;
	if (kind == SYMBOL_QR)
		part->dots = lesser(part->dots, height / part->symbol.height);
	part->tall = kind == SYMBOL_QR ? part->dots : lesser(height, BARS_MAX);
	if (part->dots < DOTS_MIN || part->tall < DOTS_MIN)
		return -ERANGE;
	used = part->symbol.width * part->dots;
	p->width = p->width > used ? p->width : used;
	part->y = p->height;
	p->height += part->symbol.height * part->tall;
	p->count++;
	return 0;
}

/*
 * Bars first, as they take what they need; the QR code takes what they leave. On
 * a display that is too narrow for bars the QR code is alone.
 */
static int lay_out(struct picture *p, enum picture_layout layout, int width, int height, const char *digits)
{
	int i, err = 0;

	memset(p, 0, sizeof(*p));
	if (width < 1 || width > SIDE_MAX || height < 1 || height > SIDE_MAX)
		return -ERANGE;
	if (layout & PICTURE_BARCODE)
		err = place(p, SYMBOL_BARCODE, digits, width,
			    layout & PICTURE_QR ? height / 4 : height);
	if (err == -ERANGE && layout & PICTURE_QR)
		err = 0;
	if (!err && layout & PICTURE_QR)
		err = place(p, SYMBOL_QR, digits, width, height - p->height);
	for (i = 0; i < p->count; i++)
		p->part[i].x = (p->width - p->part[i].symbol.width * p->part[i].dots) / 2;
	return err;
}

static void paint(unsigned char *grey, int stride, const struct placed *part)
{
	const struct symbol *s = &part->symbol;
	int x, y;

	for (y = 0; y < s->height * part->tall; y++)
		for (x = 0; x < s->width * part->dots; x++)
			if (s->dark[y / part->tall * s->width + x / part->dots])
				grey[(part->y + y) * stride + part->x + x] = 0;
}

static int to_png(const struct picture *p, char **out, size_t *size)
{
	png_image png = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY };
	png_alloc_size_t need = 0;
	unsigned char *grey;
	int i, err = -ENOMEM;

	png.width = p->width;
	png.height = p->height;
	*out = NULL;
	grey = malloc(PNG_IMAGE_SIZE(png));
	if (!grey)
		return -ENOMEM;
	memset(grey, LIGHT, PNG_IMAGE_SIZE(png));
	for (i = 0; i < p->count; i++)
		paint(grey, p->width, &p->part[i]);
	if (png_image_write_get_memory_size(png, need, 0, grey, 0, NULL))
		*out = malloc(need);
	if (*out && png_image_write_to_memory(&png, *out, &need, 0, grey, 0, NULL)) {
		*size = need;
		err = 0;
	}
	explicit_bzero(grey, PNG_IMAGE_SIZE(png));
	free(grey);
	return err;
}

static void to_rects(FILE *f, const struct placed *part)
{
	const struct symbol *s = &part->symbol;
	int row, col, end;

	for (row = 0; row < s->height; row++)
		for (col = 0; col < s->width; col = end + 1) {
			for (end = col; end < s->width && s->dark[row * s->width + end]; end++)
				;
			if (end > col)
				fprintf(f, "M%d %dh%dv%dH%dz", part->x + col * part->dots,
					part->y + row * part->tall, (end - col) * part->dots, part->tall,
					part->x + col * part->dots);
		}
}

static int to_svg(const struct picture *p, char **out, size_t *size)
{
	FILE *f = open_memstream(out, size);
	int i;

	if (!f)
		return -ENOMEM;
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		p->width, p->height, p->width, p->height);
	fprintf(f, "<path d=\"M0 0h%dv%dH0z\" fill=\"#fff\"/>\n<path shape-rendering=\"crispEdges\" d=\"",
		p->width, p->height);
	for (i = 0; i < p->count; i++)
		to_rects(f, &p->part[i]);
	fprintf(f, "\"/>\n</svg>\n");
	return fclose(f) ? -ENOMEM : 0;
}

static int write_all(int fd, const char *data, size_t len)
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

static int save(const char *path, const char *data, size_t len)
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

int picture_save(enum picture_format format, enum picture_layout layout, int width, int height,
		 const char *digits, const char *path)
{
	struct picture *p = malloc(sizeof(*p));
	char *data = NULL;
	size_t size = 0;
	int err;

	if (!p)
		return -ENOMEM;
	err = lay_out(p, layout, width, height, digits);
	if (!err)
		err = format == PICTURE_PNG ? to_png(p, &data, &size) : to_svg(p, &data, &size);
	if (!err)
		err = save(path, data, size);
	if (data)
		explicit_bzero(data, size);
	free(data);
	explicit_bzero(p, sizeof(*p));
	free(p);
	return err;
}
