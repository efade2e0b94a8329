/* SPDX-License-Identifier: GPL-2.0 */
/* The sealing key: who keeps it while the machine is off. */
#ifndef VP_SEALER_H
#define VP_SEALER_H

#include "common/prim.h"

/* Room for a sealing key as its keeper wraps it. */
#define VP_WRAPPED_MAX	1024

/**
 * struct vp_sealer_ops - something that keeps a key for a kernel
 * @name: for people
 * @init: is it there? 0, or -ENODEV
 * @create: wrap @key so that only this machine, booted as now, unwraps it, and
 *	close: nobody can unwrap it any more until the next boot
 * @unseal: unwrap, and close, whether it succeeded or not
 * @counter_read: a counter that never goes down, or -ENODEV
 * @counter_increment: add one to it
 * @policy: what a wrapped key is bound to, as 32 bits
 * @exit: let go of it
 *
 * All may sleep. None is called while another runs.
 */
struct vp_sealer_ops {
	const char *name;
	int (*init)(void);
	int (*create)(const u8 key[VP_KEY_LEN], u8 wrapped[VP_WRAPPED_MAX], size_t *len);
	int (*unseal)(u8 key[VP_KEY_LEN], const u8 *wrapped, size_t len);
	int (*counter_read)(u64 *value);
	int (*counter_increment)(u64 *value);
	u32 (*policy)(void);
	void (*exit)(void);
};

extern const struct vp_sealer_ops vp_sealer_tpm;

/* Snapshot for those who ask. */
struct vp_sealer_status {
	const char *name;	/* "none" if there is no sealer */
	u32 state;		/* enum voicepay_sealer_state */
	bool counted;		/* there is a counter */
	u64 counter;
};

__visible void vp_sealer_status(struct vp_sealer_status *st);

/* With vp_manage_lock held. */
int vp_sealer_get(bool make, u8 wrapped[VP_WRAPPED_MAX], size_t *len);
int vp_sealer_put(const u8 *wrapped, size_t len);
int vp_sealer_move(void);
void vp_sealer_shut(void);

int vp_sealer_key(u8 key[VP_KEY_LEN]);
u32 vp_sealer_policy(void);
int vp_sealer_count(u64 *next);
__visible void vp_sealer_exit(void);

#endif /* VP_SEALER_H */
