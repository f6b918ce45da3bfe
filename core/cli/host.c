/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "cli/schema.h"
#include "log/log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- plugins --------------------------------------------------------------------------------- */

static void on_described(void *arg, const char *file, struct plugin_info *info,
                         const struct err_info *e)
{
    struct host *host = arg;
    if (info != NULL) {
        host->infos = mem_resize(host->infos, host->info_count + 1, sizeof(*host->infos));
        host->infos[host->info_count++] = info;
        return;
    }
    host->refusals = mem_resize(host->refusals, host->refusal_count + 1, sizeof(*host->refusals));
    struct host_refusal *refusal = &host->refusals[host->refusal_count++];
    refusal->file = mem_strdup(file);
    refusal->error = *e;
}

static void on_all_described(void *arg)
{
    loop_quit(((struct host *)arg)->loop);
}

void host_load_plugins(struct host *host, char *const *dirs, size_t dir_count)
{
    struct err_info e = {0};
    char **files = NULL;
    size_t count = 0;
    if (host->loop == NULL)
        host->loop = loop_new();
    if (plugin_find_files((const char *const *)dirs, dir_count, &files, &count, &e) < 0) {
        on_described(host, "plugin folders", NULL, &e);
        return;
    }
    plugin_describe_files(host->loop, files, count, on_described, on_all_described, host);
    loop_run(host->loop);
    for (size_t i = 0; i < count; i++)
        free(files[i]);
    free(files);
}

static void tell_refusals(const struct host *host)
{
    for (size_t i = 0; i < host->refusal_count; i++)
        log_line(LOG_LEVEL_WARN, "plugin", "plugin refused", "file=%s error=%s mend=%s",
                 log_quote(host->refusals[i].file), log_quote(host->refusals[i].error.what),
                 log_quote(host->refusals[i].error.mend));
}

/* ---- configuration --------------------------------------------------------------------------- */

static const char *find_config(const struct cli *cli)
{
    if (cli->config_file != NULL)
        return cli->config_file;
    if (access("tajo.yaml", F_OK) == 0)
        return "tajo.yaml";
    return "/etc/tajo-connect/tajo.yaml";
}

/* Answers whether there was a real problem among what is told. */
static int tell_problems(const struct config *config, enum host_telling telling)
{
    size_t count = 0;
    int failed = 0;
    const struct config_problem *problems = config_problems(config, &count);
    for (size_t i = 0; i < count; i++) {
        failed |= !problems[i].is_warning;
        if (!problems[i].is_warning || telling == HOST_TELL_ALL)
            fprintf(stderr, "%s: %s\n", problems[i].is_warning ? "warning" : "error",
                    problems[i].sentence);
    }
    return failed;
}

/* The most talkative connector decides: levels are the process's. */
static void start_log(const struct config *config, const struct cli *cli)
{
    enum log_level level = LOG_LEVEL_INFO;
    for (size_t i = 0; i < config->connector_count; i++)
        if (config->connectors[i].enabled && config->connectors[i].log_level > level)
            level = config->connectors[i].log_level;
    if (cli->log_level != NULL && log_parse_level(cli->log_level, &level) < 0)
        level = LOG_LEVEL_INFO;
    log_start(config->host.log_format, level);
}

int host_load(struct host *host, const struct cli *cli, enum host_telling telling)
{
    struct err_info e = {0};
    enum log_level level;
    if (cli->log_level != NULL && log_parse_level(cli->log_level, &level) < 0) {
        err_set(&e, ERR_USAGE, "--log-level", "use error, warn, info or debug",
                "'%s' is not a log level", cli->log_level);
        return cli_report(&e);
    }
    struct config_overrides overrides = {.state_dir = cli->state_dir, .log_level = cli->log_level};
    config_load(find_config(cli), &overrides, &host->config, &e);
    if (host->config == NULL)
        return cli_report(&e);
    start_log(host->config, cli);
    host_load_plugins(host, host->config->host.plugin_dirs, host->config->host.plugin_dir_count);
    tell_refusals(host);
    struct schema *schema = schema_new(host->infos, host->info_count);
    config_check(host->config, schema_config(schema), &e);
    schema_free(schema);
    return tell_problems(host->config, telling) ? CLI_USAGE : CLI_DONE;
}

