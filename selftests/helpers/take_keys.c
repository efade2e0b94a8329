// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * take_keys [SOCKET]: a rogue app. Gets a channel from voicepayd, as any app may, and
 * tries to read the keys of the TLS session under it.
 *
 * Prints one line a try. Exit code 0: the kernel gave nothing; 1: it gave
 * something; 3: no channel.
 */

#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <voicepay.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static int got;

static void try(const char *what, int rc)
{
	if (rc < 0) {
		printf("%s: refused, %s\n", what, strerrorname_np(errno));
	} else {
		printf("%s: SUCCEEDED\n", what);
		got = 1;
	}
}

int main(int argc, char **argv)
{
	struct tls12_crypto_info_aes_gcm_256 keys;
	struct voicepay_channel how = { .size = sizeof(how) };
	socklen_t len;
	int fd;

	fd = voicepay_channel_open(argc > 1 ? argv[1] : NULL, 0, &how);
	if (fd < 0) {
		fprintf(stderr, "take_keys: no channel: %s\n", how.message);
		return 3;
	}
	len = sizeof(keys);
	try("getsockopt(SOL_TLS, TLS_TX)", getsockopt(fd, SOL_TLS, TLS_TX, &keys, &len));
	len = sizeof(keys);
	try("getsockopt(SOL_TLS, TLS_RX)", getsockopt(fd, SOL_TLS, TLS_RX, &keys, &len));
	memset(&keys, 0, sizeof(keys));
	keys.info.version = TLS_1_3_VERSION;
	keys.info.cipher_type = TLS_CIPHER_AES_GCM_256;
	try("setsockopt(SOL_TLS, TLS_TX), keys of my own",
	    setsockopt(fd, SOL_TLS, TLS_TX, &keys, sizeof(keys)));
	try("setsockopt(TCP_ULP)", setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4));
	return got;
}
