/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VPG_TEST_KILL_REKEY_H
#define VPG_TEST_KILL_REKEY_H

void rekey_at_every_step(void **state);

#endif /* VPG_TEST_KILL_REKEY_H */
