/* SPDX-License-Identifier: Apache-2.0
 *
 * base/descriptor_rules.h: what the files of the descriptor check share. For base/descriptor*.c
 * only; every document here has passed the check of its shape.
 */
#ifndef TAJO_BASE_DESCRIPTOR_RULES_H
#define TAJO_BASE_DESCRIPTOR_RULES_H

#include "base/descriptor.h"

#define RULE_LOWER "abcdefghijklmnopqrstuvwxyz"
#define RULE_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define RULE_DIGIT "0123456789"

const char *rule_text(const json_t *entry, const char *key);
int64_t rule_number(const json_t *entry, const char *key);

/* 1..max bytes, the first of `first`, the others of `first` or `more`. */
int rule_word(const char *text, const char *first, const char *more, size_t max);

/* "options[3] (page_size): ..."; index -1: "options: ...". Returns ERR_BUG. */
int rule_refuse(struct err_info *e, const char *table, long index, const char *name,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* No two entries have the same text at key. */
int rule_unique(const json_t *table, const char *table_name, const char *key, struct err_info *e);

int rule_options(const json_t *document, struct err_info *e);
int rule_auth(const json_t *document, struct err_info *e);

#endif
