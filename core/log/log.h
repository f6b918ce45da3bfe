/* SPDX-License-Identifier: Apache-2.0
 *
 * log/log.h: structured log lines on stderr, with redaction.
 *
 *     log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
 *     log_line(LOG_LEVEL_INFO, "source", "run ended", "source=%s read=%" PRIu64, name, read);
 *
 * A line has time, level, area (the room that speaks), message, and key=value fields given by a
 * format string: values with spaces are quoted by the caller's %s through log_quote(). No secret
 * and no personal data at any level: whoever holds a secret registers it with log_hide(), and
 * every line is searched for it before it is written; that is the net, not the rule.
 * Any thread; lines are written whole. While a progress bar is shown, log_hook() sees each line
 * first.
 */
#ifndef TAJO_LOG_LOG_H
#define TAJO_LOG_LOG_H

#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

void log_start(enum log_format format, enum log_level level);
void log_set_level(enum log_level level);
int log_enabled(enum log_level level);

/* "error" "warn" "info" "debug", and "verbose" for debug. 0 or ERR_USAGE. */
int log_parse_level(const char *text, enum log_level *ret);

void log_line(enum log_level level, const char *area, const char *message, const char *fields, ...)
    __attribute__((format(printf, 4, 5)));

/* The value as it may stand in a field: quoted when it needs to be. Static ring of 8 buffers a
 * thread; cut to 400 bytes. */
const char *log_quote(const char *value);

/* "j•••@e•••.com", "+49•••", "A•••": enough to recognise, too little to know. Ring as above. */
const char *log_mask(const char *value);

/* Registers a secret of at least 4 bytes; at most 64 are kept. Copied. */
void log_hide(const char *secret);

/* Called with each finished line before it goes out; NULL: none. */
void log_hook(void (*hook)(void *arg), void *arg);

#endif
