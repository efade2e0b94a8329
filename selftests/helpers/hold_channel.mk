# SPDX-License-Identifier: GPL-2.0-or-later
hold_channel_SRCS := user/libvoicepay/ask.c user/libvoicepay/channel.c user/libvoicepay/protocol.c
hold_channel_CPPFLAGS := -I$(TOP)/user/libvoicepay/include -I$(TOP)/user/libvoicepay
