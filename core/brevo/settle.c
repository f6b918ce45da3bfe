/* SPDX-License-Identifier: Apache-2.0
 *
 * The verdict of an import for each row that is not missing, a thousand rows a work so that others
 * get their turn in between. The process is forgotten with the last of them.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "brevo/import.h"
#include "brevo/verdict.h"
#include "log/log.h"

#include <stdlib.h>

#define WORK_ROWS 1000

static int settle_row(struct store_tx *tx, struct import *import, struct contact_row *row,
                      struct err_info *e)
{
    /* What was sent of a row that changed since is only in the spool: the wish is sent again. */
    int changed = row->rev != row->batch_rev;
    _cleanup_json_ json_t *sent = changed ? NULL : pending_attributes(row, import->d->known);
    const struct verdict verdict = {
        .kind = VERDICT_DELIVERED,
        .email = row->email,
        .sent = sent,
        .added = &import->lists,
        .blocklisted = import->blocklist,
        .unknown = changed,
        .now_ms = clock_unix_ms(),
    };
    import->settled++;
    return verdict_store_row(tx, row, &verdict, e);
}

static int settle_rows(struct store_tx *tx, struct import *import, struct contact_row *rows,
                       size_t count, struct err_info *e)
{
    for (size_t i = 0; i < count; i++) {
        if (addresses_has(&import->missing, rows[i].email, strlen(rows[i].email)))
            continue;
        int r = settle_row(tx, import, &rows[i], e);
        if (r < 0)
            return r;
        if (import->d->brevo->log_sync)
            log_line(LOG_LEVEL_INFO, "brevo", "contact delivered", "contact=%s way=import",
                     log_mask(rows[i].email));
    }
    if (count > 0) {
        free(import->after);
        import->after = mem_strdup(rows[count - 1].email);
    }
    if (count == WORK_ROWS)
        return 0;
    free(take_ptr(import->after));
    return recover_forget_import(tx, e);
}

static int settle_some(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct import *import = arg;
    struct contact_row *rows = NULL;
    size_t count = 0;
    import->settled = 0;
    int r = contact_batch_rows(tx, import->batch, import->after, WORK_ROWS, &rows, &count, e);
    if (r < 0)
        return r;
    r = settle_rows(tx, import, rows, count, e);
    contact_list_free(rows, count);
    return r;
}

static void some_settled(void *arg, int result, const struct err_info *e)
{
    struct import *import = arg;
    if (result < 0)
        delivery_fail(import->d, e);
    else
        delivery_delivered(import->d, import->settled);
    /* Proven rows get their verdict even when the delivery is being stopped. */
    if (result == 0 && import->after != NULL)
        store_submit(import->d->brevo->store, settle_some, some_settled, import);
    else
        import->then(import);
}

void settle_run(struct import *import, import_step then)
{
    import->then = then;
    free(take_ptr(import->after));
    store_submit(import->d->brevo->store, settle_some, some_settled, import);
}
