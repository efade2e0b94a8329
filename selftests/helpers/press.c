// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * press: a rogue app that presses buttons of its own making.
 *
 *	press uinput BUS		a keyboard that claims a bus (BUS_* in hex), enter pressed
 *	press uhid			a USB keyboard, to believe its maker, enter pressed
 *	press write NODE		writes the key into an event device
 *	press grab NODE SECONDS		keeps an event device to itself for a time
 */

#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	exit(3);
}

static void emit(int fd, int type, int code, int value)
{
	struct input_event e = { .type = type, .code = code, .value = value };

	if (write(fd, &e, sizeof(e)) != sizeof(e))
		die("write");
}

static void press(int fd)
{
	emit(fd, EV_KEY, KEY_ENTER, 1);
	emit(fd, EV_SYN, SYN_REPORT, 0);
	usleep(50000);
	emit(fd, EV_KEY, KEY_ENTER, 0);
	emit(fd, EV_SYN, SYN_REPORT, 0);
}

static void by_uinput(unsigned int bus)
{
	struct uinput_setup setup = { .id = { .bustype = bus, .vendor = 1, .product = 1 },
				      .name = "AT Translated Set 2 keyboard" };
	int fd = open("/dev/uinput", O_WRONLY);

	if (fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) || ioctl(fd, UI_SET_KEYBIT, KEY_ENTER) ||
	    ioctl(fd, UI_SET_PHYS, "isa0060/serio0/input0") ||
	    ioctl(fd, UI_DEV_SETUP, &setup) || ioctl(fd, UI_DEV_CREATE))
		die("uinput");
	usleep(200000);
	press(fd);
	usleep(100000);
	close(fd);
}

/* Report descriptor of a keyboard with eight modifiers and six keys. */
static const __u8 keyboard[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01,
	0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x06, 0x75, 0x08,
	0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
};

static void by_uhid(void)
{
	struct uhid_event e = { .type = UHID_CREATE2 };
	int fd = open("/dev/uhid", O_RDWR), i;

	if (fd < 0)
		die("uhid");
	strcpy((char *)e.u.create2.name, "Keyboard");
	e.u.create2.rd_size = sizeof(keyboard);
	e.u.create2.bus = BUS_USB;
	e.u.create2.vendor = 0x046d;
	e.u.create2.product = 0xc31c;
	memcpy(e.u.create2.rd_data, keyboard, sizeof(keyboard));
	if (write(fd, &e, sizeof(e)) < 0)
		die("UHID_CREATE2");
	usleep(500000);
	for (i = 1; i >= 0; i--) {
		memset(&e, 0, sizeof(e));
		e.type = UHID_INPUT2;
		e.u.input2.size = 8;
		e.u.input2.data[2] = i ? 0x28 : 0;	/* enter */
		if (write(fd, &e, sizeof(e)) < 0)
			die("UHID_INPUT2");
		usleep(100000);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "uinput")) {
		by_uinput(strtoul(argv[2], NULL, 16));
	} else if (argc == 2 && !strcmp(argv[1], "uhid")) {
		by_uhid();
	} else if (argc >= 3 && (!strcmp(argv[1], "write") || !strcmp(argv[1], "grab"))) {
		int fd = open(argv[2], O_RDWR);

		if (fd < 0)
			die(argv[2]);
		if (argv[1][0] == 'w') {
			press(fd);
		} else if (argc == 4) {
			if (ioctl(fd, EVIOCGRAB, 1))
				die("EVIOCGRAB");
			sleep(atoi(argv[3]));
		}
	} else {
		fprintf(stderr, "press: see the head of its source\n");
		return 2;
	}
	return 0;
}
