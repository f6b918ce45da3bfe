/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state_dir.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define MEND_OTHER_DIR                                                                             \
    "Give the directory to the user that runs tajo-connect, or choose another one with "           \
    "--state-dir"

static int make_with_parents(const char *dir)
{
    _cleanup_free_ char *path = mem_strdup(dir);

    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return -1;
        *p = '/';
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

int state_dir_prepare(const char *dir, struct err_info *e)
{
    struct stat st;

    if (!dir || !*dir)
        return err_set(e, ERR_CONFIG, NULL, "Set host.state_dir or pass --state-dir",
                       "no state directory is set");
    if (stat(dir, &st) < 0) {
        if (errno != ENOENT || make_with_parents(dir) < 0 || stat(dir, &st) < 0)
            return err_set(e, ERR_CONFIG, dir, MEND_OTHER_DIR,
                           "the state directory cannot be created or entered: %s", strerror(errno));
    }
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_CONFIG, dir, "Choose another one with --state-dir",
                       "the state directory is not a directory");
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, ERR_CONFIG, dir, "Run: chmod go-w on it",
                       "the state directory may be written by others (mode %04o)",
                       (unsigned)(st.st_mode & 07777));
    return 0;
}

static int refuse_second(const char *dir, int fd, struct err_info *e)
{
    char text[32] = "";
    long pid = 0;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

    if (n > 0)
        pid = strtol(text, NULL, 10);
    return err_set(e, ERR_BUSY, dir,
                   "Let it do the work, stop it first, or give this one its own --state-dir",
                   "another tajo-connect, process %ld, uses this state directory", pid);
}

int state_dir_lock(const char *dir, int *ret_fd, struct err_info *e)
{
    _cleanup_free_ char *path = mem_printf("%s/tajo.lock", dir);
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    char text[32];

    if (fd < 0)
        return err_set(e, ERR_CONFIG, path, MEND_OTHER_DIR,
                       "the lock file of the state directory cannot be opened: %s",
                       strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            return refuse_second(dir, fd, e);
        return err_set(e, ERR_CONFIG, path, "Use a local file system for the state directory",
                       "the state directory cannot be locked: %s", strerror(errno));
    }
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        /* Only the other's error message needs it: a full disk must not keep us from starting. */
        log_line(LOG_LEVEL_WARN, "store", "the lock file does not name this process", "path=%s",
                 log_quote(path));
    }
    *ret_fd = take_fd(&fd);
    return 0;
}

int state_dir_make_private(const char *path, struct err_info *e)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set(e, ERR_CONFIG, path, MEND_OTHER_DIR, "the file cannot be opened: %s",
                       strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_CONFIG, path, "Move it away", "this is not a regular file");
    if ((st.st_mode & 0777) != 0600 && fchmod(fd, 0600) < 0)
        return err_set(e, ERR_CONFIG, path, MEND_OTHER_DIR,
                       "the file's mode cannot be set to 0600: %s", strerror(errno));
    return 0;
}

int64_t state_dir_free_bytes(const char *dir)
{
    struct statvfs fs;
    uint64_t bytes = 0;

    if (statvfs(dir, &fs) < 0 ||
        __builtin_mul_overflow((uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize, &bytes) ||
        bytes > INT64_MAX)
        return INT64_MAX;
    return (int64_t)bytes;
}
