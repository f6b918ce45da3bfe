/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule/batch.h: what a run received since the last commit, and the work that makes it durable.
 *
 * batch_add_person / batch_add_gone on the loop as records come in, then batch_apply inside one
 * store work. Bounded by the plugin module, which ends a worker that emits without end.
 */
#ifndef TAJO_SCHEDULE_BATCH_H
#define TAJO_SCHEDULE_BATCH_H

#include "map/people.h"
#include "tajo/plugin.h"

struct batch_item {
    char *subject;
    int gone;   /* 1: person unused */
    char *dead; /* why the record cannot be read, then person is unused; NULL: it can */
    struct mapped_person person;
};

struct batch {
    struct batch_item *items;
    size_t count;
    size_t capacity;
};

void batch_add_person(struct batch *batch, const struct mapping *mapping, struct tajo_str subject,
                      struct tajo_str json);
void batch_add_gone(struct batch *batch, struct tajo_str subject);
void batch_clear(struct batch *batch);

/* Store thread. Applies every item in order; items that could not be mapped become dead letters. */
int batch_apply(struct store_tx *tx, const struct batch *batch,
                const struct people_context *context, struct people_counts *counts, uint64_t *dead,
                struct err_info *e);

#endif
