/* SPDX-License-Identifier: Apache-2.0
 *
 * map/people.h: who is who. Turns mapped persons into what contacts should be, inside a store work.
 *
 * The rules (docs/architecture.md, "People"): the address is the key; of several users with one
 * address the one with the latest login leads and gives the attributes, lists are the union, the
 * contact leaves with the last of them; consent goes one way; a phone number belongs to one
 * contact. Store thread only. Applying the same person twice changes nothing, and the outcome of a
 * complete read does not depend on the order of the persons or on reads that died before it.
 *
 * When a leader leaves, the next one is queued to be read again, because nobody keeps its
 * attributes here: give the refreshed person to people_apply like any other. A contact that was
 * never delivered is simply forgotten when nobody asks for it any more. Errors are the store's; the
 * work returns them as they are and so leaves nothing half done.
 */
#ifndef TAJO_MAP_PEOPLE_H
#define TAJO_MAP_PEOPLE_H

#include "map/mapping.h"
#include "store/tables.h"

enum people_delete { PEOPLE_KEEP, PEOPLE_SOFT, PEOPLE_HARD };

struct people_context {
    const char *connector;
    const char *source; /* "auth0.users": what holds, and where refreshes of a new leader are
                           queued */
    enum people_delete delete_behavior;
    int64_t snapshot; /* id of the full run under way; 0: not a full run */
    int hold;         /* 1: what changes waits until the full run has ended well */
    int64_t now_ms;
};

/* Of one work. A loss that is taken back may leave one below zero: add works up, modulo 2^64. */
struct people_counts {
    uint64_t emitted; /* persons that are contacts */
    uint64_t skipped[SKIP_COUNT];
    uint64_t losses[LOSS_COUNT];
    uint64_t unchanged; /* contacts that need no call */
    uint64_t changed;   /* contacts that now wait for delivery */
    uint64_t gone;
};

int people_apply(struct store_tx *tx, const struct people_context *context, const char *user_id,
                 const struct mapped_person *person, struct people_counts *counts,
                 struct err_info *e);

int people_gone(struct store_tx *tx, const struct people_context *context, const char *user_id,
                struct people_counts *counts, struct err_info *e);

/* After SNAPSHOT_COMPLETE: whoever the full run `context->snapshot` did not see is gone. At most
 * max at once; *ret_more is 1 when some are left. */
int people_sweep(struct store_tx *tx, const struct people_context *context, size_t max,
                 int *ret_more, struct people_counts *counts, struct err_info *e);

#endif
