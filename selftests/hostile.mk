# SPDX-License-Identifier: GPL-2.0-or-later
# Hostile callers, garbage, removal, and what is told of it all: these go through the table of all requests.
define hostile
$(1)_SRCS := $$(ENROL_SRCS) selftests/lib/commands.c selftests/lib/strangers.c
$(1)_PKGS := libcrypto
$(1)_CPPFLAGS := $$(ENROL_CPPFLAGS)
endef
$(foreach t,hostile garbage removal told failures lifetimes,$(eval $(call hostile,$(t))))
removal_SRCS += selftests/lib/leaks.c
failures_SRCS += selftests/lib/failing.c selftests/lib/leaks.c
failures_channel_SRCS := selftests/lib/failing.c selftests/lib/leaks.c
failures_channel_CPPFLAGS := -I$(TOP)/selftests/lib
failures_channel_PKGS := libcrypto