/* ---- the parts ------------------------------------------------------------------------------- */

int host_open_parts(struct host *host, struct err_info *e)
{
    const struct config *config = host->config;
    const struct config_brevo *brevo = &config->brevo;
    if (host->loop == NULL)
        host->loop = loop_new();
    host->http = http_new(host->loop, host->store);
    int r = sources_new(config, host->infos, host->info_count, host->http, &host->sources, e);
    if (r < 0)
        return r;
    int log_sync = 0;
    for (size_t i = 0; i < config->connector_count; i++)
        log_sync |= config->connectors[i].enabled && config->connectors[i].log_sync;
    struct brevo_options options = {
        .base_url = brevo->base_url,
        .api_key = brevo->api_key,
        .rate_preset = brevo->rate_limit.preset,
        .requests_per_second = brevo->rate_limit.requests_per_second,
        .burst = brevo->rate_limit.burst,
        .create_attributes = brevo->create_attributes,
        .import_list = brevo->import_list,
        .spool_dir = host->store != NULL ? config->host.state_dir : NULL,
        .proxy = config->host.proxy,
        .log_sync = log_sync,
    };
    return brevo_new(host->loop, host->http, host->store, &options, &host->brevo, e);
}

int host_open(struct host *host, enum host_state state, struct err_info *e)
{
    const struct config_host *config = &host->config->host;
    struct store_options options = {
        .state_dir = config->state_dir,
        .min_free_bytes = config->min_free_mb * 1024 * 1024,
        .max_bytes = config->max_store_mb * 1024 * 1024,
        .scratch = state == HOST_SCRATCH_STATE,
    };
    int r = store_open(&host->store, host->loop, &options, e);
    return r < 0 ? r : host_open_parts(host, e);
}

void host_close(struct host *host)
{
    host->brevo = brevo_free(host->brevo);
    host->sources = sources_free(host->sources);
    host->http = http_free(host->http);
    host->store = store_close(host->store);
    host->config = config_free(host->config);
    for (size_t i = 0; i < host->info_count; i++)
        plugin_info_free(host->infos[i]);
    for (size_t i = 0; i < host->refusal_count; i++)
        free(host->refusals[i].file);
    free(host->infos);
    free(host->refusals);
    mapping_problems_free(host->unmapped, host->unmapped_count);
    mapping_problems_free(host->to_create, host->to_create_count);
    host->loop = loop_free(host->loop);
    *host = (struct host){0};
}

/* ---- Brevo's side ---------------------------------------------------------------------------- */

int host_check_lists(const struct host *host, struct err_info *e)
{
    const struct brevo_account *account = brevo_account_of(host->brevo);
    for (size_t i = 0; i < host->config->connector_count; i++) {
        const struct config_connector *connector = &host->config->connectors[i];
        for (size_t j = 0; connector->enabled && j < connector->list_count; j++) {
            const struct config_list *list = &connector->lists[j];
            size_t at = 0;
            while (at < account->list_count && account->lists[at].id != list->id)
                at++;
            if (at < account->list_count)
                continue;
            char where[256];
            snprintf(where, sizeof(where), "%s:%d:%d: connectors.%s.lists.%s", host->config->file,
                     list->mark.line, list->mark.column, connector->name, list->name);
            return err_set(e, ERR_CONFIG, where,
                           "use the id of an existing list (Brevo > Contacts > Lists) or remove "
                           "the line",
                           "Brevo has no list %lld", (long long)list->id);
        }
    }
    return 0;
}

