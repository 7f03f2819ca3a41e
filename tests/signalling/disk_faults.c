/* A disk that fails on request, between SQLite and the C library: LD_PRELOAD of a server under test.

   While the file named by DISK_FAULT holds "flush", fsync and fdatasync of the database's files fail with EIO; "no room": writes fail with
   ENOSPC; "write": with EIO. Each failure adds a byte to the file DISK_FAULT.hits, so that the test knows that it was SQLite's own call. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, char kind) {
    char path[4096], link[64], wanted = 0;
    const char *control = getenv("DISK_FAULT");
    if (!control) return 0;
    int saved = errno, file = open(control, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (read(file, &wanted, 1) != 1) wanted = 0;
        close(file);
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (size <= 0) return 0;
    path[size] = 0;
    if (!strstr(path, "tresen.db")) return 0;
    int code = kind == 's' ? (wanted == 'f' ? EIO : 0) : (wanted == 'n' ? ENOSPC : wanted == 'w' ? EIO : 0);
    if (!code) return 0;
    snprintf(path, sizeof path, "%s.hits", control);
    int hits = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (hits >= 0) {
        static ssize_t (*real)(int, const void *, size_t);
        if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
        if (real(hits, "x", 1) != 1) abort();
        close(hits);
    }
    errno = code;
    return 1;
}

#define NEXT(result, name, types) \
    static result (*real) types; \
    if (!real) real = (result (*) types)dlsym(RTLD_NEXT, #name)

int fsync(int fd) { NEXT(int, fsync, (int)); return fails(fd, 's') ? -1 : real(fd); }
int fdatasync(int fd) { NEXT(int, fdatasync, (int)); return fails(fd, 's') ? -1 : real(fd); }
ssize_t write(int fd, const void *data, size_t size) {
    NEXT(ssize_t, write, (int, const void *, size_t));
    return fails(fd, 'w') ? -1 : real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    NEXT(ssize_t, pwrite, (int, const void *, size_t, off_t));
    return fails(fd, 'w') ? -1 : real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    NEXT(ssize_t, pwrite64, (int, const void *, size_t, off64_t));
    return fails(fd, 'w') ? -1 : real(fd, data, size, at);
}
