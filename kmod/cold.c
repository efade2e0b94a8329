// SPDX-License-Identifier: GPL-2.0
/*
 * What does not run for each code, in one translation unit, compiled for size.
 *
 * A function costs 40 bytes on x86 before it does anything: padding before it and behind
 * it, a landing pad, a call of the tracer, a return. One of four is called in one place
 * only, and mostly from another file. Here the compiler sees that there is no other place
 * (-fwhole-program) and makes it part of its caller.
 *
 * So what other objects call is __visible in its header: what is not is "undefined" when
 * the module is linked. What is static has another name in each of these files. And what is
 * found by its section alone must be __used; the kernel's DEFINE_SRCU(), DEFINE_TRACE() are not.
 */

#include "voicepay.h"

#include "common/agreement.c"
#include "common/authorise.c"
#include "common/hkdf.c"
#include "common/noise.c"
#include "common/pool.c"
#include "prim.c"

/* Slots and who may use them */
#include "device.c"
#include "key.c"
#include "presence.c"
#if IS_ENABLED(CONFIG_INPUT)	/* without an input layer there are no buttons */
#include "presence_input.c"
#endif
#include "rights.c"
#include "slot.c"
#include "sole.c"
#include "wipe.c"

/* Enrolment, pools, authorisations */
#include "agree.c"
#include "order.c"
#include "prefetch.c"

/* Sealed storage */
#if IS_ENABLED(CONFIG_TCG_TPM)	/* without a TPM slots live until the next reboot */
#include "tpm_cmd.c"
#include "tpm_counter.c"
#include "tpm_object.c"
#include "tpm_pcr.c"
#include "seal_tpm.c"
#endif
#include "blob.c"
#include "policy.c"
#include "seal.c"
#include "sealer.c"

/* Channels */
#include "box.c"
#include "channel.c"
#include "inbound.c"
#include "newticket.c"
#include "outbound.c"
#include "record.c"
#include "rekey.c"
#include "session.c"
#include "sockopt.c"
#include "takeover.c"
#include "ticket.c"
#include "tls13.c"

/* Management */
#include "netlink.c"
#include "netlink_code.c"
#include "netlink_device.c"
#include "netlink_enrol.c"
#include "netlink_event.c"
#include "netlink_otp.c"
#include "netlink_policy.c"
#include "netlink_request.c"
#include "netlink_seal.c"
#include "netlink_slot.c"

/* The generated table of groups has no room for who may join; netlink.c has its own. */
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "netlink_gen.c"