static void bind_attributes(struct host *host, const struct attribute_table *table)
{
    mapping_problems_free(host->unmapped, host->unmapped_count);
    sources_bind(host->sources, table, &host->unmapped, &host->unmapped_count);
}

/* What a dry run shows is what a sync would do, the creation of attributes included. */
static void bind_as_if_created(struct host *host)
{
    const struct attribute_table *now = &brevo_account_of(host->brevo)->attributes;
    struct attribute_table then = {.count = now->count};
    then.items = mem_array(now->count + host->unmapped_count, sizeof(*then.items));
    for (size_t i = 0; i < now->count; i++)
        then.items[i] = now->items[i];
    for (size_t i = 0; i < host->unmapped_count; i++) {
        const struct mapping_problem *problem = &host->unmapped[i];
        if (problem->missing && problem->suggested != ATTRIBUTE_OTHER)
            then.items[then.count++] =
                (struct attribute){.name = problem->attribute, .type = problem->suggested};
    }
    mapping_problems_free(host->to_create, host->to_create_count);
    host->to_create = host->unmapped;
    host->to_create_count = host->unmapped_count;
    host->unmapped = NULL;
    host->unmapped_count = 0;
    bind_attributes(host, &then);
    free(then.items);
}

static void on_prepared(void *arg, int result, const struct err_info *e)
{
    struct host *host = arg;
    if (result < 0) {
        host->preparing.done(host->preparing.arg, result, e);
        return;
    }
    int create = host->config->brevo.create_attributes && !host->preparing.created;
    bind_attributes(host, &brevo_account_of(host->brevo)->attributes);
    if (create && host->reads_only) {
        bind_as_if_created(host);
    } else if (create && host->unmapped_count > 0) {
        host->preparing.created = 1;
        brevo_create_attributes(host->brevo, host->unmapped, host->unmapped_count, on_prepared,
                                host);
        return;
    }
    struct err_info own = {0};
    result = host_check_lists(host, &own);
    host->preparing.done(host->preparing.arg, result, result < 0 ? &own : NULL);
}

static void prepare(struct host *host, int with_account, brevo_done done, void *arg)
{
    host->preparing.done = done;
    host->preparing.arg = arg;
    host->preparing.created = 0;
    brevo_prepare(host->brevo, with_account, on_prepared, host);
}

void host_prepare(struct host *host, brevo_done done, void *arg)
{
    prepare(host, 0, done, arg);
}

void host_prepare_with_account(struct host *host, brevo_done done, void *arg)
{
    prepare(host, 1, done, arg);
}

/* ---- targets --------------------------------------------------------------------------------- */

static int tell_unknown_target(const struct host *host, const char *target)
{
    fprintf(stderr, "tajo-connect: no enabled source is called '%s'; there %s:", target,
            host->sources->source_count == 1 ? "is" : "are");
    for (size_t i = 0; i < host->sources->source_count; i++)
        fprintf(stderr, " %s", host->sources->sources[i].name);
    fputs("\n", stderr);
    return 0;
}

struct source **host_select(const struct host *host, char *const *targets, size_t count)
{
    struct source **selected = mem_array(host->sources->source_count + 1, sizeof(*selected));
    size_t n = 0;
    for (size_t t = 0; t < count; t++) {
        int found = 0;
        for (size_t i = 0; i < host->sources->source_count; i++)
            found |= source_matches(&host->sources->sources[i], targets[t]);
        if (!found) {
            tell_unknown_target(host, targets[t]);
            free(selected);
            return NULL;
        }
    }
    for (size_t i = 0; i < host->sources->source_count; i++) {
        struct source *source = &host->sources->sources[i];
        int wanted = count == 0;
        for (size_t t = 0; t < count; t++)
            wanted |= source_matches(source, targets[t]);
        if (wanted)
            selected[n++] = source;
    }
    if (n == 0) {
        fputs("tajo-connect: no source is enabled; write `sync: {users: true}` below a connector\n",
              stderr);
        free(selected);
        return NULL;
    }
    return selected;
}
