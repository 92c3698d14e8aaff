/* Preloaded into a process under test: lets system calls on the files of one folder fail on demand, or writes down what they did.

   SHIM_DIR   only files below this folder are touched or recorded.
   SHIM_PLAN  a file; while it exists, its line "CALL ERRNO FIRST LAST SUFFIX" makes the FIRST-th to LAST-th CALL from then on fail for
              files whose path ends with SUFFIX. CALL is write (pwrite, write) or sync (fsync, fdatasync).
   SHIM_LOG   a file to which every change is appended: call, path, offset, length, bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static __thread int inside;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static long seen;
static char last_plan[256];

#define REAL(name, type) \
    static __typeof__(type) *real; \
    if (!real) real = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

static ssize_t raw_write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t(int, const void *, size_t));
    return real(fd, data, size);
}

static int raw_open(const char *path, int flags, int mode) {
    REAL("open", int(const char *, int, ...));
    return real(path, flags, mode);
}

/* Whether the path is the folder or lies in it. */
static int below(const char *path, const char *dir) {
    size_t n = strlen(dir);
    return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* Whether the descriptor is a file of ours; its path goes to `path`. */
static int ours(int fd, char *path) {
    const char *dir = getenv("SHIM_DIR");
    char link[64];
    if (!dir || inside) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return below(path, dir);
}

static void note(char call, const char *path, int64_t offset, const void *data, size_t size) {
    const char *log = getenv("SHIM_LOG");
    if (!log) return;
    pthread_mutex_lock(&mutex);
    inside = 1;
    if (log_fd < 0) log_fd = raw_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uint16_t length = (uint16_t)strlen(path);
    uint32_t bytes = (uint32_t)size;
    raw_write(log_fd, &call, 1);
    raw_write(log_fd, &length, 2);
    raw_write(log_fd, path, length);
    raw_write(log_fd, &offset, 8);
    raw_write(log_fd, &bytes, 4);
    if (data) raw_write(log_fd, data, size);
    inside = 0;
    pthread_mutex_unlock(&mutex);
}

/* The errno with which this call must fail, or 0. */
static int planned(const char *call, const char *path) {
    const char *plan = getenv("SHIM_PLAN");
    char text[256] = "", name[16], suffix[128];
    int code = 0, error;
    long first, last;
    if (!plan) return 0;
    pthread_mutex_lock(&mutex);
    inside = 1;
    int fd = raw_open(plan, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof text - 1);
        if (n > 0) text[n] = 0;
        close(fd);
    }
    if (strcmp(text, last_plan)) {
        seen = 0;
        strcpy(last_plan, text);
    }
    if (sscanf(text, "%15s %d %ld %ld %127s", name, &error, &first, &last, suffix) == 5 && !strcmp(name, call)) {
        size_t a = strlen(path), b = strlen(suffix);
        if (a >= b && !strcmp(path + a - b, suffix) && ++seen >= first && seen <= last) code = error;
    }
    inside = 0;
    pthread_mutex_unlock(&mutex);
    return code;
}

#define WRITES(body_path, offset_value) \
    char path[PATH_MAX]; \
    if (ours(fd, path)) { \
        int error = planned("write", path); \
        if (error) { errno = error; return -1; } \
        ssize_t done = body_path; \
        if (done > 0) note('w', path, offset_value, data, (size_t)done); \
        return done; \
    } \
    return body_path

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL("pwrite64", ssize_t(int, const void *, size_t, off64_t));
    WRITES(real(fd, data, size, offset), offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    REAL("pwrite", ssize_t(int, const void *, size_t, off_t));
    WRITES(real(fd, data, size, offset), offset);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t(int, const void *, size_t));
    if (inside) return real(fd, data, size);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    WRITES(real(fd, data, size), offset);
}

#define SYNCS(call) \
    char path[PATH_MAX]; \
    if (ours(fd, path)) { \
        int error = planned("sync", path); \
        if (error) { errno = error; return -1; } \
        int done = call; \
        if (!done) note('s', path, 0, NULL, 0); \
        return done; \
    } \
    return call

int fsync(int fd) {
    REAL("fsync", int(int));
    SYNCS(real(fd));
}

int fdatasync(int fd) {
    REAL("fdatasync", int(int));
    SYNCS(real(fd));
}

#define CUTS(call) \
    char path[PATH_MAX]; \
    int done = call; \
    if (!done && ours(fd, path)) note('t', path, length, NULL, 0); \
    return done

int ftruncate64(int fd, off64_t length) {
    REAL("ftruncate64", int(int, off64_t));
    CUTS(real(fd, length));
}

int ftruncate(int fd, off_t length) {
    REAL("ftruncate", int(int, off_t));
    CUTS(real(fd, length));
}

int rename(const char *from, const char *to) {
    REAL("rename", int(const char *, const char *));
    const char *dir = getenv("SHIM_DIR");
    int done = real(from, to);
    if (!done && dir && below(from, dir)) note('r', from, 0, to, strlen(to));
    return done;
}

int unlink(const char *name) {
    REAL("unlink", int(const char *));
    const char *dir = getenv("SHIM_DIR");
    int done = real(name);
    if (!done && dir && below(name, dir)) note('u', name, 0, NULL, 0);
    return done;
}
