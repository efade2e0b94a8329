# SPDX-License-Identifier: GPL-2.0-or-later
bench_codes_SRCS = $(ENROL_SRCS)
bench_codes_PKGS := libcrypto
bench_codes_CPPFLAGS = $(ENROL_CPPFLAGS) -I$(S)/bench
bench_otp_SRCS = $(ENROL_SRCS)
bench_otp_PKGS := libcrypto liboath
bench_otp_CPPFLAGS = $(ENROL_CPPFLAGS) -I$(S)/bench
bench_channel_PKGS := libssl libcrypto
bench_channel_CPPFLAGS := -I$(S)/bench
bench_memory_SRCS = $(ENROL_SRCS)
bench_memory_PKGS := libcrypto
bench_memory_CPPFLAGS = $(ENROL_CPPFLAGS) -I$(S)/bench
bench_threads_SRCS = $(ENROL_SRCS)
bench_threads_PKGS := libcrypto
bench_threads_CPPFLAGS = $(ENROL_CPPFLAGS) -I$(S)/bench
bench_tickets_PKGS := libcrypto
bench_tickets_CPPFLAGS := -I$(S)/bench
