/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/host.h"
#include "schedule/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_OFFLINE = 1, OPT_JSON };

enum finding { FINDING_OK, FINDING_ADVICE, FINDING_WRONG };

struct check {
    struct host host;
    int offline;
    int json;
    struct source **sources;
    size_t link;   /* credentials being checked */
    size_t source; /* plugin being checked */
    int code;      /* worst exit code so far */
    json_t *findings;
};

static int take_option(void *arg, int id, const char *value)
{
    struct check *check = arg;
    (void)value;
    if (id == OPT_OFFLINE)
        check->offline = 1;
    else
        check->json = 1;
    return 0;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void tell(struct check *check, enum finding finding, const char *about, const char *mend,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void tell(struct check *check, enum finding finding, const char *about, const char *mend,
                 const char *format, ...)
{
    static const char *const words[] = {"ok", "advice", "wrong"};
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_array_append_new(check->findings,
                          json_pack("{s:s, s:s, s:s, s:s}", "finding", words[finding], "about",
                                    about, "text", text, "mend", mend != NULL ? mend : ""));
    if (check->json)
        return;
    printf("%-7s %-18s %s\n", words[finding], about, text);
    if (mend != NULL && mend[0] != '\0')
        printf("%-7s %-18s -> %s\n", "", "", mend);
}

static void wrong(struct check *check, const char *about, const struct err_info *e)
{
    int code = err_exit_code(e->code);
    if (check->code == CLI_DONE || check->code == CLI_FAILED)
        check->code = code;
    tell(check, FINDING_WRONG, about, e->mend, "%s%s%s", e->where, e->where[0] != '\0' ? ": " : "",
         e->what);
}

/* ---- Brevo ----------------------------------------------------------------------------------- */

static void tell_lists_and_attributes(struct check *check)
{
    const struct host *host = &check->host;
    const struct brevo_account *account = brevo_account_of(host->brevo);
    struct err_info e = {0};
    for (size_t i = 0; i < host->unmapped_count; i++) {
        const struct mapping_problem *problem = &host->unmapped[i];
        err_set(&e, ERR_CONFIG, problem->where, NULL, "%s", problem->sentence);
        wrong(check, "brevo attributes", &e);
    }
    for (size_t i = 0; i < host->to_create_count; i++)
        if (host->to_create[i].suggested != ATTRIBUTE_OTHER && host->to_create[i].missing)
            tell(check, FINDING_OK, "brevo attributes", NULL,
                 "%s is not there yet: the next sync creates it (brevo.create_attributes)",
                 host->to_create[i].attribute);
    if (host->unmapped_count == 0 && host->to_create_count == 0)
        tell(check, FINDING_OK, "brevo attributes", NULL,
             "every mapped attribute exists with a fitting type (%zu in the account)",
             account->attributes.count);
}

static void on_prepared(void *arg, int result, const struct err_info *e)
{
    struct check *check = arg;
    const struct brevo_account *account = brevo_account_of(check->host.brevo);
    if (result < 0)
        wrong(check, "brevo", e);
    /* A list that is not there is found after the account was read; other errors are before. */
    if (result == 0 || account->attributes.count > 0) {
        tell(check, FINDING_OK, "brevo", NULL, "the API key is accepted%s%s",
             account->plan != NULL && account->plan[0] != '\0' ? "; plan " : "",
             account->plan != NULL ? account->plan : "");
        tell_lists_and_attributes(check);
    }
    if (result == 0)
        tell(check, FINDING_OK, "brevo lists", NULL, "every configured list exists");
    loop_quit(check->host.loop);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void next_source(struct check *check);

static void on_probed(void *arg, int result, const struct err_info *e)
{
    struct check *check = arg;
    const struct source *source = check->sources[check->source];
    if (result < 0)
        wrong(check, source->name, e);
    else
        tell(check, FINDING_OK, source->name, NULL, "plugin %s %s can read it",
             source->info->source, source->info->version);
    check->source++;
    next_source(check);
}

static void next_source(struct check *check)
{
    const struct source *source = check->sources[check->source];
    if (source != NULL) {
        probe_source(check->host.loop, source, &check->host.config->host, on_probed, check);
    } else {
        check->host.reads_only = 1;
        host_prepare_with_account(&check->host, on_prepared, check);
    }
}

/* ---- credentials and permissions, one by one ------------------------------------------------- */

static int has_scope(const char *scopes, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = scopes; (at = strstr(at, name)) != NULL; at += len) {
        int starts = at == scopes || at[-1] == ' ';
        if (starts && (at[len] == ' ' || at[len] == '\0'))
            return 1;
    }
    return 0;
}

static void tell_permission(struct check *check, const struct source *source,
                            const struct plugin_permission *permission, const char *scopes)
{
    if (has_scope(scopes, permission->name)) {
        tell(check, FINDING_OK, source->name, NULL, "permission %s is granted (%s)",
             permission->name, permission->purpose);
        return;
    }
    if (!permission->required) {
        tell(check, FINDING_ADVICE, source->name, permission->mend,
             "permission %s is not granted; without it: %s", permission->name, permission->purpose);
        return;
    }
    struct err_info e = {0};
    err_set(&e, ERR_AUTH, NULL, permission->mend, "permission %s is not granted (%s)",
            permission->name, permission->purpose);
    wrong(check, source->name, &e);
}

static void next_link(struct check *check);

static void on_scopes(void *arg, const char *scopes, const struct err_info *e)
{
    struct check *check = arg;
    const struct connector_link *link = &check->host.sources->links[check->link];
    if (scopes == NULL) {
        wrong(check, link->config->name, e);
    } else {
        tell(check, FINDING_OK, link->config->name, NULL, "the credentials are accepted");
        for (size_t i = 0; scopes[0] != '\0' && check->sources[i] != NULL; i++) {
            const struct source *source = check->sources[i];
            for (size_t j = 0; j < source->info->permission_count; j++)
                if (source->connector == link->config)
                    tell_permission(check, source, &source->info->permissions[j], scopes);
        }
    }
    check->link++;
    next_link(check);
}

static int link_is_selected(const struct check *check, const struct connector_link *link)
{
    for (size_t i = 0; check->sources[i] != NULL; i++)
        if (check->sources[i]->connector == link->config)
            return 1;
    return 0;
}

static void next_link(struct check *check)
{
    const struct source_set *set = check->host.sources;
    while (check->link < set->link_count && !link_is_selected(check, &set->links[check->link]))
        check->link++;
    if (check->link < set->link_count) {
        /* A cached token would hide a permission that was granted or taken away since. */
        http_account_forget_token(set->links[check->link].account);
        http_account_token_scopes(set->links[check->link].account, on_scopes, check);
    } else {
        next_source(check);
    }
}

/* ---- what can be said without a network ------------------------------------------------------ */

/* Only where it can be followed: not every platform says whose address is verified. */
static void advise_verified_only(struct check *check, const struct config_connector *connector,
                                 const struct config_source *entry)
{
    const struct host *host = &check->host;
    const struct plugin_info *info =
        source_plugin(host->infos, host->info_count, connector->platform, entry->name);
    if (!entry->enabled || entry->verified_only || info == NULL ||
        source_role_path(info, TAJO_ROLE_EMAIL_VERIFIED) == NULL)
        return;
    _cleanup_free_ char *mend = mem_printf("set sync.%s.verified_only: true", entry->name);
    tell(check, FINDING_ADVICE, connector->name, mend,
         "unverified addresses become contacts too: verified_only is off");
}

static void advise(struct check *check)
{
    for (size_t i = 0; i < check->host.config->connector_count; i++) {
        const struct config_connector *connector = &check->host.config->connectors[i];
        if (!connector->enabled)
            continue;
        if (connector->consent_field == NULL)
            tell(check, FINDING_ADVICE, connector->name,
                 "set consent.field to the path of the field in which people agreed to marketing",
                 "everybody who signed up becomes a contact: consent.field is not set");
        for (size_t j = 0; j < connector->source_count; j++)
            advise_verified_only(check, connector, &connector->sources[j]);
    }
}

static void check_local(struct check *check)
{
    const struct host *host = &check->host;
    struct err_info e = {0};
    tell(check, FINDING_OK, "configuration", NULL, "%s is well-formed", host->config->file);
    for (size_t i = 0; i < host->refusal_count; i++)
        wrong(check, "plugins", &host->refusals[i].error);
    for (size_t i = 0; i < host->info_count; i++)
        tell(check, FINDING_OK, "plugins", NULL, "%s.%s %s", host->infos[i]->platform,
             host->infos[i]->source, host->infos[i]->version);
    struct store_options options = {.state_dir = host->config->host.state_dir};
    struct store *store = NULL;
    int r = store_open(&store, host->loop, &options, &e);
    if (r == ERR_BUSY)
        tell(check, FINDING_OK, "state", NULL, "%s", e.what);
    else if (r < 0)
        wrong(check, "state", &e);
    else
        tell(check, FINDING_OK, "state", NULL, "%s can be used", host->config->host.state_dir);
    store_close(store);
    advise(check);
}

static void check_remote(struct check *check, char *const *targets, size_t count)
{
    struct err_info e = {0};
    if (host_open_parts(&check->host, &e) < 0) {
        wrong(check, "configuration", &e);
        return;
    }
    check->sources = host_select(&check->host, targets, count);
    if (check->sources == NULL) {
        check->code = CLI_USAGE;
        return;
    }
    if (check->offline)
        return;
    next_link(check);
    loop_run(check->host.loop);
}

static int check_command(struct cli *cli, int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"offline", 0, OPT_OFFLINE}, {"json", 0, OPT_JSON}, {NULL, 0, 0}};
    struct check check = {0};
    int first = 0;
    int code = cli_parse(cli, &CLI_CHECK, options, take_option, &check, argc, argv, &first);
    if (code >= 0)
        return code;
    check.findings = json_array();
    check.code = host_load(&check.host, cli, HOST_TELL_ALL);
    if (check.code == CLI_DONE) {
        check_local(&check);
        check_remote(&check, argv + first, (size_t)(argc - first));
    }
    if (check.json) {
        struct strbuf text = STRBUF_INIT;
        json_write(check.findings, &text);
        printf("%s\n", text.data);
        strbuf_release(&text);
    }
    host_close(&check.host);
    free(check.sources);
    json_decref(check.findings);
    return check.code;
}

const struct cli_command CLI_CHECK = {
    .name = "check",
    .summary = "prove that a sync would work, and say what to mend",
    .help = "Usage: tajo-connect check [--offline] [--json] [TARGET...]\n"
            "\n"
            "Checks the configuration, the plugins, the state directory, the credentials of each\n"
            "connector, each permission a source needs, Brevo's key, attributes and lists. Each\n"
            "finding is one line: ok, advice or wrong, with what to do. Nothing is written.\n"
            "\n"
            "Options:\n"
            "  --offline          only what needs no network\n"
            "  --json             an array of findings on stdout\n",
    .run = check_command,
};
