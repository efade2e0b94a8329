// SPDX-License-Identifier: GPL-2.0
/*
 * What the suites look at, where they are a module of their own
 * (CONFIG_VOICEPAY_KUNIT_TEST=m): a suite that calls something else of the module adds
 * it here. The module that is installed has none of this.
 */

#include <linux/export.h>

#include "voicepay.h"
#include "blob.h"
#include "clock.h"
#include "code.h"
#include "gate.h"
#include "hmac.h"
#include "key.h"
#include "newticket.h"
#include "order.h"
#include "otp.h"
#include "policy.h"
#include "presence.h"
#include "record.h"
#include "rights.h"
#include "slot.h"
#include "tls13.h"
#include "vault.h"
#include "common/authorise.h"
#include "common/bind.h"
#include "common/hkdf.h"
#include "common/noise.h"
#include "common/paycode.h"
#include "common/pool.h"
#include "common/prim.h"

#define TESTED(function)	EXPORT_SYMBOL_GPL(function)

TESTED(vp_blob_open);
TESTED(vp_blob_seal);
TESTED(vp_cell_alloc);
TESTED(vp_cell_free);
TESTED(vp_cell_read);
TESTED(vp_cell_write);
TESTED(vp_clock_could_drift);
TESTED(vp_clock_now_ms);
TESTED(vp_code_issue);
TESTED(vp_gate_admit);
TESTED(vp_gate_exit);
TESTED(vp_gate_init);
TESTED(vp_gate_settle);
TESTED(vp_gate_lock);
TESTED(vp_gate_unlock);
TESTED(vp_hmac);
TESTED(vp_hmac_head);
TESTED(vp_hmac_prepare);
TESTED(vp_key_create_otp);
TESTED(vp_key_destroy);
TESTED(vp_key_export);
TESTED(vp_key_import);
TESTED(vp_key_init);
TESTED(vp_key_sealed);
TESTED(vp_key_stored);
TESTED(vp_key_take_counter);
TESTED(vp_key_take_ordinal);
TESTED(vp_key_take_pool);
TESTED(vp_key_take_step);
TESTED(vp_newticket_begin);
TESTED(vp_newticket_bytes);
TESTED(vp_newticket_end);
TESTED(vp_order_authorise);
TESTED(vp_otp_compute);
TESTED(vp_otp_issue);
TESTED(vp_otp_terms_ok);
TESTED(vp_policy_encode);
TESTED(vp_presence_holds);
TESTED(vp_presence_is_weaker);
TESTED(vp_record_control);
TESTED(vp_record_data);
TESTED(vp_record_init);
TESTED(vp_rights_of_cred);
TESTED(vp_slot_count);
TESTED(vp_slot_del);
TESTED(vp_slot_get);
TESTED(vp_suite_of);
TESTED(vp_vault_emergency);
TESTED(vp_vault_holds_any);
TESTED(vp_vault_in_use);
TESTED(vp_tls13_keys);
TESTED(vp_tls13_next);
TESTED(vp_tls13_psk);
TESTED(vp_manage_lock);
TESTED(vp_slot_new);
TESTED(vp_slot_put);
TESTED(vp_slot_set_key);
TESTED(vp_authorise_encode);
TESTED(paycode_bind);
TESTED(vp_hkdf_expand);
TESTED(vp_hkdf_extract);
TESTED(vp_noise_init_initiator);
TESTED(vp_noise_init_responder);
TESTED(vp_noise_read_msg1);
TESTED(vp_noise_read_msg2);
TESTED(vp_noise_write_msg1);
TESTED(vp_noise_write_msg2);
TESTED(vp_prim_keypair);
TESTED(vp_prim_open);
TESTED(paycode_damm);
TESTED(paycode_format);
TESTED(paycode_mac_input);
TESTED(paycode_parse);
TESTED(paycode_truncate);
TESTED(vp_pool_decode);
TESTED(vp_pool_encode);
TESTED(vp_prim_hmac);
TESTED(vp_prim_dh);
TESTED(vp_prim_hmac512);
