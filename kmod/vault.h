/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where keys lie. Whatever is a key, or as good as one, is at rest in a cell of
 * the vault and nowhere else; outside it exists only while an operation runs,
 * in memory that the operation wipes.
 */
#ifndef VP_VAULT_H
#define VP_VAULT_H

#include <linux/types.h>

/* Bytes of a cell: the secrets of a key, or of a handshake under way. */
#define VP_CELL_LEN	384

struct vp_vault_ops;

/**
 * struct vp_cell - a place for secrets
 * @ops: the back end that it belongs to, whose own structure this begins
 */
struct vp_cell {
	const struct vp_vault_ops *ops;
};

/**
 * struct vp_vault_ops - a back end
 * @name: for people
 * @alloc: a fresh cell, or an ERR_PTR; may sleep
 * @free: wipes the cell and gives it back
 * @write: copies into the cell; may sleep
 * @read: copies out of the cell; may sleep
 *
 * Offsets and lengths are within the cell. Callers see to it that nobody reads
 * a cell that is written or freed.
 */
struct vp_vault_ops {
	const char *name;
	struct vp_cell *(*alloc)(void);
	void (*free)(struct vp_cell *cell);
	int (*write)(struct vp_cell *cell, size_t offset, const void *data, size_t len);
	int (*read)(struct vp_cell *cell, size_t offset, void *data, size_t len);
};

extern const struct vp_vault_ops vp_vault_split;

struct vp_cell *vp_cell_alloc(void);
void vp_cell_free(struct vp_cell *cell);
int vp_cell_write(struct vp_cell *cell, size_t offset, const void *data, size_t len);
int vp_cell_read(struct vp_cell *cell, size_t offset, void *data, size_t len);

#endif /* VP_VAULT_H */
