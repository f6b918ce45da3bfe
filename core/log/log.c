/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "log/secrets.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*line_hook)(void *arg);
static void *line_hook_arg;
static _Atomic int line_format = LOG_LOGFMT;
static _Atomic int line_level = LOG_LEVEL_INFO;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_start(enum log_format format, enum log_level level)
{
    line_format = (int)format;
    line_level = (int)level;
}

void log_set_level(enum log_level level)
{
    line_level = (int)level;
}

int log_enabled(enum log_level level)
{
    return (int)level <= line_level;
}

int log_parse_level(const char *text, enum log_level *ret)
{
    if (strcmp(text, "verbose") == 0)
        text = "debug";
    for (int i = 0; i <= LOG_LEVEL_DEBUG; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret = (enum log_level)i;
            return 0;
        }
    }
    return ERR_USAGE;
}

void log_hook(void (*hook)(void *arg), void *arg)
{
    pthread_mutex_lock(&line_lock);
    line_hook = hook;
    line_hook_arg = arg;
    pthread_mutex_unlock(&line_lock);
}

/* The bytes of a value in logfmt, from behind '=' on; quotes included. */
static size_t value_length(const char *at)
{
    if (*at != '"')
        return strcspn(at, " ");
    size_t i = 1;
    while (at[i] != '\0' && at[i] != '"')
        i += at[i] == '\\' && at[i + 1] != '\0' ? 2 : 1;
    return at[i] == '"' ? i + 1 : i;
}

/* A value that log_quote() quoted, without quotes and escapes. */
static void add_unquoted(struct strbuf *out, const char *at, size_t len)
{
    struct strbuf plain = STRBUF_INIT;
    size_t end = len > 1 && at[len - 1] == '"' ? len - 1 : len;
    for (size_t i = 1; i < end; i++) {
        char c = at[i];
        if (c == '\\' && i + 1 < end) {
            c = at[++i];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        strbuf_add_char(&plain, c);
    }
    json_write_string(out, plain.len > 0 ? plain.data : "", plain.len);
    strbuf_release(&plain);
}

static int is_integer(const char *at, size_t len)
{
    size_t i = len > 0 && at[0] == '-' ? 1 : 0;
    if (len - i == 0 || len - i > 15 || (at[i] == '0' && len - i > 1))
        return 0;
    for (; i < len; i++)
        if (at[i] < '0' || at[i] > '9')
            return 0;
    return 1;
}

static void add_json_value(struct strbuf *out, const char *at, size_t len)
{
    if (len > 0 && *at == '"')
        add_unquoted(out, at, len);
    else if (is_integer(at, len))
        strbuf_add(out, at, len);
    else
        json_write_string(out, at, len);
}

/* key=value key="quoted value" ... as members of an object. */
static void add_json_fields(struct strbuf *out, const char *at)
{
    for (;;) {
        at += strspn(at, " ");
        if (*at == '\0')
            return;
        size_t key = strcspn(at, "= ");
        strbuf_add_char(out, ',');
        json_write_string(out, at, key);
        strbuf_add_char(out, ':');
        at += key;
        if (*at == '=')
            at++;
        size_t len = value_length(at);
        add_json_value(out, at, len);
        at += len;
    }
}

static void build_json(struct strbuf *line, enum log_level level, const char *area,
                       const char *message, const char *fields)
{
    char now[CLOCK_ISO_SIZE];
    strbuf_add_format(line, "{\"time\":\"%s\",\"level\":\"%s\",\"area\":\"%s\",\"message\":",
                      clock_format_iso(clock_unix_ms(), now), level_names[level], area);
    json_write_string(line, message, strlen(message));
    add_json_fields(line, fields);
    strbuf_add_char(line, '}');
}

static void build_logfmt(struct strbuf *line, enum log_level level, const char *area,
                         const char *message, const char *fields)
{
    char now[CLOCK_ISO_SIZE];
    strbuf_add_format(line, "time=%s level=%s area=%s message=%s",
                      clock_format_iso(clock_unix_ms(), now), level_names[level], area,
                      log_quote(message));
    if (fields[0] != '\0')
        strbuf_add_format(line, " %s", fields);
    /* A value that was not quoted must not end the line. */
    for (size_t i = 0; i < line->len; i++)
        if ((unsigned char)line->data[i] < 0x20)
            line->data[i] = ' ';
}

static void write_all(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody listens; there is nowhere to say so */
        data += n;
        len -= (size_t)n;
    }
}

void log_line(enum log_level level, const char *area, const char *message, const char *fields, ...)
{
    if (!log_enabled(level))
        return;
    _cleanup_free_ char *rendered = NULL;
    va_list args;
    va_start(args, fields);
    if (fields == NULL || vasprintf(&rendered, fields, args) < 0)
        rendered = mem_strdup("");
    va_end(args);

    _cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;
    if (line_format == LOG_JSON)
        build_json(&line, level, area, message, rendered);
    else
        build_logfmt(&line, level, area, message, rendered);
    secrets_redact(&line);
    strbuf_add_char(&line, '\n');

    pthread_mutex_lock(&line_lock);
    if (line_hook != NULL)
        line_hook(line_hook_arg);
    write_all(line.data, line.len);
    pthread_mutex_unlock(&line_lock);
}
