# SPDX-License-Identifier: GPL-2.0-or-later
# An app as any other, but for the socket options it tries.
take_keys_SRCS := user/libvoicepay/ask.c user/libvoicepay/channel.c user/libvoicepay/protocol.c
take_keys_CPPFLAGS := -I$(TOP)/user/libvoicepay/include -I$(TOP)/user/libvoicepay
