/* SPDX-License-Identifier: Apache-2.0
 *
 * The second half of contact.h: doing a write that contact_check() let pass.
 */
#include "contact.h"
#include "contact_keys.h"
#include "contact_values.h"
#include "moment.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A new address opts a blocklisted person in again, unless the same write blocklists (and that is
 * heeded). */
static void change_email(struct account *account, struct contact *contact, const char *email,
                         bool keeps_flag)
{
    contact_set_email(account, contact, email);
    if (!contact->email_blacklisted || keeps_flag) {
        return;
    }
    contact_set_blacklisted(account, contact, false);
    while (contact->unsubscribed.count) {
        contact_join_list(account, contact, contact->unsubscribed.ids[0]);
    }
}

/* Places of texts in `texts`, which still grows: a table of them would dangle. */
struct change_table {
    struct value values[ACCOUNT_ATTRIBUTES];
    size_t starts[ACCOUNT_ATTRIBUTES];
    bool fresh[ACCOUNT_ATTRIBUTES];
    struct buffer texts;
};

static bool is_sticky(const struct account *account, const struct contact_write *write,
                      const struct value *old, const json_t *value)
{
    return write->import && account->settings->import_false_sticky && json_is_false(value) &&
           old->text && old->size == 4 && memcmp(old->text, "true", 4) == 0;
}

static void take_value(struct account *account, const struct contact_write *write, int at,
                       const json_t *value, struct change_table *table)
{
    size_t start = table->texts.used;
    if (is_sticky(account, write, &table->values[at], value)) {
        return;
    }
    switch (values_encode(&account->attributes[at], value, &table->texts)) {
    case VALUE_TAKEN:
        table->starts[at] = start;
        table->fresh[at] = true;
        table->values[at].size = table->texts.used - start;
        break;
    case VALUE_ERASES:
        if (write->import ? write->erase_empty : json_is_string(value)) {
            table->values[at].text = NULL;
            table->fresh[at] = false;
        }
        break;
    default:
        account->counts.lost_values++;
        break;
    }
}

static void take_phone(struct account *account, struct contact *contact,
                       const struct contact_write *write, int at, const json_t *value,
                       struct change_table *table)
{
    char digits[PHONE_SIZE];
    if (!json_is_string(value) || !contact_read_phone(json_string_value(value), digits)) {
        if (write->import ? write->erase_empty : json_is_string(value)) {
            contact_forget_phone(account, contact);
        }
        take_value(account, write, at, value, table);
        return;
    }
    SANDBOX_JSON json_t *plain = json_string(digits);
    contact_forget_phone(account, contact);
    take_value(account, write, at, plain, table);
    keymap_add(&account->by_sms, digits, contact->id - 1);
}

static void apply_attributes(struct account *account, struct contact *contact,
                             const struct contact_write *write)
{
    struct change_table table;
    const char *name;
    json_t *value;
    values_open(contact, table.values);
    memset(table.fresh, 0, sizeof(table.fresh));
    table.texts = (struct buffer){0};
    json_object_foreach((json_t *)(uintptr_t)write->attributes, name, value)
    {
        int at = account_find_attribute(account, name);
        if (strcasecmp(name, "EMAIL") == 0 || strcasecmp(name, "EXT_ID") == 0) {
            continue;
        }
        if (at < 0) {
            account->counts.lost_values++;
        } else if (strcmp(account->attributes[at].name, "SMS") == 0) {
            take_phone(account, contact, write, at, value, &table);
        } else {
            take_value(account, write, at, value, &table);
        }
    }
    for (size_t i = 0; i < ACCOUNT_ATTRIBUTES; i++) {
        if (table.fresh[i]) {
            table.values[i].text = table.texts.data + table.starts[i];
        }
    }
    values_pack(contact, table.values);
    buffer_free(&table.texts);
}

static void apply_lists(struct account *account, struct contact *contact,
                        const struct contact_write *write)
{
    const json_t *id;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)write->list_ids, i, id)
    {
        contact_join_list(account, contact, (uint32_t)json_integer_value(id));
    }
    json_array_foreach((json_t *)(uintptr_t)write->unlink_ids, i, id)
    {
        contact_leave_list(account, contact, (uint32_t)json_integer_value(id));
    }
}

void contact_apply(struct account *account, struct contact *contact,
                   const struct contact_write *write)
{
    bool flag_wins = json_is_true(write->email_blacklisted) && !account->settings->put_flag_loses;
    const char *email = json_string_value(json_object_get(write->attributes, "EMAIL"));
    bool moves = email && !write->import && strcasecmp(email, contact->email) != 0;
    if (moves) {
        change_email(account, contact, email, flag_wins);
    }
    if (write->ext_id) {
        contact_set_ext_id(account, contact, write->ext_id);
    }
    if (write->attributes) {
        apply_attributes(account, contact, write);
    }
    apply_lists(account, contact, write);
    if (json_is_boolean(write->email_blacklisted) && (flag_wins || !moves)) {
        contact_set_blacklisted(account, contact, json_is_true(write->email_blacklisted));
    }
    if (json_is_boolean(write->sms_blacklisted)) {
        contact->sms_blacklisted = json_is_true(write->sms_blacklisted);
    }
    contact->modified_ms = moment_now();
}
