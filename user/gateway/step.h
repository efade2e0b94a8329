/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places at which the kill test ends the process. In the installed program
 * they are nothing; the test build counts each crossing and raises SIGKILL at
 * the one it was told.
 */
#ifndef VPG_STEP_H
#define VPG_STEP_H

#ifdef VOICEPAY_KILL_STEPS
void step(const char *name);
#else
static inline void step(const char *name) { (void)name; }
#endif

#endif /* VPG_STEP_H */
