/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts at a character, so that a log line or JSON stays valid UTF-8. */
static void copy_text(char *to, size_t size, const char *from)
{
    size_t len = from == NULL ? 0 : strlen(from);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80)
            len--;
    }
    if (len > 0)
        memmove(to, from, len);
    to[len] = '\0';
}

int err_set(struct err_info *e, int code, const char *where, const char *mend, const char *format,
            ...)
{
    if (e == NULL)
        return code;
    /* The arguments may point into *e: everything is read before anything is written. */
    struct err_info made = {.code = code};
    char what[2 * sizeof(made.what)];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    copy_text(made.what, sizeof(made.what), len < 0 ? format : what);
    copy_text(made.where, sizeof(made.where), where);
    copy_text(made.mend, sizeof(made.mend), mend);
    *e = made;
    return code;
}

const char *err_name(int code)
{
    switch (code) {
    case 0:
        return "ok";
    case ERR_USAGE:
        return "usage";
    case ERR_CONFIG:
        return "config";
    case ERR_AUTH:
        return "auth";
    case ERR_TRANSIENT:
        return "transient";
    case ERR_RATE:
        return "rate";
    case ERR_DATA:
        return "data";
    case ERR_BUG:
        return "bug";
    case ERR_SYSTEM:
        return "system";
    case ERR_CANCELLED:
        return "cancelled";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_LIMIT:
        return "limit";
    case ERR_UNSUPPORTED:
        return "unsupported";
    case ERR_BUSY:
        return "busy";
    default:
        return "unknown";
    }
}

int err_exit_code(int code)
{
    switch (code) {
    case 0:
        return 0;
    case ERR_USAGE:
    case ERR_CONFIG:
    case ERR_BUSY:
        return 2;
    case ERR_AUTH:
        return 3;
    case ERR_CANCELLED:
        return 130;
    default:
        return 1;
    }
}

const char *err_format(const struct err_info *e, char *buf, unsigned long size)
{
    char text[sizeof(e->what) + sizeof(e->where) + sizeof(e->mend) + 8];
    snprintf(text, sizeof(text), "%s%s%s%s%s", e->where, e->where[0] != '\0' ? ": " : "", e->what,
             e->mend[0] != '\0' ? ". " : "", e->mend);
    if (size > 0)
        copy_text(buf, size, text);
    return buf;
}
