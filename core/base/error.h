/* SPDX-License-Identifier: Apache-2.0
 *
 * base/error.h: error codes, and the sentence that goes with one.
 *
 * A function that can fail returns 0 or a negative enum err. Where a person will read why, it also
 * takes a `struct err_info *` (may be NULL) and fills it with err_set(): what happened, where
 * (file:line:column, or the request), and what to do. The one who detects the error writes the
 * sentence; callers pass it on and add only a missing `where`. Any thread; no allocation.
 */
#ifndef TAJO_BASE_ERROR_H
#define TAJO_BASE_ERROR_H

enum err {
    ERR_USAGE = -1,        /* the command line is wrong */
    ERR_CONFIG = -2,       /* the configuration is wrong */
    ERR_AUTH = -3,         /* credentials or a permission are wrong */
    ERR_TRANSIENT = -4,    /* may go away by itself: network, 5xx */
    ERR_RATE = -5,         /* a limit; goes away by itself */
    ERR_DATA = -6,         /* one record, or one foreign document, is wrong */
    ERR_BUG = -7,          /* a plugin broke the contract, crashed or hung */
    ERR_SYSTEM = -8,       /* the machine: disk, memory, files */
    ERR_CANCELLED = -9,    /* asked to stop; not a failure */
    ERR_NOT_FOUND = -10,   /* what was asked for does not exist */
    ERR_LIMIT = -11,       /* one of our own bounds was reached */
    ERR_UNSUPPORTED = -12, /* not offered by this version */
    ERR_BUSY = -13         /* another process holds what is needed */
};

struct err_info {
    int code;        /* enum err; 0: nothing set */
    char what[512];  /* what happened, one sentence without the final dot */
    char where[256]; /* "tajo.yaml:12:5", "POST /oauth/token"; may be empty */
    char mend[384];  /* what to do; may be empty */
};

/* Fills *e (when not NULL) and returns code. where and mend may be NULL. Texts are cut to fit. */
int err_set(struct err_info *e, int code, const char *where, const char *mend, const char *format,
            ...) __attribute__((format(printf, 5, 6)));

/* Stable word for logs and JSON: "config", "auth", "transient" ... "ok" for 0. */
const char *err_name(int code);

/* The process exit code that a command ends with: 0, 1, 2, 3 or 130 (design: exit codes). */
int err_exit_code(int code);

/* "where: what. mend" into buf, always terminated. Returns buf. */
const char *err_format(const struct err_info *e, char *buf, unsigned long size);

#endif
