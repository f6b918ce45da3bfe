/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /__state: all of Brevo in canonical form, made while it is sent, so that two runs can be
 * compared byte by byte; or only the figures and a digest over the same bytes.
 */
#include "contact.h"
#include "contact_values.h"
#include "control.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

/* Contacts written each time the lock is taken. */
#define BATCH 200

struct dump {
    struct sandbox *sandbox;
    uint32_t *ids; /* by e-mail address */
    size_t count;
    size_t at;
    bool first; /* no contact is written yet */
    bool ended;
    struct buffer text;
    size_t sent; /* of text */
};

static int compare_contacts(const void *left, const void *right, void *context)
{
    const struct account *account = context;
    const uint32_t *a = left;
    const uint32_t *b = right;
    return strcmp(account->contacts[*a - 1]->email, account->contacts[*b - 1]->email);
}

static uint32_t *sort_contacts(struct account *account, size_t *ret_count)
{
    uint32_t *ids = mem_resize(NULL, account->contact_count, sizeof(*ids));
    size_t count = 0;
    for (size_t i = 0; i < account->contact_slots; i++) {
        if (!account->contacts[i]->deleted) {
            ids[count++] = account->contacts[i]->id;
        }
    }
    qsort_r(ids, count, sizeof(*ids), compare_contacts, account);
    *ret_count = count;
    return ids;
}

/* Without ids and times: those differ from run to run. */
static void write_canonical(const struct account *account, const struct contact *contact,
                            struct buffer *buffer)
{
    buffer_add_text(buffer, "{\"email\":");
    buffer_add_string(buffer, contact->email, strlen(contact->email));
    buffer_add_text(buffer, ",\"ext_id\":");
    if (contact->ext_id) {
        buffer_add_string(buffer, contact->ext_id, strlen(contact->ext_id));
    } else {
        buffer_add_text(buffer, "null");
    }
    buffer_add_format(buffer, ",\"emailBlacklisted\":%s,\"smsBlacklisted\":%s,\"listIds\":",
                      contact->email_blacklisted ? "true" : "false",
                      contact->sms_blacklisted ? "true" : "false");
    id_set_write(&contact->lists, buffer);
    buffer_add_text(buffer, ",\"listUnsubscribed\":");
    id_set_write(&contact->unsubscribed, buffer);
    buffer_add_text(buffer, ",\"attributes\":");
    values_write(account, contact, buffer);
    buffer_add_char(buffer, '}');
}

static uint64_t digest(const char *bytes, size_t size, uint64_t hash)
{
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t digest_contacts(struct account *account)
{
    size_t count;
    uint32_t *ids = sort_contacts(account, &count);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    BUFFER_AUTO text = {0};
    for (size_t i = 0; i < count; i++) {
        text.used = 0;
        write_canonical(account, account->contacts[ids[i] - 1], &text);
        buffer_add_char(&text, '\n');
        hash = digest(text.data, text.used, hash);
    }
    free(ids);
    return hash;
}

static uint64_t count_blacklisted(const struct account *account)
{
    uint64_t count = 0;
    for (size_t i = 0; i < account->contact_slots; i++) {
        count += account->contacts[i]->email_blacklisted;
    }
    return count;
}

static json_t *describe_lists(const struct account *account)
{
    json_t *lists = json_array();
    for (size_t i = 0; i < account->list_count; i++) {
        const struct list *list = &account->lists[i];
        json_array_append_new(lists, json_pack("{s:i, s:s, s:i, s:I}", "id", (int)list->id, "name",
                                               list->name, "folderId", (int)list->folder_id,
                                               "contacts", (json_int_t)list->members));
    }
    return lists;
}

/* Everything but the contacts themselves. */
static json_t *describe_figures(const struct account *account)
{
    const struct account_counts *counts = &account->counts;
    json_t *names = json_array();
    for (size_t i = 0; i < account->attribute_count; i++) {
        json_array_append_new(names, json_string(account->attributes[i].name));
    }
    return json_pack(
        "{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "lists", describe_lists(account),
        "attributes", names, "count", (json_int_t)account->contact_count, "blacklisted",
        (json_int_t)count_blacklisted(account), "imports", (json_int_t)account->process_count,
        "resubscribed", (json_int_t)counts->resubscribed, "owner_mails",
        (json_int_t)counts->owner_mails, "lost_values", (json_int_t)counts->lost_values,
        "dropped_rows", (json_int_t)counts->dropped_rows);
}

static void write_batch(struct dump *dump)
{
    struct account *account = dump->sandbox->account;
    pthread_mutex_lock(&dump->sandbox->lock);
    for (unsigned i = 0; i < BATCH && dump->at < dump->count; i++) {
        const struct contact *contact = contact_find_id(account, dump->ids[dump->at++]);
        if (contact) {
            buffer_add_text(&dump->text, dump->first ? "\n" : ",\n");
            write_canonical(account, contact, &dump->text);
            dump->first = false;
        }
    }
    if (dump->at == dump->count && !dump->ended) {
        SANDBOX_JSON json_t *figures = describe_figures(account);
        buffer_add_text(&dump->text, "\n],\n");
        size_t brace = dump->text.used;
        buffer_add_json(&dump->text, figures);
        dump->text.data[brace] = ' ';
        buffer_add_char(&dump->text, '\n');
        dump->ended = true;
    }
    pthread_mutex_unlock(&dump->sandbox->lock);
}

static size_t read_dump(void *context, char *bytes, size_t size)
{
    struct dump *dump = context;
    while (dump->sent == dump->text.used && !dump->ended) {
        dump->text.used = dump->sent = 0;
        write_batch(dump);
    }
    size_t got = dump->text.used - dump->sent;
    got = got < size ? got : size;
    memcpy(bytes, dump->text.data + dump->sent, got);
    dump->sent += got;
    return got;
}

static bool is_half_done(const void *context)
{
    const struct dump *dump = context;
    return dump->at * 2 >= dump->count;
}

static void release_dump(void *context)
{
    struct dump *dump = context;
    buffer_free(&dump->text);
    free(dump->ids);
    free(dump);
}

void control_get_state(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    if (request_is_true(request, "summary")) {
        json_t *figures = describe_figures(sandbox->account);
        json_object_set_new(
            figures, "digest",
            json_sprintf("%016llx", (unsigned long long)digest_contacts(sandbox->account)));
        reply_set_json(reply, 200, figures);
        return;
    }
    struct dump *dump = mem_alloc(sizeof(*dump));
    dump->sandbox = sandbox;
    dump->ids = sort_contacts(sandbox->account, &dump->count);
    dump->first = true;
    buffer_add_text(&dump->text, "{\"contacts\":[");
    reply->status = 200;
    reply->content_type = "application/json; charset=utf-8";
    reply->stream = (struct stream){dump, read_dump, is_half_done, release_dump};
}
