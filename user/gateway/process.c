// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

static void put(FILE *f, const char *name, const char *type, const char *help, double value)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

static long open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3;	/* ".", "..", and the directory's own */
}

static void put_memory(FILE *f)
{
	unsigned long total, resident;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm)
		return;
	if (fscanf(statm, "%lu %lu", &total, &resident) == 2) {
		put(f, "process_virtual_memory_bytes", "gauge", "Virtual memory size.", (double)total * getpagesize());
		put(f, "process_resident_memory_bytes", "gauge", "Resident memory size.", (double)resident * getpagesize());
	}
	fclose(statm);
}

/* Field 22 of proc_pid_stat(5), in clock ticks since boot. The name before it may hold anything. */
static void put_start(FILE *f)
{
	char text[1024], *p = NULL;
	struct timespec real, boot;
	unsigned long long ticks;
	FILE *stat = fopen("/proc/self/stat", "re");

	if (!stat)
		return;
	if (fgets(text, sizeof(text), stat))
		p = strrchr(text, ')');
	fclose(stat);
	if (!p || sscanf(p + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &ticks) != 1)
		return;
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	put(f, "process_start_time_seconds", "gauge", "Start time since 1970.",
	    real.tv_sec - boot.tv_sec + (double)ticks / sysconf(_SC_CLK_TCK));
}

void process_metrics(FILE *f)
{
	struct rlimit files;
	struct rusage use;
	long n = open_files();

	if (!getrusage(RUSAGE_SELF, &use))
		put(f, "process_cpu_seconds_total", "counter", "User and system time.",
		    use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
	if (n >= 0)
		put(f, "process_open_fds", "gauge", "Open file descriptors.", n);
	if (!getrlimit(RLIMIT_NOFILE, &files))
		put(f, "process_max_fds", "gauge", "Open file descriptors that are allowed.", files.rlim_cur);
	put_memory(f);
	put_start(f);
}
