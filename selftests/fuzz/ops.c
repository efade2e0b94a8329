// SPDX-License-Identifier: GPL-2.0-or-later
/* All calls that a program can make: those of the description, and ours. */

#include <stdlib.h>
#include <linux/voicepay.h>
#include <linux/voicepay_netlink.h>

#include "world.h"
#include "table.h"

#define MAX_OPS	128

const struct op *ops[MAX_OPS];
unsigned int n_ops;

static void add(const struct op *op, unsigned int n)
{
	while (n--) {
		if (n_ops == MAX_OPS || op->n_params > MAX_PARAMS)
			abort();
		ops[n_ops++] = op++;
	}
}

void ops_init(void)
{
	add(described, ARRAY_LEN(described));
	add(other_device, n_other_device);
	add(other_channel, n_other_channel);
}
