// SPDX-License-Identifier: GPL-2.0
/* Netlink commands of sealed storage: blobs of slots, and the sealing key. */

#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "seal.h"
#include "sealer.h"
#include "slot.h"

/* The sentence for an error, if there is more to say than its number. */
static const struct vp_nl_reason blob_reasons[] = {
	{ -ENOKEY, "no sealing key in this boot: keys are in RAM only" },
	{ -ENODATA, "the slot holds no key" },
	{ -EEXIST, "the slot holds a key, which is newer than any blob" },
	{ -ESTALE, "an old blob; enrol the slot again" },
	{ -EXDEV, "another slot's blob" },
	{ -ENODEV, "the blob of another device, or of another gateway's" },
	{ -EPROTONOSUPPORT, "a blob of another version of this module" },
	{ -EKEYREJECTED, "sealed under a stricter policy than this module's" },
	{ -EBADMSG, "torn, altered, or sealed with another key or PCRs" },
	{ -EBUSY, "take and store the blobs of all slots first" },
};

int voicepay_nl_blob_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u8 *blob;
	int err;

	BUILD_BUG_ON(VP_BLOB_LEN > VOICEPAY_BLOB_MAX || VP_WRAPPED_MAX > VOICEPAY_BLOB_MAX);
	err = vp_nl_manager_only(skb, info);
	if (!err)
		err = vp_nl_want(info, VOICEPAY_A_BLOB_SLOT);
	if (err)
		return err;
	blob = kmalloc(VP_BLOB_LEN, GFP_KERNEL);
	if (!blob)
		return -ENOMEM;
	mutex_lock(&vp_manage_lock);
	err = vp_seal_get(nla_get_u32(info->attrs[VOICEPAY_A_BLOB_SLOT]),
			  nla_get_flag(info->attrs[VOICEPAY_A_BLOB_FINAL]), blob);
	mutex_unlock(&vp_manage_lock);
	vp_nl_explain(info, err, blob_reasons);
	if (!err)
		err = vp_nl_reply_bytes(info, VOICEPAY_A_BLOB_BLOB, blob, VP_BLOB_LEN);
	kfree(blob);
	return err;
}

int voicepay_nl_blob_put_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *blob = info->attrs[VOICEPAY_A_BLOB_BLOB];
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	if (vp_nl_want(info, VOICEPAY_A_BLOB_SLOT) || vp_nl_want(info, VOICEPAY_A_BLOB_BLOB))
		return -EINVAL;
	mutex_lock(&vp_manage_lock);
	err = vp_seal_put(nla_get_u32(info->attrs[VOICEPAY_A_BLOB_SLOT]), nla_data(blob),
			  nla_len(blob));
	mutex_unlock(&vp_manage_lock);
	vp_nl_explain(info, err, blob_reasons);
	return err;
}

int voicepay_nl_blob_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	mutex_lock(&vp_manage_lock);
	err = vp_seal_commit(nla_get_flag(info->attrs[VOICEPAY_A_BLOB_RETIRE]));
	mutex_unlock(&vp_manage_lock);
	vp_nl_explain(info, err, blob_reasons);
	return err;
}

static const struct vp_nl_reason sealer_reasons[] = {
	{ -ENODEV, "no TPM 2.0: keys end with this boot, enrol again" },
	{ -ENOKEY, "no sealing key in this boot yet" },
	{ -EALREADY, "the sealing key is there already" },
	{ -EKEYREVOKED, "shut until the next boot" },
	{ -EKEYREJECTED, "the TPM refused: another TPM or boot, or altered" },
};

int voicepay_nl_sealer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u8 *wrapped;
	size_t len;
	int err;

	err = vp_nl_manager_only(skb, info);
	if (err)
		return err;
	wrapped = kmalloc(VP_WRAPPED_MAX, GFP_KERNEL);
	if (!wrapped)
		return -ENOMEM;
	mutex_lock(&vp_manage_lock);
	err = vp_sealer_get(nla_get_flag(info->attrs[VOICEPAY_A_SEALER_NEW]), wrapped, &len);
	mutex_unlock(&vp_manage_lock);
	vp_nl_explain(info, err, sealer_reasons);
	if (!err)
		err = vp_nl_reply_bytes(info, VOICEPAY_A_SEALER_WRAPPED_KEY, wrapped, len);
	kfree(wrapped);
	return err;
}

int voicepay_nl_sealer_put_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *wrapped = info->attrs[VOICEPAY_A_SEALER_WRAPPED_KEY];
	int err;

	err = vp_nl_manager_only(skb, info);
	if (!err)
		err = vp_nl_want(info, VOICEPAY_A_SEALER_WRAPPED_KEY);
	if (err)
		return err;
	mutex_lock(&vp_manage_lock);
	err = vp_sealer_put(nla_data(wrapped), nla_len(wrapped));
	mutex_unlock(&vp_manage_lock);
	vp_nl_explain(info, err, sealer_reasons);
	return err;
}
