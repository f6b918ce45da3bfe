/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/text.h"

#include <string.h>

#define MAX_LISTED 300 /* bytes of known keys in a sentence */

/* Every key that is the host's own, and where it stands: for keys that stand elsewhere. */
static const char *const homes[][2] = {
    {"connectors", "connectors at the top level"},
    {"brevo", "brevo at the top level"},
    {"host", "host at the top level"},
    {"api_key", "brevo.api_key"},
    {"create_attributes", "brevo.create_attributes"},
    {"phone_region", "brevo.phone_region"},
    {"import_list", "brevo.import_list"},
    {"state_dir", "host.state_dir"},
    {"listen", "host.listen"},
    {"plugin_dirs", "host.plugin_dirs"},
    {"log_format", "host.log_format"},
    {"plugin_silence_seconds", "host.plugin_silence_seconds"},
    {"min_free_mb", "host.min_free_mb"},
    {"max_store_mb", "host.max_store_mb"},
    {"proxy", "host.proxy"},
    {"schedule", "sync.schedule"},
    {"full_schedule", "sync.full_schedule"},
    {"timezone", "sync.timezone"},
    {"verified_only", "sync.<source>.verified_only"},
    {"users", "sync.users"},
    {"events", "sync.events"},
    {"roles", "sync.roles"},
    {"stats", "sync.stats"},
    {"field", "consent.field"},
    {"enabled", "connectors.<name>.enabled"},
    {"platform", "connectors.<name>.platform"},
    {"base_url", "connectors.<name>.base_url"},
    {"rate_limit", "connectors.<name>.rate_limit"},
    {"debug", "connectors.<name>.debug"},
    {"log_level", "connectors.<name>.log_level"},
    {"log_sync", "connectors.<name>.log_sync"},
    {"sync", "sync below a connector or at the top level"},
    {"lists", "lists below a connector or at the top level"},
    {"field_mapping", "field_mapping below a connector or at the top level"},
    {"event_mapping", "event_mapping below a connector or at the top level"},
    {"consent", "consent below a connector or at the top level"},
    {"delete_behavior", "delete_behavior below a connector or at the top level"},
};
#define HOME_COUNT (sizeof(homes) / sizeof(homes[0]))

static const char *find_home(const char *word)
{
    for (size_t i = 0; word != NULL && i < HOME_COUNT; i++)
        if (strcmp(homes[i][0], word) == 0)
            return homes[i][1];
    return NULL;
}

static const char *nearest_home(const char *word)
{
    const char *names[HOME_COUNT];
    for (size_t i = 0; i < HOME_COUNT; i++)
        names[i] = homes[i][0];
    return find_home(text_nearest(word, names, HOME_COUNT));
}

static void list_known(struct strbuf *out, const char *const *known, size_t count)
{
    const char *separator = "";
    strbuf_add_text(out, "");
    for (size_t i = 0; i < count; i++) {
        if (known[i] == NULL)
            continue;
        if (out->len + strlen(known[i]) > MAX_LISTED) {
            strbuf_add_text(out, " ...");
            break;
        }
        strbuf_add_format(out, "%s%s", separator, known[i]);
        separator = ", ";
    }
}

void at_unknown(const struct at *at, const char *const *known, size_t count)
{
    struct strbuf list _cleanup_(strbuf_release) = STRBUF_INIT;
    _cleanup_free_ char *mend = NULL;
    list_known(&list, known, count);
    const char *home = find_home(at->name);
    const char *near = text_nearest(at->name, known, count);
    if (home != NULL)
        mend = mem_printf("It belongs elsewhere: write %s", home);
    else if (near != NULL)
        mend = mem_printf("Did you mean %s?", near);
    else if ((home = nearest_home(at->name)) != NULL)
        mend = mem_printf("Did you mean %s?", home);
    at_key_problem(at, mend, "unknown key; expected here: %s", list.len > 0 ? list.data : "none");
}

void at_check_keys(const struct at *at, const char *const *known, size_t count)
{
    for (size_t i = 0; i < at->node->count; i++) {
        struct at child = at_child(at, &at->node->entries[i]);
        if (!word_known(child.name, known, count))
            at_unknown(&child, known, count);
    }
}
