# SPDX-License-Identifier: GPL-2.0-or-later
gateway-device_SRCS := user/gateway/tests/device.c user/gateway/prim_openssl.c user/gateway/peer.c user/gateway/hex.c \
	user/common/base64.c kmod/common/agreement.c kmod/common/hkdf.c kmod/common/noise.c kmod/common/paycode.c
gateway-device_PKGS := libcrypto libcurl jansson
gateway-device_LDLIBS := -lzint
gateway-device_CPPFLAGS := -I$(TOP)/user/gateway -I$(TOP)/user/gateway/tests -I$(TOP)/user/common
