# SPDX-License-Identifier: GPL-2.0-or-later
# Hostile callers, garbage, removal, and what is told of it all: these go through the table of all requests.
define hostile
$(1)_SRCS := $$(ENROL_SRCS) selftests/lib/commands.c selftests/lib/strangers.c
$(1)_PKGS := libcrypto
$(1)_CPPFLAGS := $$(ENROL_CPPFLAGS)
endef
$(foreach t,hostile garbage removal told,$(eval $(call hostile,$(t))))
