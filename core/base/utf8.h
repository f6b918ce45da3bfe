/* SPDX-License-Identifier: Apache-2.0
 *
 * base/utf8.h: is a run of bytes text?
 *
 * utf8_valid() takes well-formed UTF-8 without NUL characters: what may become a C string and what
 * JSON may hold. utf8_cut() shortens without breaking a character. Any thread.
 */
#ifndef TAJO_BASE_UTF8_H
#define TAJO_BASE_UTF8_H

#include <stddef.h>

/* Bytes of the character that begins text; 0 when none does (RFC 3629), or it is NUL. */
size_t utf8_character(const char *text, size_t len);

int utf8_valid(const char *data, size_t len);

/* The longest length of at most max at which no character of data is broken. */
size_t utf8_cut(const char *data, size_t len, size_t max);

#endif
