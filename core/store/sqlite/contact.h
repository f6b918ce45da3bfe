/* SPDX-License-Identifier: Apache-2.0
 *
 * store/sqlite/contact.h: what contact.c and contact_queue.c share.
 */
#ifndef TAJO_STORE_SQLITE_CONTACT_H
#define TAJO_STORE_SQLITE_CONTACT_H

#include "store/sqlite/query.h"

/* In the order in which contact_read takes them, from column 0. */
#define CONTACT_COLUMNS                                                                            \
    "email, known, delivered, pending, lists_wanted, lists_delivered, blocklist, remove, "         \
    "rename_from, hold, due_ms, attempts, rev, batch, batch_rev, optout_from"

struct contact_row contact_read(struct query *q);
int contact_get_by_id(struct store_tx *tx, int64_t id, struct contact_row *ret, struct err_info *e);

/* All rows of a started query. */
int contact_read_all(struct query *q, struct contact_row **ret, size_t *ret_count);

/* The lists that a delivery of this row would add. */
void contact_lists_to_add(const struct contact_row *row, struct id_set *ret);

#endif
