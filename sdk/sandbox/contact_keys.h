/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of contacts: what contact.c keeps in the account's tables and contact_write.c changes. The
 * caller has checked that no other contact has the key, and holds the sandbox's lock.
 */
#ifndef SANDBOX_CONTACT_KEYS_H
#define SANDBOX_CONTACT_KEYS_H

#include "account.h"

/* `email` in any case; it is kept in lower case. */
void contact_set_email(struct account *account, struct contact *contact, const char *email);
void contact_set_ext_id(struct account *account, struct contact *contact, const char *ext_id);
/* Before the number is taken from the contact's values. */
void contact_forget_phone(struct account *account, const struct contact *contact);

#endif
