/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VP_INPUT_H
#define VP_INPUT_H

#include <stdio.h>

/* @file to be read, or standard input if it is "-". NULL, and errno, if there is none. */
FILE *input_open(const char *file);
/* Nothing for NULL; standard input stays open. */
void input_close(FILE *in);

#endif
