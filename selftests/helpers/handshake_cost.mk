# SPDX-License-Identifier: GPL-2.0-or-later
handshake_cost_SRCS := user/libvoicepay/ask.c user/libvoicepay/channel.c user/libvoicepay/protocol.c
handshake_cost_CPPFLAGS := -I$(TOP)/user/libvoicepay/include -I$(TOP)/user/libvoicepay
