/* SPDX-License-Identifier: Apache-2.0
 *
 * config/document.h: YAML bytes -> a tree of nodes that know where they stand. Inside config/ only.
 *
 * Stricter than YAML on purpose: one document, no anchors, aliases, tags or NULs, keys are plain
 * values and never twice, and everything has a bound. libyaml's own sentences are reworded.
 */
#ifndef TAJO_CONFIG_DOCUMENT_H
#define TAJO_CONFIG_DOCUMENT_H

#include "config/config.h"

#include <stddef.h>

#define DOCUMENT_MAX_BYTES (1024 * 1024)
#define DOCUMENT_MAX_DEPTH 32
#define DOCUMENT_MAX_NODES 100000
#define DOCUMENT_MAX_KEYS  1000 /* of one mapping: they are compared with each other */

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_SEQUENCE };

struct node {
    enum node_kind kind;
    struct config_mark mark;
    char *text;                 /* SCALAR: as written, nothing expanded */
    int is_null;                /* SCALAR: empty, ~ or null, without quotes */
    struct node_entry *entries; /* MAPPING, SEQUENCE */
    size_t count;
};

struct node_entry {
    char *key;               /* NULL in a sequence */
    struct config_mark mark; /* of the key */
    struct node *value;
};

/* ERR_CONFIG: e says what, e->mend what to do, *ret_mark where; *ret is untouched. */
int document_parse(const char *data, size_t len, struct node **ret, struct config_mark *ret_mark,
                   struct err_info *e);
struct node *node_free(struct node *node);
const struct node_entry *node_find(const struct node *mapping, const char *key);

#endif
