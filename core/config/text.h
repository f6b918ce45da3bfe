/* SPDX-License-Identifier: Apache-2.0
 *
 * config/text.h: bytes of the file before they are YAML, keys in sentences, and the nearest of some
 * known words. Inside config/ only. Pure.
 */
#ifndef TAJO_CONFIG_TEXT_H
#define TAJO_CONFIG_TEXT_H

#include "config/config.h"

#include <stddef.h>

/* Length of the UTF-8 character at data, 1 for a byte that begins none. */
size_t text_utf8_length(const char *data, size_t len);

/* Moves over a UTF-8 byte order mark; ERR_CONFIG for other encodings, invalid UTF-8 and control
 * characters, with where in *ret_mark. */
int text_check(const char **data, size_t *len, struct config_mark *ret_mark, struct err_info *e);

#define TEXT_CLEAN_SIZE 68

/* A foreign word as it may stand in a sentence: cut, control characters replaced. Returns buf. */
const char *text_clean(const char *word, char buf[TEXT_CLEAN_SIZE]);

/* The known word that the writer most likely meant: at most two slips of the pen away, or begun
 * with it. NULL: none. known may contain NULLs. */
const char *text_nearest(const char *word, const char *const *known, size_t count);

#endif
