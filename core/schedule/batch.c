/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/batch.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct batch_item *add_item(struct batch *batch, struct tajo_str subject)
{
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity == 0 ? 256 : batch->capacity * 2;
        batch->items = mem_resize(batch->items, batch->capacity, sizeof(*batch->items));
    }
    struct batch_item *item = &batch->items[batch->count++];
    memset(item, 0, sizeof(*item));
    item->subject = mem_strndup(subject.data, subject.len);
    return item;
}

void batch_add_person(struct batch *batch, const struct mapping *mapping, struct tajo_str subject,
                      struct tajo_str json)
{
    struct batch_item *item = add_item(batch, subject);
    struct err_info e = {0};
    if (mapping_apply(mapping, json.data, json.len, &item->person, &e) < 0)
        item->dead = mem_strdup(e.what);
}

void batch_add_gone(struct batch *batch, struct tajo_str subject)
{
    add_item(batch, subject)->gone = 1;
}

void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->items[i].subject);
        free(batch->items[i].dead);
        mapped_person_clear(&batch->items[i].person);
    }
    free(batch->items);
    *batch = (struct batch){0};
}

static int bury(struct store_tx *tx, const struct batch_item *item,
                const struct people_context *context, struct err_info *e)
{
    struct dead_row row = {
        .source = (char *)context->source,
        .stage = "map",
        .subject = item->subject,
        .reason = "malformed_record",
        .detail = item->dead,
        .payload = "{}",
        .at_ms = context->now_ms,
    };
    return dead_put(tx, &row, e);
}

int batch_apply(struct store_tx *tx, const struct batch *batch,
                const struct people_context *context, struct people_counts *counts, uint64_t *dead,
                struct err_info *e)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];
        int r;
        if (item->dead != NULL) {
            r = bury(tx, item, context, e);
            *dead += 1;
        } else if (item->gone) {
            r = people_gone(tx, context, item->subject, counts, e);
        } else {
            r = people_apply(tx, context, item->subject, &item->person, counts, e);
        }
        if (r < 0)
            return r;
    }
    return 0;
}
