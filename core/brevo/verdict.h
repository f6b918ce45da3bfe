/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/verdict.h: what became of a contact at Brevo, written to its row.
 *
 * Store thread only, inside a work. The row may have changed since it was taken (rev above
 * batch_rev): then what was delivered is noted and the rest stays due. A row that is gone by now
 * needs no verdict.
 */
#ifndef TAJO_BREVO_VERDICT_H
#define TAJO_BREVO_VERDICT_H

#include "store/tables.h"

#include <jansson.h>

enum verdict_kind {
    VERDICT_DELIVERED,
    VERDICT_REMOVED, /* not at Brevo any more, or off our lists for good */
    VERDICT_DEAD,    /* reason and detail say why; not tried again by itself */
    VERDICT_LATER,   /* Brevo could not take it now: due again after a growing delay */
    VERDICT_RELEASED /* nothing was proven: due as before */
};

struct verdict {
    enum verdict_kind kind;
    const char *email;
    const json_t *sent;         /* attributes that Brevo took; NULL: none */
    const struct id_set *added; /* lists; NULL: none */
    const struct id_set *removed;
    const struct id_set *left; /* by the person; NULL: none is known. Remembered */
    int blocklisted;           /* 1: it was sent */
    const char *optout_from;   /* this was looked at; NULL: nothing was */
    int fresh;                 /* 1: Brevo had no such contact before, whatever we believed */
    int unknown; /* 1: values went out that nobody can tell any more: none counts as delivered */
    const char *reason;
    const char *detail;
    int64_t now_ms;
};

int verdict_store(struct store_tx *tx, const struct verdict *verdict, struct err_info *e);

/* The same for a row that is already read. Only VERDICT_DELIVERED. */
int verdict_store_row(struct store_tx *tx, struct contact_row *row, const struct verdict *verdict,
                      struct err_info *e);

/* Somebody left these lists: remembered, and taken from what is still to be delivered. Not for rows
 * under way. *ret_kept_off: 1 when one of them was waited for. */
int verdict_leaver(struct store_tx *tx, const char *email, const struct id_set *left,
                   int *ret_kept_off, struct err_info *e);

/* Milliseconds until the next try after `attempts` failed ones: 30 s doubling to 1 h, and up to a
 * quarter more, taken from `seed`. */
int64_t verdict_delay_ms(int attempts, uint64_t seed);

/* The pending attributes of a row as an object, without those whose names are not in `known` (an
 * object; NULL: all are). Never NULL: damaged text gives an empty object. Caller drops it. */
json_t *pending_attributes(const struct contact_row *row, const json_t *known);

#endif
