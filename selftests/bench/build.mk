# SPDX-License-Identifier: GPL-2.0-or-later
#
# What of the benchmark is made of the gateway: built by bench/run, not by "check".

define bench_gateway
ifneq ($(filter bench-%,$(MAKECMDGOALS)),)
TEST_HELPERS += $(1)
endif
$(1)_SRCS = selftests/bench/$(2).c $(addprefix user/gateway/tests/,$(3) fixture.c device.c) $$(gateway_srcs)
$(1)_PKGS = cmocka libcurl $$(gateway_pkgs)
$(1)_CPPFLAGS = $$(gateway_cppflags) -I$(TOP)/user/gateway/tests -I$(TOP)/selftests/bench
$(1)_SHARES := voicepay-gateway
$(1)_LDLIBS := -pthread
endef
$(eval $(call bench_gateway,bench_charges,charges,server.c))
$(eval $(call bench_gateway,bench_verify,verify))
$(eval $(call bench_gateway,bench_keys,keys,many_keys.c))
.PHONY: bench-programs
bench-programs: $(O)/tests/bench_charges $(O)/tests/bench_verify $(O)/tests/bench_keys
