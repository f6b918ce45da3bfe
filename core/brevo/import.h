/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/import.h: one import on its way, shared by the files that carry it:
 *
 *   import.c   take, post, poll, and what to do when Brevo fails it
 *   spool.c    the body, in an unlinked file
 *   missing.c  which rows Brevo dropped
 *   readback.c a sample is read back
 *   settle.c   verdicts for the rows that made it
 *
 * Loop thread, except where a comment says store thread: a work has the import to itself, because
 * the chain waits for it.
 */
#ifndef TAJO_BREVO_IMPORT_H
#define TAJO_BREVO_IMPORT_H

#include "brevo/addresses.h"
#include "brevo/import_info.h"
#include "brevo/internal.h"

#define SAMPLES 8

/* A row as it was sent, kept to be read back. */
struct sample {
    char *email;
    json_t *sent;
};

struct import;
typedef void (*import_step)(struct import *import);

struct import {
    struct delivery *d;
    struct id_set lists; /* the group's; empty: the carrier list carries it */
    int64_t key;         /* the group's */
    int blocklist;
    int64_t batch;
    int64_t list; /* one list that everybody of this import was put on */

    int fd; /* the body */
    int64_t size;
    struct strbuf buffer; /* not yet written of it */
    int64_t rows;
    int write_errno;
    struct sample with_boolean; /* booleans are what imports are reported to lose */
    struct sample samples[SAMPLES];

    int tries;
    int64_t process;
    int64_t since_ms; /* by Brevo's clock: what the import changed was changed after this */
    int64_t delay_ms;
    int64_t waited_ms;
    struct import_info info;

    struct addresses missing; /* rows that were not proven to be there */
    size_t next_url;
    int64_t offset; /* of the page of the list */
    char *after;    /* last row settled */
    uint64_t settled;

    struct sample *check[2]; /* samples to be read back */
    size_t check_next;
    int check_again; /* 1: the current one is being looked at once more */
    int lost;        /* 1: a row that was said to be imported is not there as sent */

    import_step then; /* of missing, readback and settle */
    step_done done;
};

/* ---- spool.c ---- */
/* Opens the file and writes what comes before the rows. 0, or ERR_SYSTEM. */
int spool_open(struct import *import, struct err_info *e);
/* Store thread, for contact_take: adds a row, 1 when the body is full. arg is the import. */
int spool_add(void *arg, const struct contact_row *row);
/* Store thread: what comes after the rows. 0, or ERR_SYSTEM for anything that went wrong. */
int spool_close(struct import *import, struct err_info *e);
void spool_forget_samples(struct import *import);

/* ---- missing.c ---- */
/* Fills import->missing. Ends the delivery only when Brevo refuses service. */
void missing_run(struct import *import, import_step then);

/* ---- readback.c ---- */
/* Reads one or two rows back that are not missing; sets import->lost. */
void readback_run(struct import *import, import_step then);

/* ---- settle.c ---- */
/* Verdicts for all rows that are not missing; those stay in the batch. Forgets the process. */
void settle_run(struct import *import, import_step then);

#endif
