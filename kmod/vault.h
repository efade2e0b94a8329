/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where keys lie. Whatever is a key, or as good as one, is at rest in a cell of
 * the vault and nowhere else; outside it exists only while an operation runs,
 * in memory that the operation wipes.
 */
#ifndef VP_VAULT_H
#define VP_VAULT_H

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <uapi/linux/voicepay.h>

/*
 * Bytes of a cell, at most: the secrets of an authenticator, or of a handshake under
 * way. Those of a payment slot, of which there may be many, need no more than the
 * short ones have: what counts memory in cells or masks has these two sizes.
 */
#define VP_CELL_LEN	336
#define VP_CELL_SHORT	272

/* So many are moved to another back end before the first of them is freed. */
#define VP_CELLS_MOVED	32

struct vp_vault_ops;

/**
 * struct vp_cell - a place for secrets
 * @ops: the back end that it belongs to, whose own structure this begins
 * @wipes: how many emergency wipes there had been when it was made; a later one
 *	has taken what was in it
 * @len: bytes that it was made for
 * @mask: where its mask is, if its back end has masks
 */
struct vp_cell {
	const struct vp_vault_ops *ops;
	int wipes;
	u32 len : 12;
	u32 mask : 20;
};

/**
 * struct vp_vault_ops - a back end
 * @id: higher is better
 * @name: for people, and for the module parameter
 * @alloc: a fresh cell for so many bytes, or an ERR_PTR; may sleep
 * @free: wipes the cell and gives it back
 * @write: copies into the cell; may sleep
 * @read: copies out of the cell; may sleep
 * @emergency: makes all cells worthless, in a context where nothing may be
 *	locked, mapped or allocated
 *
 * Offsets and lengths are within the cell. Callers see to it that nobody reads
 * a cell that is written or freed.
 */
struct vp_vault_ops {
	enum voicepay_vault id;
	const char *name;
	struct vp_cell *(*alloc)(size_t len);
	void (*free)(struct vp_cell *cell);
	int (*write)(struct vp_cell *cell, size_t offset, const void *data, size_t len);
	int (*read)(struct vp_cell *cell, size_t offset, void *data, size_t len);
	void (*emergency)(void);
};

extern const struct vp_vault_ops vp_vault_split;
extern const struct vp_vault_ops vp_vault_secretmem;
extern const struct vp_vault_ops vp_vault_reserved;

/* Why nothing new is let in. A suspend can happen while hibernation is prepared. */
#define VP_SHUT_DOWN		1
#define VP_SHUT_HIBERNATION	2
#define VP_SHUT_SLEEP		4

/* Are so many bytes from there on within a cell? */
static inline bool vp_cell_has(const struct vp_cell *cell, size_t offset, size_t len)
{
	return offset <= cell->len && len <= cell->len - offset;
}

/* Emergency wipes so far; vault.c's own. */
extern atomic_t vp_vault_wipes;

/* Of what was read before: was it still there? */
static inline bool vp_cell_lost(const struct vp_cell *cell)
{
	smp_rmb();	/* pairs with that in vp_vault_emergency() */
	return cell->wipes != atomic_read(&vp_vault_wipes);
}

struct vp_cell *vp_cell_alloc(size_t len);
void vp_cell_free(struct vp_cell *cell);
int vp_cell_write(struct vp_cell *cell, size_t offset, const void *data, size_t len);
int vp_cell_read(struct vp_cell *cell, size_t offset, void *data, size_t len);
struct vp_cell *vp_cell_move(struct vp_cell *cell);

int vp_vault_init(void);
void vp_vault_exit(void);
int vp_vault_offer(int fd, u32 *pages);
u32 vp_vault_in_use(void);
u32 vp_vault_flags(void);
u32 vp_vault_required(void);
bool vp_vault_holds_any(void);
void vp_vault_shut(int reason);
void vp_vault_reopen(int reason);
void vp_vault_emergency(void);

/* What the front calls of the back ends beside their operations. */
int vp_vault_split_init(void);
void vp_vault_split_exit(void);
int vp_vault_secretmem_take(int fd, u32 *pages);
void vp_vault_secretmem_exit(void);
#ifdef CONFIG_HAS_IOMEM
int vp_vault_reserved_init(void);
void vp_vault_reserved_exit(void);
#else
static inline int vp_vault_reserved_init(void) { return -ENODEV; }
static inline void vp_vault_reserved_exit(void) { }
#endif

/* Masks: the half of a masked cell that lies apart from it. */
int vp_mask_alloc(size_t len);
void vp_mask_free(u32 mask);
void vp_mask_write(u32 mask, size_t offset, u8 *masked, const u8 *data, size_t len);
void vp_mask_read(u32 mask, size_t offset, const u8 *masked, u8 *data, size_t len);
void vp_mask_emergency(void);
void vp_mask_exit(void);

#endif /* VP_VAULT_H */
