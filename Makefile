# SPDX-License-Identifier: GPL-2.0-or-later
#
# Top of voicepay. Kbuild, beside this file, says what the module is made of;
# user/Makefile does the same for userspace. "make help" lists the targets.

KDIR	?= /lib/modules/$(shell uname -r)/build
DESTDIR	?=
PREFIX	?= /usr
VM	:= selftests/vm
VERSION	:= $(shell sed -n 's/^\#define VOICEPAY_VERSION_STRING[[:space:]]*"\(.*\)"/\1/p' include/uapi/linux/voicepay.h)

.PHONY: all modules user modules_install install uninstall clean help \
	check check-all check-long check-debug bench fuzz fuzz-module coverage check-unit check-static check-uml check-vm check-ram check-kdump check-wipe check-sealing check-packages check-analyzers check-kselftest check-bench check-cluster bench-cluster \
	check-kernels check-builds \
	demo vm vm-shell vm-build host-setup \
	dkms-install dkms-remove

all: modules user		## Build the module and the programs for this machine

modules:			## Build voicepay.ko for the kernel in KDIR=
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

user:				## Build the library and the programs
	$(MAKE) -C user all

modules_install: modules	## Install voicepay.ko for the kernel in KDIR=
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates modules_install

install: modules_install	## Install everything (DESTDIR=, PREFIX= are heeded)
	$(MAKE) -C user install

uninstall:			## Remove what install installed
	$(MAKE) -C user uninstall
	kver=$$(cat $(KDIR)/include/config/kernel.release) && \
		rm -f $(DESTDIR)/lib/modules/$$kver/updates/voicepay.ko* && \
		{ [ -n "$(DESTDIR)" ] || depmod $$kver; }

dkms-install:			## Install the module by DKMS, to be rebuilt for each new kernel
	dkms add $(CURDIR)
	dkms install voicepay/$(VERSION)

dkms-remove:			## Remove the DKMS module from all kernels
	dkms remove voicepay/$(VERSION) --all

