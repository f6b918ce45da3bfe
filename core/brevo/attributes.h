/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/attributes.h: the account's attributes as Brevo lists them, and whether a contact read back
 * has what was sent. Pure.
 */
#ifndef TAJO_BREVO_ATTRIBUTES_H
#define TAJO_BREVO_ATTRIBUTES_H

#include "map/mapping.h"
#include "store/tables.h"

#include <jansson.h>

/* answer: of GET /contacts/attributes. What cannot be understood is ATTRIBUTE_OTHER. */
void attributes_read(const json_t *answer, struct attribute_table *ret);

/* The attribute `name` of the sent ones that the contact (of GET /contacts/{identifier}) does not
 * have with that value, or NULL. Lenient where Brevo rewrites: surrounding blanks, digits of phone
 * numbers, times behind dates, numbers as text, options of categories. */
const char *attributes_lost(const json_t *sent, const json_t *contact,
                            const struct attribute_table *table);

/* 1 when the contact is on the list, or left it by its own wish. */
int contact_has_list(const json_t *contact, int64_t list);

/* Adds the lists that the contact (an object of GET /contacts or GET /contacts/{identifier}) left
 * to ret. 0, or ERR_DATA when the answer does not tell: ret is untouched then. */
int contact_left_lists(const json_t *contact, struct id_set *ret);

#endif
