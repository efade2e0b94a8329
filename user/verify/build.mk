# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whether a certificate is the gateway's; for the handshake and for
# "voicepay verify-server", compiled into each.

VP_VERIFY_SRCS := $(addprefix user/verify/,server.c path.c form.c algorithms.c usage.c names.c constraints.c \
	revocation.c crl.c ocsp.c query.c refusal.c load.c)

verify_test_srcs := user/verify/tests/make.c $(VP_VERIFY_SRCS) user/common/pin.c user/common/base64.c
verify_tests := test_verify test_paths test_status
TESTS += $(verify_tests)
define verify_test
$(1)_SRCS := user/verify/tests/$(1).c $$(verify_test_srcs)
$(1)_PKGS := cmocka libcrypto
$(1)_LIBS := libvoicepay
endef
$(foreach t,$(verify_tests),$(eval $(call verify_test,$(t))))
TEST_SCRIPTS += user/verify/tests/verify_server.sh
