// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * press: a rogue app that presses buttons of its own making.
 *
 *	press uinput BUS		a keyboard that claims a bus (BUS_* in hex), enter pressed
 *	press uhid			a USB keyboard, to believe its maker, enter pressed
 *	press write NODE		writes the key into an event device
 *	press grab NODE SECONDS		keeps an event device to itself for a time
 *	press report NODE		has a USB gadget's keyboard (hidg) press enter
 *	press usbip SECONDS		plugs this machine's usbip-vudc into its own vhci_hcd
 *	press serial TTY PEER		makes a serial port a keyboard, and presses enter on
 *					the far end of its cable
 *	press seen NAME SECONDS		no press: waits until the device of this name tells
 *					of enter, so that the others are known to work
 */

#include <dirent.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/serio.h>
#include <linux/uhid.h>
#include <linux/uinput.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
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

static void by_report(const char *node)
{
	static const __u8 down[8] = { 0, 0, 0x28 }, up[8];
	int fd = open(node, O_RDWR);

	if (fd < 0 || write(fd, down, sizeof(down)) != sizeof(down))
		die(node);
	usleep(100000);
	if (write(fd, up, sizeof(up)) != sizeof(up))
		die(node);
	close(fd);
}

static void tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* Both ends of a connection, one for the device's driver, one for the host's. */
static void by_usbip(int seconds)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int door = socket(AF_INET, SOCK_STREAM, 0), a = socket(AF_INET, SOCK_STREAM, 0), b;
	char text[64];

	if (door < 0 || a < 0 || bind(door, (struct sockaddr *)&addr, len) || listen(door, 1) ||
	    getsockname(door, (struct sockaddr *)&addr, &len) || connect(a, (struct sockaddr *)&addr, len))
		die("loopback");
	b = accept(door, NULL, NULL);
	snprintf(text, sizeof(text), "%d", a);
	tell("/sys/devices/platform/usbip-vudc.0/usbip_sockfd", text);
	snprintf(text, sizeof(text), "0 %d %d 3", b, 1 << 16 | 2);	/* port, socket, device, high speed */
	tell("/sys/devices/platform/vhci_hcd.0/attach", text);
	sleep(seconds);
}

/* What inputattach(1) does, for a PS/2 keyboard behind a serial adapter. */
static void by_serial(const char *tty, const char *peer)
{
	int fd = open(tty, O_RDWR | O_NOCTTY), far = open(peer, O_RDWR | O_NOCTTY), disc = N_MOUSE;
	unsigned long type = SERIO_PS2SER;
	struct termios raw;
	char c;

	if (fd < 0 || far < 0 || tcgetattr(fd, &raw))
		die(tty);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B9600);
	if (tcsetattr(fd, TCSANOW, &raw) || tcsetattr(far, TCSANOW, &raw) || ioctl(fd, TIOCSETD, &disc) ||
	    ioctl(fd, SPIOCSTYPE, &type))
		die(tty);
	if (!fork()) {
		sleep(2);
		_exit(write(far, "\x5a", 1) != 1);	/* enter goes down */
	}
	/* The keyboard is there as long as somebody reads, who is killed by the alarm. */
	alarm(5);
	if (read(fd, &c, 1) < 0)
		die("read");
}

static int find(const char *name)
{
	char path[300], got[256];
	struct dirent *e;
	DIR *d = opendir("/dev/input");
	int fd;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, "event", 5))
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && ioctl(fd, EVIOCGNAME(sizeof(got)), got) >= 0 && strstr(got, name)) {
			closedir(d);
			return fd;
		}
		close(fd);
	}
	if (d)
		closedir(d);
	return -1;
}

static int seen(const char *name, int seconds)
{
	time_t end = time(NULL) + seconds;
	struct input_event e;
	int fd = -1;

	for (; time(NULL) < end && (fd = find(name)) < 0; usleep(100000))
		;
	while (fd >= 0 && time(NULL) < end) {
		struct pollfd p = { fd, POLLIN, 0 };

		if (poll(&p, 1, 1000) == 1 && read(fd, &e, sizeof(e)) == sizeof(e) &&
		    e.type == EV_KEY && e.code == KEY_ENTER && e.value == 1)
			return 0;
	}
	fprintf(stderr, "%s: %s\n", name, fd < 0 ? "no such device" : "no key came");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "uinput")) {
		by_uinput(strtoul(argv[2], NULL, 16));
	} else if (argc == 2 && !strcmp(argv[1], "uhid")) {
		by_uhid();
	} else if (argc == 3 && !strcmp(argv[1], "report")) {
		by_report(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "usbip")) {
		by_usbip(atoi(argv[2]));
	} else if (argc == 4 && !strcmp(argv[1], "serial")) {
		by_serial(argv[2], argv[3]);
	} else if (argc == 4 && !strcmp(argv[1], "seen")) {
		return seen(argv[2], atoi(argv[3]));
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
