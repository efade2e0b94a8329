/* SPDX-License-Identifier: GPL-2.0 */
/* The only clock that codes are made by. */
#ifndef VP_CLOCK_H
#define VP_CLOCK_H

#include <linux/types.h>

void vp_clock_set(u64 now_ms);
int vp_clock_compare(u64 gateway_ms, s64 *drift_ms);
bool vp_clock_could_drift(s64 drift_ms, u64 elapsed_ms);
void vp_clock_remember(u64 *now_ms, u64 *trusted_ms);
void vp_clock_restore(u64 now_ms, u64 trusted_ms, u64 ahead_ms);
void vp_clock_forget(void);
int vp_clock_now_ms(u64 *now_ms);

#endif /* VP_CLOCK_H */
