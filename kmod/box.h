/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Secrets that are too many for the vault, and that anybody may miss: encrypted
 * in ordinary memory, under one key that lies in the vault. Where the key goes,
 * they go.
 */
#ifndef VP_BOX_H
#define VP_BOX_H

#include <linux/types.h>

#include "common/prim.h"

/**
 * struct vp_box - what opens again what was shut in it
 * @key: which key it was shut with; 0: nothing is in it
 * @nonce: with which nonce
 */
struct vp_box {
	u64 key;
	u64 nonce;
};

/* Room that @len bytes take when they are shut in. */
#define VP_BOX_LEN(len)	((len) + VP_TAG_LEN)

/*
 * What is shut in was learnt at some time; if there was a wipe since, it is among
 * what was to be gone. To be asked before that, and given to vp_box_shut().
 */
unsigned int vp_box_era(void);

int vp_box_shut(struct vp_box *box, unsigned int era, u8 *out, const u8 *ad, size_t ad_len,
		const u8 *in, size_t len);
int vp_box_open(const struct vp_box *box, u8 *out, const u8 *ad, size_t ad_len, const u8 *in,
		size_t len);
void vp_box_drop(struct vp_box *box);

void vp_box_wipe(void);
int vp_box_move(void);

#endif /* VP_BOX_H */
