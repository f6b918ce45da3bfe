/* SPDX-License-Identifier: Apache-2.0
 *
 * How a contact's attributes are kept: one block of JSON texts, so that a million contacts fit.
 *
 * A block is a run of entries: the attribute's number (one byte), the length of the text (two
 * bytes, low one first), the text. Values are opened into a table (by
 * number of the attribute), changed, and packed again. The
 * caller holds the sandbox's lock.
 */
#ifndef SANDBOX_CONTACT_VALUES_H
#define SANDBOX_CONTACT_VALUES_H

#include "account.h"

#define VALUE_MAX 65535

struct value {
    const char *text; /* JSON; NULL: no value */
    size_t size;
};

enum value_result {
    VALUE_TAKEN,
    VALUE_ERASES,   /* empty: what to do is the caller's to say */
    VALUE_IGNORED,  /* wrong type: Brevo says nothing */
    VALUE_BAD_DATE, /* the one wrong form Brevo complains about */
};

/* `table` points into the contact's block until that is packed anew. */
void values_open(const struct contact *contact, struct value ret_table[ACCOUNT_ATTRIBUTES]);
/* Packs the table into a new block of the contact. */
void values_pack(struct contact *contact, const struct value table[ACCOUNT_ATTRIBUTES]);
/* Judges a value by the attribute's type and appends the JSON text to store. */
enum value_result values_encode(const struct attribute *attribute, const json_t *value,
                                struct buffer *buffer);
/* One value of a contact; text NULL when he has none. */
struct value values_get(const struct contact *contact, int attribute);
/* {"NAME":value,...}, sorted by name. */
void values_write(const struct account *account, const struct contact *contact,
                  struct buffer *buffer);

#endif
