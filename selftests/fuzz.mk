# SPDX-License-Identifier: GPL-2.0-or-later
fuzz_SRCS := selftests/fuzz/program.c selftests/fuzz/generate.c selftests/fuzz/ops.c selftests/fuzz/world.c \
	selftests/fuzz/calls_channel.c selftests/fuzz/calls_device.c selftests/fuzz/execute.c \
	selftests/lib/strangers.c $(ENROL_SRCS)
fuzz_PKGS := libcrypto
fuzz_CPPFLAGS := $(ENROL_CPPFLAGS) -I$(TOP)/selftests/fuzz -I$(O)/generated