clean:				## Remove what was built here
	-[ ! -e $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C user clean
	$(MAKE) -C selftests clean

demo: host-setup		## Watch a speaker pay, online and offline, in a virtual machine
	@$(VM)/demo

check: host-setup		## Run all tests; sets up everything they need (as root)
	@selftests/check

check-all: host-setup		## Run all tests that there are; says first how long that takes
	@selftests/all

check-kernels: host-setup	## Run the whole suite on Linux 6.1, 6.12, the newest, and on arm64
	@selftests/kernels $(KERNEL)

check-builds: host-setup	## Build the module with clang, all for i386, armhf and arm64
	@selftests/builds

check-long: host-setup		## Run the tests of fleets and crowds at full size (10 GB of disk, half an hour)
	@$(VM)/build user
	@$(VM)/in-root env CMOCKA_MESSAGE_OUTPUT=TAP make -s -C /build/src/user O=/build/user check-long

bench: $(if $(HOST),,host-setup)	## How fast, against what, and whether the marks are kept (six minutes, an idle machine); ROWS="codes channel" for some, KERNEL=6.1|newest, HOST=1 here
	@HOST=$(HOST) KERNEL=$(KERNEL) selftests/bench/run $(ROWS)

fuzz: host-setup		## Fuzz the parsers that face the outside, then the module: make fuzz TIME=60, seconds for each
	@$(VM)/build user tests
	@$(VM)/in-root make -s -C /build/src/user O=/build/user TIME=$(or $(TIME),60) fuzz
	@selftests/fuzz/run $(or $(TIME),60)

fuzz-module: host-setup		## Fuzz the module alone: make fuzz-module TIME=600 KERNEL=kasan|kcsan (User-mode Linux unless given)
	@$(VM)/build user tests
	@selftests/fuzz/run $(or $(TIME),60) $(KERNEL)

check-debug: host-setup		## Run the tests on debug kernels: KASAN, lockdep, kmemleak, KCSAN (built once; then an hour); KERNEL=kasan|kcsan
	@$(VM)/build
	@selftests/debug/run $(KERNEL)

coverage: host-setup		## Which lines of the module the tests execute (half an hour)
	@$(VM)/build
	@selftests/coverage

check-unit: host-setup		## Run the unit tests
	@selftests/check unit

check-static: host-setup	## Run sparse, checkpatch, shellcheck and other checks of the source
	@selftests/check static

check-uml: host-setup		## Run the KUnit tests on a User-mode Linux kernel with KASAN and lockdep
	@selftests/check uml

check-vm: host-setup		## Run the tests of the running module, in a virtual machine
	@selftests/check interfaces system

check-ram: host-setup		## Search all of the virtual machine's memory for keys (some minutes; not in check)
	@$(VM)/build
	@$(VM)/ram-search

check-kdump: host-setup		## Search crash dumps for keys (some minutes; not in check)
	@$(VM)/build
	@$(VM)/kdump

check-wipe: host-setup		## Search memory after all that wipes keys (some minutes; not in check)
	@$(VM)/build
	@$(VM)/wipe-search

check-sealing: host-setup	## Run the test of sealed storage, with TPMs and without: 21 boots; KERNEL=6.1|newest: 14 with that kernel
	@$(VM)/build
	@$(if $(KERNEL),$(VM)/build -k $(KERNEL))
	@selftests/sealing $(if $(KERNEL),-k $(KERNEL))
	@$(if $(KERNEL),,selftests/sealing-initramfs)

check-packages: host-setup	## Build, install, upgrade, boot and purge the Debian packages (half an hour)
	@selftests/packages/run

check-analyzers: host-setup	## cppcheck, Clang's analyzer, coccinelle; unit tests under sanitizers and valgrind
	@selftests/analyzers/run

check-cluster: host-setup	## Three gateways on PostgreSQL with a standby, while each of them fails (a quarter of an hour; CODES=100000 OFFERS=3)
	@selftests/cluster/run machines
	@selftests/cluster/run recover
	@selftests/cluster/run check

bench-cluster: host-setup	## Charges a second with one, two and three gateways, beside pgbench (ten minutes; ROUNDS=3 SECONDS_EACH=10)
	@selftests/cluster/run bench

check-bench: host-setup		## Whether "make bench HOST=1" works, on the test machine as if it were a real one (half an hour; ROWS="codes verify")
	@selftests/bench/try-host $(ROWS)

check-kselftest: host-setup	## Run the tests as a kernel tree's kselftest would
	@$(VM)/build
	@selftests/kselftest check

vm: host-setup			## Run one test in a virtual machine: make vm TEST=ioctl; with another kernel: KERNEL=6.1|newest
	@[ -n "$(TEST)" ] || { echo "which one? make vm TEST=NAME, for a file NAME.c or NAME.sh in selftests/"; exit 2; }
	@$(VM)/build
	@$(if $(KERNEL),$(VM)/build -k $(KERNEL))
	@$(VM)/suite $(if $(KERNEL),-k $(KERNEL)) $(TEST)

vm-shell: host-setup		## Open a shell in a virtual machine with everything installed
	@$(VM)/build
	@echo "The guest ends with its shell. Ctrl-a x ends it at once."
	@$(VM)/run -i bash -l

vm-build: host-setup		## Build everything inside the test machine's root
	@$(VM)/build

host-setup:			## Install what the tests need on this machine (as root)
	@$(VM)/host-setup

help:				## Show this list
	@echo "Targets:"
	@awk -F '## ' '/^[a-z][a-z-]*_?[a-z]*:.*## / { split($$1, t, ":"); printf "  %-16s %s\n", t[1], $$2 }' Makefile
	@echo "Variables: KDIR=$(KDIR) DESTDIR= PREFIX=$(PREFIX) VOICEPAY_CACHE=/var/cache/voicepay"
