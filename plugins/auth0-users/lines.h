/* SPDX-License-Identifier: Apache-2.0
 *
 * lines.h: the lines of a gzip file, in memory that does not grow with it.
 *
 * users_lines_read() reads fd to its end and calls back once a line, without its newline; empty
 * lines are left out. A line above USERS_LINE_MAX is reported with text NULL and skipped. A file
 * that is not compressed is read as it is. The callback ends the reading with a negative result.
 */
#ifndef USERS_LINES_H
#define USERS_LINES_H

#include "tajo/plugin.h"

#define USERS_LINE_MAX 1048576u

enum users_lines_result {
    USERS_LINES_DONE = 0,
    USERS_LINES_TRUNCATED = 1,  /* the file ends in the middle of the compressed data */
    USERS_LINES_CORRUPT = 2,    /* it is damaged, or something else than lines */
    USERS_LINES_UNREADABLE = 3, /* read() failed */
};

typedef int32_t users_lines_take(void *arg, struct tajo_str line);

/* One of users_lines_result, or what the callback returned. *consumed is kept at the bytes of the
 * file that the lines so far came from. */
int32_t users_lines_read(int fd, users_lines_take *take, void *arg, uint64_t *consumed);

#endif
