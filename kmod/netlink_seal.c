// SPDX-License-Identifier: GPL-2.0
/* Netlink commands of sealed storage: blobs of slots, and the sealing key. */

#include <net/genetlink.h>
#include <net/netlink.h>

#include "voicepay.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "seal.h"
#include "sealer.h"
#include "slot.h"

/* The sentence for an error, if there is more to say than its number. */
static void explain(struct genl_info *info, int err)
{
	switch (err) {
	case -ENOKEY:
		NL_SET_ERR_MSG(info->extack, "no sealing key in this boot: keys are in RAM only");
		break;
	case -ENODATA:
		NL_SET_ERR_MSG(info->extack, "the slot holds no key");
		break;
	case -EEXIST:
		NL_SET_ERR_MSG(info->extack, "the slot holds a key, which is newer than any blob");
		break;
	case -ESTALE:
		NL_SET_ERR_MSG(info->extack, "an old blob; enrol the slot again");
		break;
	case -EXDEV:
		NL_SET_ERR_MSG(info->extack, "another slot's blob");
		break;
	case -ENODEV:
		NL_SET_ERR_MSG(info->extack, "the blob of another device, or of another gateway's");
		break;
	case -EPROTONOSUPPORT:
		NL_SET_ERR_MSG(info->extack, "a blob of another version of this module");
		break;
	case -EKEYREJECTED:
		NL_SET_ERR_MSG(info->extack, "sealed under a stricter policy than this module's");
		break;
	case -EBADMSG:
		NL_SET_ERR_MSG(info->extack, "torn, altered, or sealed with another key or PCRs");
		break;
	case -EBUSY:
		NL_SET_ERR_MSG(info->extack, "take and store the blobs of all slots first");
		break;
	}
}

int voicepay_nl_blob_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u8 blob[VP_BLOB_LEN];
	int err;

	BUILD_BUG_ON(VP_BLOB_LEN > VOICEPAY_BLOB_MAX || VP_WRAPPED_MAX > VOICEPAY_BLOB_MAX);
	err = vp_nl_manager_only(skb, info);
	if (!err)
		err = vp_nl_want(info, VOICEPAY_A_BLOB_SLOT);
	if (err)
		return err;
	mutex_lock(&vp_manage_lock);
	err = vp_seal_get(nla_get_u32(info->attrs[VOICEPAY_A_BLOB_SLOT]),
			  nla_get_flag(info->attrs[VOICEPAY_A_BLOB_FINAL]), blob);
	mutex_unlock(&vp_manage_lock);
	explain(info, err);
	return err ?: vp_nl_reply_bytes(info, VOICEPAY_A_BLOB_BLOB, blob, sizeof(blob));
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
	explain(info, err);
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
	explain(info, err);
	return err;
}

static void explain_sealer(struct genl_info *info, int err)
{
	switch (err) {
	case -ENODEV:
		NL_SET_ERR_MSG(info->extack, "no TPM 2.0: keys end with this boot, enrol again");
		break;
	case -ENOKEY:
		NL_SET_ERR_MSG(info->extack, "no sealing key in this boot yet");
		break;
	case -EALREADY:
		NL_SET_ERR_MSG(info->extack, "the sealing key is there already");
		break;
	case -EKEYREVOKED:
		NL_SET_ERR_MSG(info->extack, "shut until the next boot");
		break;
	case -EKEYREJECTED:
		NL_SET_ERR_MSG(info->extack, "the TPM refused: another TPM or boot, or altered");
		break;
	}
}

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
	explain_sealer(info, err);
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
	explain_sealer(info, err);
	return err;
}
