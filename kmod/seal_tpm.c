// SPDX-License-Identifier: GPL-2.0
/*
 * A TPM 2.0 keeps the sealing key, and the module talks to it itself.
 *
 * The key is bound to PCRs: those that say what was booted, and one, the gate,
 * that is zero until the key has been unwrapped. Unwrapping it and shutting the
 * gate happen while the TPM is held, so that nobody comes between, and a PCR of
 * the static kind does not go back before the next boot.
 */

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "voicepay.h"
#include "sealer.h"
#include "tpm_cmd.h"
#include "tpm_counter.h"
#include "tpm_object.h"
#include "tpm_pcr.h"

static unsigned int gate = 13;
module_param_named(tpm_gate, gate, uint, 0444);
MODULE_PARM_DESC(tpm_gate, "PCR that shuts the sealing key off until the next boot, 8 to 15");

static unsigned int bound[16] = { 7 };
static int n_bound = 1;
module_param_array_named(tpm_pcrs, bound, uint, &n_bound, 0444);
MODULE_PARM_DESC(tpm_pcrs, "PCRs that the sealing key is bound to besides, 0 to 15");

static u32 mask(void)
{
	u32 bits = BIT(gate);
	int i;

	for (i = 0; i < n_bound; i++)
		bits |= BIT(bound[i]);
	return bits;
}

static int check_parameters(void)
{
	int i;

	/* 16 and 23 can be reset by anybody, 17 to 22 cannot be extended from here. */
	if (gate < 8 || gate > 15) {
		pr_err_once("tpm_gate=%u: must be a PCR from 8 to 15\n", gate);
		return -ENODEV;
	}
	for (i = 0; i < n_bound; i++) {
		if (bound[i] > 15) {
			pr_err_once("tpm_pcrs: %u is not a PCR from 0 to 15\n", bound[i]);
			return -ENODEV;
		}
	}
	return 0;
}

/* Is the gate as it is at boot? A key made behind it could be had by whoever extends it. */
static int gate_open(struct vp_tpm *tpm)
{
	u8 value[VP_HASH_LEN];
	int err;

	err = vp_tpm_pcr_read(tpm, gate, value);
	if (err)
		return err;
	return memchr_inv(value, 0, sizeof(value)) ? -EKEYREVOKED : 0;
}

static int shut_gate(struct vp_tpm *tpm)
{
	static const char why[64] = "voicepay: the sealing key is with the kernel";

	return vp_tpm_tell(tpm, vp_tpm_pcr_extend(tpm, gate, why), "extend the gate's PCR");
}

static int tpm_init(void)
{
	struct tpm_chip *chip;
	int err = check_parameters();

	if (err)
		return err;
	chip = tpm_default_chip();
	if (!chip)
		return -ENODEV;
	err = tpm_is_tpm2(chip) > 0 ? 0 : -ENODEV;
	put_device(&chip->dev);
	return err;
}

static int tpm_create(const u8 key[VP_KEY_LEN], u8 wrapped[VP_WRAPPED_MAX], size_t *len)
{
	struct vp_tpm tpm;
	int err, shut;

	err = vp_tpm_open(&tpm);
	if (err)
		return vp_tpm_tell(&tpm, err, "be reached");
	err = gate_open(&tpm);
	if (err == -EKEYREVOKED) {
		vp_tpm_close(&tpm);
		return err;
	}
	if (!err)
		err = vp_tpm_object_create(&tpm, mask(), key, wrapped, len);
	err = vp_tpm_tell(&tpm, err, "wrap a new sealing key");
	shut = shut_gate(&tpm);
	vp_tpm_close(&tpm);
	return err ?: shut;
}

static int tpm_unseal(u8 key[VP_KEY_LEN], const u8 *wrapped, size_t len)
{
	struct vp_tpm tpm;
	int err, shut;

	err = vp_tpm_open(&tpm);
	if (err)
		return vp_tpm_tell(&tpm, err, "be reached");
	err = vp_tpm_object_unseal(&tpm, mask(), key, wrapped, len);
	if (err == -EKEYREJECTED)
		pr_warn("the sealing key was not made in a boot like this one, or not by voicepay\n");
	else
		err = vp_tpm_tell(&tpm, err, "unwrap the sealing key");
	shut = shut_gate(&tpm);
	vp_tpm_close(&tpm);
	if (err || shut)
		memzero_explicit(key, VP_KEY_LEN);
	return err ?: shut;
}

static u32 tpm_policy(void)
{
	return gate << 24 | mask();
}

static void tpm_exit(void)
{
}

const struct vp_sealer_ops vp_sealer_tpm = {
	.name			= "tpm2",
	.init			= tpm_init,
	.create			= tpm_create,
	.unseal			= tpm_unseal,
	.counter_read		= vp_tpm_counter_read,
	.counter_increment	= vp_tpm_counter_increment,
	.policy			= tpm_policy,
	.exit			= tpm_exit,
};
