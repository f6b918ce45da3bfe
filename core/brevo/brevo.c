/* SPDX-License-Identifier: Apache-2.0
 *
 * The object itself: its account at Brevo's limits, and the small questions about it.
 */
#include "base/mem.h"
#include "brevo/internal.h"

#define HOUR_MS 3600000

struct preset {
    const char *name;
    uint32_t per_second; /* /contacts/... */
    uint32_t per_hour;   /* all other endpoints */
};

static const struct preset presets[] = {
    {"general", 10, 100},
    {"advanced", 20, 200},
    {"extended", 60, 600},
};
#define PRESETS (sizeof(presets) / sizeof(presets[0]))

const char *const *brevo_rate_presets(void)
{
    static const char *const names[] = {"general", "advanced", "extended", NULL};
    return names;
}

static const struct preset *find_preset(const char *name)
{
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    }
    return NULL;
}

static int read_rates(const struct brevo_options *options, struct preset *ret, int64_t *ret_burst,
                      struct err_info *e)
{
    if (options->rate_preset != NULL) {
        const struct preset *preset = find_preset(options->rate_preset);
        if (preset == NULL)
            return err_set(e, ERR_CONFIG, "brevo.rate_limit", "use general, advanced or extended",
                           "there is no rate preset \"%s\"", options->rate_preset);
        *ret = *preset;
        *ret_burst = preset->per_second;
        return 0;
    }
    if (options->requests_per_second < 1 || options->requests_per_second > 10000)
        return err_set(e, ERR_CONFIG, "brevo.rate_limit",
                       "give 1 to 10000, or a preset such as general",
                       "requests_per_second is out of range");
    /* The hourly limit of all other endpoints is the smallest plan's until a header says more. */
    *ret = (struct preset){NULL, (uint32_t)options->requests_per_second, presets[0].per_hour};
    *ret_burst = options->burst > 0 && options->burst <= 100000 ? options->burst
                                                                : options->requests_per_second;
    return 0;
}

static int open_account(struct brevo *brevo, struct http *http, const struct brevo_options *options,
                        struct err_info *e)
{
    struct preset rates = {0};
    int64_t burst = 0;
    int r = read_rates(options, &rates, &burst, e);
    if (r < 0)
        return r;
    const struct http_account_options account = {
        .name = "brevo",
        .base_url = options->base_url,
        .auth = HTTP_AUTH_HEADER,
        .header = "api-key",
        .header_value = options->api_key,
        .proxy = options->proxy,
        .temp_dir = options->spool_dir,
        .timeout_ms = options->timeout_ms,
        .retry_base_ms = options->retry_base_ms,
    };
    r = http_account_new(http, &account, &brevo->http, e);
    if (r < 0)
        return r;
    http_account_limit(brevo->http, CLASS_CONTACTS, rates.per_second, 1000, (uint32_t)burst);
    http_account_limit(brevo->http, CLASS_OTHER, rates.per_hour, HOUR_MS, rates.per_hour);
    brevo->hourly_size = rates.per_hour;
    return 0;
}

int brevo_new(struct loop *loop, struct http *http, struct store *store,
              const struct brevo_options *options, struct brevo **ret, struct err_info *e)
{
    struct brevo *brevo = mem_alloc(sizeof(*brevo));
    int r = open_account(brevo, http, options, e);
    if (r < 0) {
        brevo_free(brevo);
        return r;
    }
    brevo->loop = loop;
    brevo->store = store;
    brevo->spool_dir = mem_strdup(options->spool_dir != NULL ? options->spool_dir : "/tmp");
    brevo->create_attributes = options->create_attributes;
    brevo->carrier_list = options->import_list;
    brevo->log_sync = options->log_sync;
    *ret = brevo;
    return 0;
}

struct brevo *brevo_free(struct brevo *brevo)
{
    if (brevo == NULL)
        return NULL;
    calls_free(brevo);
    http_account_free(brevo->http);
    prepares_free(brevo);
    creates_free(brevo);
    account_clear(&brevo->account);
    free(brevo->spool_dir);
    free(brevo);
    return NULL;
}

const struct brevo_account *brevo_account_of(const struct brevo *brevo)
{
    return &brevo->account;
}

const struct brevo_counts *brevo_counts_of(const struct brevo *brevo)
{
    return &brevo->counts;
}

struct http_account *brevo_http(struct brevo *brevo)
{
    return brevo->http;
}

void brevo_on_progress(struct brevo *brevo, void (*call)(void *arg, uint64_t done, uint64_t total),
                       void *arg)
{
    brevo->progress = call;
    brevo->progress_arg = arg;
}
