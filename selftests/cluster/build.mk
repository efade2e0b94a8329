# SPDX-License-Identifier: GPL-2.0-or-later
#
# The clients of "make check-cluster" and "make bench-cluster".

TEST_HELPERS += cluster-clients
cluster-clients_SRCS = $(addprefix selftests/cluster/,main.c town.c line.c offers.c books.c hand.c) \
	user/gateway/tests/device.c $(gateway_srcs)
cluster-clients_PKGS = $(gateway_pkgs)
cluster-clients_CPPFLAGS = $(gateway_cppflags) -I$(TOP)/user/gateway/tests -I$(TOP)/selftests/cluster
cluster-clients_SHARES := voicepay-gateway
cluster-clients_LDLIBS := -pthread
