/*
 * Stands between SQLite and the storage, loaded before the C library
 * (LD_PRELOAD). It counts the calls that change the database or its log and
 * acts at one of them, as STORAGE_MODE says:
 *
 *   kill    the process is gone before the call
 *   torn    half of what was to be written is, then the process is gone
 *   enospc  from this call on there is no space for anything to be written
 *   eio     this one call fails
 *   trace   nothing fails
 *
 * Every call is appended to the file STORAGE_TRACE, so that the caller knows
 * how many there are and, for trace, what was written where.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static long at;
static int mode, trace_fd = -1;
static long calls;

enum { OFF, KILL, TORN, ENOSPACE, IOERROR, TRACE };

__attribute__((constructor)) static void begin(void)
{
	const char *names[] = {"off", "kill", "torn", "enospc", "eio", "trace"};
	const char *m = getenv("STORAGE_MODE"), *n = getenv("STORAGE_AT"), *t = getenv("STORAGE_TRACE");
	for (int i = 0; m && i < 6; i++)
		if (strcmp(m, names[i]) == 0)
			mode = i;
	at = n ? atol(n) : 0;
	if (t)
		trace_fd = open(t, O_WRONLY | O_APPEND | O_CREAT, 0600);
}

/* which: 1 the database, 2 its log, 0 anything else */
static int which(const char *path)
{
	const char *name = strstr(path, "noadesk.db");
	if (!name)
		return 0;
	if (strcmp(name, "noadesk.db") == 0)
		return 1;
	return strcmp(name, "noadesk.db-wal") == 0 ? 2 : 0;
}

static int which_fd(int fd)
{
	char link[64], path[4096];
	if (mode == OFF || fd == trace_fd)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0)
		return 0;
	path[n] = 0;
	return which(path);
}

/* One header a call: what, which file, offset, length; then the bytes. */
static void note(char what, int file, int64_t offset, const void *data, int64_t length)
{
	struct { char what, file, rest[6]; int64_t offset, length; } head = {what, (char)file, {0}, offset, length};
	if (trace_fd < 0)
		return;
	syscall(SYS_write, trace_fd, &head, sizeof head);
	if (data && length > 0)
		syscall(SYS_write, trace_fd, data, length);
}

/* fails says whether this call has to fail; half does what a torn one leaves. */
static int fails(int writes, void (*half)(void *), void *arg)
{
	long n = __sync_add_and_fetch(&calls, 1);
	if (mode == ENOSPACE && n >= at && writes) {
		errno = ENOSPC;
		return 1;
	}
	if (n != at)
		return 0;
	switch (mode) {
	case TORN:
		if (half)
			half(arg);
		/* fall through */
	case KILL:
		raise(SIGKILL);
		for (;;)
			pause();
	case IOERROR:
		errno = EIO;
		return 1;
	}
	return 0;
}

struct piece { int fd; const void *data; size_t length; off_t offset; int at_offset; };

static void half_write(void *arg)
{
	struct piece *p = arg;
	if (p->at_offset)
		syscall(SYS_pwrite64, p->fd, p->data, p->length / 2, p->offset);
	else
		syscall(SYS_write, p->fd, p->data, p->length / 2);
}

ssize_t write(int fd, const void *data, size_t length)
{
	int file = which_fd(fd);
	if (file) {
		struct piece p = {fd, data, length, 0, 0};
		off_t offset = lseek(fd, 0, SEEK_CUR);
		if (fails(1, half_write, &p))
			return -1;
		note('w', file, offset, data, length);
	}
	return syscall(SYS_write, fd, data, length);
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset)
{
	int file = which_fd(fd);
	if (file) {
		struct piece p = {fd, data, length, offset, 1};
		if (fails(1, half_write, &p))
			return -1;
		note('w', file, offset, data, length);
	}
	return syscall(SYS_pwrite64, fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
	return write_at(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	return write_at(fd, data, length, offset);
}

static int sync_file(int fd, long call)
{
	int file = which_fd(fd);
	if (file) {
		if (fails(0, NULL, NULL))
			return -1;
		note('s', file, 0, NULL, 0);
	}
	return syscall(call, fd);
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

static int cut(int fd, off_t length)
{
	int file = which_fd(fd);
	if (file) {
		if (fails(0, NULL, NULL))
			return -1;
		note('t', file, length, NULL, 0);
	}
	return syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

int unlink(const char *path)
{
	int file = mode == OFF ? 0 : which(path);
	if (file) {
		if (fails(0, NULL, NULL))
			return -1;
		note('u', file, 0, NULL, 0);
	}
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
