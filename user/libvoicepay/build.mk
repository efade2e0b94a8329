# SPDX-License-Identifier: GPL-2.0-or-later

LIBRARIES += libvoicepay
libvoicepay_SRCS := $(addprefix user/libvoicepay/,device.c ask.c channel.c explain.c protocol.c)
libvoicepay_SOVERSION := 1
libvoicepay_VERSION := 1.2.0
libvoicepay_MAP := user/libvoicepay/libvoicepay.map

INSTALLS += user/libvoicepay/include/voicepay.h:$(includedir)/voicepay.h:644 \
	include/uapi/linux/voicepay.h:$(includedir)/linux/voicepay.h:644 \
	include/uapi/linux/voicepay_netlink.h:$(includedir)/linux/voicepay_netlink.h:644 \
	Documentation/man/libvoicepay.3:$(mandir)/man3/libvoicepay.3:644
TEMPLATES += user/libvoicepay/voicepay.pc.in:$(libdir)/pkgconfig/voicepay.pc:644

TESTS += test_libvoicepay
test_libvoicepay_SRCS := $(addprefix user/libvoicepay/,tests/test_libvoicepay.c protocol.c)
test_libvoicepay_PKGS := cmocka
test_libvoicepay_LIBS := libvoicepay
