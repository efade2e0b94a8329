/* SPDX-License-Identifier: GPL-2.0 */
/* Has a person pressed a button? */
#ifndef VP_PRESENCE_H
#define VP_PRESENCE_H

#include <linux/types.h>

/* A press that was used up, to be given back if it bought nothing. */
struct vp_press {
	u64 this_ns;
	u64 before_ns;
};

bool vp_presence_holds(u64 pressed_ns, u64 now_ns, u32 seconds);
bool vp_presence_is_weaker(u32 mode, u32 seconds, u32 than_mode, u32 than_seconds);
void vp_presence_pressed(u64 now_ns);
__visible int vp_presence_take(u32 mode, u32 seconds, struct vp_press *press);
__visible void vp_presence_give_back(const struct vp_press *press);

#if IS_ENABLED(CONFIG_INPUT)
__visible int vp_presence_init(void);
__visible void vp_presence_exit(void);
#else
/* Without an input layer nobody ever presses anything. */
static inline int vp_presence_init(void) { return 0; }
static inline void vp_presence_exit(void) { }
#endif

#endif /* VP_PRESENCE_H */
