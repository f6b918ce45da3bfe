/* SPDX-License-Identifier: Apache-2.0
 *
 * `completed` is no proof: one row of an import is read back, two of a large one. A row that is not
 * as it was sent is looked at once more after a moment, because Brevo may show it late.
 */
#include "brevo/attributes.h"
#include "brevo/import.h"
#include "log/log.h"

#include <inttypes.h>

#define LARGE_ROWS     1000
#define SECOND_LOOK_MS 2000

static void ask(struct import *import);

static void ask_again(struct delivery *d)
{
    struct import *import = d->step;
    if (delivery_ends(d))
        import->then(import);
    else
        ask(import);
}

/* What of the sample is not there: a name for the log, or NULL. */
static const char *find_lost(const struct import *import, const struct sample *sample,
                             const json_t *contact)
{
    if (contact == NULL)
        return "contact";
    for (size_t i = 0; i < import->lists.count; i++) {
        if (!contact_has_list(contact, import->lists.ids[i]))
            return "list";
    }
    if (import->blocklist && !json_is_true(json_object_get(contact, "emailBlacklisted")))
        return "emailBlacklisted";
    return attributes_lost(sample->sent, contact, &import->d->brevo->account.attributes);
}

static void contact_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct import *import = arg;
    struct err_info wrong = {0};
    if (response == NULL || (response->status != 200 && response->status != 404)) {
        if (response != NULL &&
            reply_error(response, "GET /contacts/{identifier}", &wrong) == ERR_DATA)
            wrong.code = ERR_TRANSIENT;
        delivery_fail(import->d, response != NULL ? &wrong : e);
        import->then(import);
        return;
    }
    _cleanup_json_ json_t *contact = response->status == 200 ? reply_json(response) : NULL;
    const char *lost = find_lost(import, import->check[import->check_next], contact);
    if (lost == NULL) {
        import->check_next++;
        import->check_again = 0;
        ask(import);
        return;
    }
    if (!import->check_again) {
        import->check_again = 1;
        delivery_wait(import->d, SECOND_LOOK_MS, ask_again);
        return;
    }
    log_line(LOG_LEVEL_WARN, "brevo", "a row of an import is not as it was sent",
             "process=%" PRId64 " what=%s", import->process, log_quote(lost));
    import->lost = 1;
    import->then(import);
}

static void ask(struct import *import)
{
    if (import->check_next >= 2 || import->check[import->check_next] == NULL)
        import->then(import);
    else
        call_contact(import->d->brevo, "GET", import->check[import->check_next]->email, NULL,
                     contact_came, import);
}

static int is_usable(const struct import *import, const struct sample *sample)
{
    return sample->email != NULL &&
           !addresses_has(&import->missing, sample->email, strlen(sample->email));
}

void readback_run(struct import *import, import_step then)
{
    size_t wanted = import->rows > LARGE_ROWS ? 2 : 1, chosen = 0;
    import->then = then;
    import->check_next = 0;
    import->check_again = 0;
    import->check[0] = import->check[1] = NULL;
    if (is_usable(import, &import->with_boolean))
        import->check[chosen++] = &import->with_boolean;
    for (size_t i = 0; i < SAMPLES && chosen < wanted; i++) {
        if (is_usable(import, &import->samples[i]))
            import->check[chosen++] = &import->samples[i];
    }
    ask(import);
}
