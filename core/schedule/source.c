/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/source.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct plugin_info *source_plugin(struct plugin_info *const *infos, size_t info_count,
                                        const char *platform, const char *source)
{
    for (size_t i = 0; i < info_count; i++)
        if (strcmp(infos[i]->platform, platform) == 0 && strcmp(infos[i]->source, source) == 0)
            return infos[i];
    return NULL;
}

/* Replaces ${name} by the connector's settings. Descriptors were checked: every name resolves. */
static char *expand(const char *template, const struct config_connector *connector)
{
    struct strbuf out = STRBUF_INIT;
    for (const char *p = template; *p != '\0';) {
        const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;
        if (end == NULL) {
            strbuf_add_char(&out, *p++);
            continue;
        }
        _cleanup_free_ char *name = mem_strndup(p + 2, (size_t)(end - p - 2));
        const struct config_value *value = config_setting(connector, name);
        strbuf_add_text(&out, value != NULL ? value->text : "");
        p = end + 1;
    }
    return strbuf_detach(&out);
}

static const char *setting_text(const struct config_connector *connector, const char *name)
{
    const struct config_value *value = config_setting(connector, name);
    return value != NULL ? value->text : NULL;
}

static void set_limits(struct http_account *account, const struct config_connector *connector,
                       const struct plugin_info *info)
{
    const struct config_rate *rate = &connector->rate_limit;
    if (rate->requests_per_second > 0) {
        int64_t burst = rate->burst > 0 ? rate->burst : rate->requests_per_second;
        http_account_limit(account, "", (uint32_t)rate->requests_per_second, 1000, (uint32_t)burst);
        return;
    }
    /* Without a preset the first one a plugin lists holds: by convention its most careful. */
    const char *preset = rate->preset;
    if (preset == NULL && info->rate_count > 0)
        preset = info->rates[0].preset;
    for (size_t i = 0; i < info->rate_count; i++) {
        const struct plugin_rate *row = &info->rates[i];
        if (preset != NULL && strcmp(row->preset, preset) == 0)
            http_account_limit(account, row->rate_class, row->requests,
                               (int64_t)row->period_seconds * 1000, row->burst);
    }
}

static int link_open(struct connector_link *link, const struct config_connector *connector,
                     const struct plugin_info *info, const struct config *config, struct http *http,
                     struct err_info *e)
{
    _cleanup_free_ char *base = connector->base_url[0] != '\0' ? mem_strdup(connector->base_url)
                                                               : expand(info->base_url, connector);
    _cleanup_free_ char *token_url = mem_printf("%s%s", base, info->token_path);
    _cleanup_free_ char *header_value = expand(info->auth_header_value, connector);
    struct http_account_options options = {
        .name = connector->name,
        .base_url = base,
        .proxy = config->host.proxy,
    };
    if (info->auth_kind == TAJO_AUTH_CLIENT_CREDENTIALS) {
        options.auth = HTTP_AUTH_CLIENT_CREDENTIALS;
        options.token_url = token_url;
        options.client_id = setting_text(connector, "client_id");
        options.client_secret = setting_text(connector, "client_secret");
        options.audience = setting_text(connector, "audience");
    } else if (info->auth_kind == TAJO_AUTH_HEADER) {
        options.auth = HTTP_AUTH_HEADER;
        options.header = info->auth_header;
        options.header_value = header_value;
    }
    link->config = connector;
    int r = http_account_new(http, &options, &link->account, e);
    if (r < 0) {
        if (e != NULL && e->where[0] == '\0')
            snprintf(e->where, sizeof(e->where), "%s:%d:%d: connectors.%s", config->file,
                     connector->mark.line, connector->mark.column, connector->name);
        return r;
    }
    set_limits(link->account, connector, info);
    return 0;
}

const char *source_role_path(const struct plugin_info *info, uint32_t role)
{
    for (size_t i = 0; i < info->field_count; i++)
        if (info->fields[i].role == role)
            return info->fields[i].path;
    return NULL;
}

static int type_of_path(const struct plugin_info *info, const char *path)
{
    for (size_t i = 0; i < info->field_count; i++)
        if (strcmp(info->fields[i].path, path) == 0)
            return (int)info->fields[i].type;
    return 0;
}

/* The connector's field_mapping, or the plugin's defaults when it has none. */
static size_t collect_fields(const struct config *config, const struct config_connector *connector,
                             const struct plugin_info *info, struct mapping_field *fields)
{
    size_t n = 0;
    for (size_t i = 0; i < connector->field_mapping_count; i++) {
        const struct config_pair *pair = &connector->field_mapping[i];
        fields[n++] = (struct mapping_field){
            .path = mem_strdup(pair->key),
            .attribute = mem_strdup(pair->value),
            .where = mem_printf("%s:%d:%d", config->file, pair->mark.line, pair->mark.column),
            .source_type = type_of_path(info, pair->key),
        };
    }
    if (n > 0)
        return n;
    for (size_t i = 0; i < info->field_count; i++) {
        if (info->fields[i].attribute[0] == '\0')
            continue;
        fields[n++] = (struct mapping_field){
            .path = mem_strdup(info->fields[i].path),
            .attribute = mem_strdup(info->fields[i].attribute),
            .where = mem_printf("default mapping of %s.%s", info->platform, info->source),
            .source_type = (int)info->fields[i].type,
        };
    }
    return n;
}

static size_t collect_lists(const struct config_connector *connector,
                            const struct plugin_info *info, struct mapping_list *lists)
{
    size_t n = 0;
    for (size_t i = 0; i < connector->list_count; i++)
        for (size_t j = 0; j < info->list_count; j++)
            if (strcmp(connector->lists[i].name, info->lists[j].name) == 0)
                lists[n++] = (struct mapping_list){
                    .name = connector->lists[i].name,
                    .field = info->lists[j].kind == TAJO_LIST_TRUE ? info->lists[j].field : NULL,
                    .id = connector->lists[i].id,
                };
    return n;
}

static int check_verified_only(const struct config *config,
                               const struct config_connector *connector,
                               const struct config_source *entry, const struct plugin_info *info,
                               struct err_info *e)
{
    if (!entry->verified_only || source_role_path(info, TAJO_ROLE_EMAIL_VERIFIED) != NULL)
        return 0;
    _cleanup_free_ char *where = mem_printf(
        "%s:%d:%d", config->file, entry->verified_only_mark.line, entry->verified_only_mark.column);
    _cleanup_free_ char *mend = mem_printf("Remove sync.%s.verified_only", entry->name);
    return err_set(
        e, ERR_CONFIG, where, mend,
        "connectors.%s.sync.%s.verified_only: the plugin %s.%s does not say whose address "
        "is verified",
        connector->name, entry->name, info->platform, info->source);
}

static void add_setting(struct strbuf *text, const char *name, const char *value)
{
    strbuf_add_format(text, "%s=%zu:%s;", name, value != NULL ? strlen(value) : 0,
                      value != NULL ? value : "");
}

/* Over everything in the configuration that decides who becomes a contact and what it gets. */
static uint64_t configured_hash(const struct mapping_options *options,
                                const struct config_source *entry)
{
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < options->field_count; i++)
        add_setting(&text, options->fields[i].path, options->fields[i].attribute);
    for (size_t i = 0; i < options->list_count; i++)
        strbuf_add_format(&text, "list %s=%lld;", options->lists[i].name,
                          (long long)options->lists[i].id);
    add_setting(&text, "consent", options->consent_field);
    add_setting(&text, "region", options->phone_region);
    strbuf_add_format(&text, "verified=%d;", options->verified_only);
    for (size_t i = 0; i < entry->option_count; i++)
        if (!entry->options[i].secret)
            add_setting(&text, entry->options[i].name, entry->options[i].text);
    return hash_bytes(text.data, text.len);
}

static int source_open(struct source *source, const struct config *config,
                       const struct connector_link *link, const struct config_source *entry,
                       const struct plugin_info *info, struct err_info *e)
{
    const struct config_connector *connector = link->config;
    int r = check_verified_only(config, connector, entry, info, e);
    if (r < 0)
        return r;
    size_t most = connector->field_mapping_count + info->field_count + 1;
    _cleanup_free_ struct mapping_field *fields = mem_array(most, sizeof(*fields));
    _cleanup_free_ struct mapping_list *lists =
        mem_array(connector->list_count + 1, sizeof(*lists));
    struct mapping_options options = {
        .fields = fields,
        .field_count = collect_fields(config, connector, info, fields),
        .lists = lists,
        .list_count = collect_lists(connector, info, lists),
        .email_verified_path = source_role_path(info, TAJO_ROLE_EMAIL_VERIFIED),
        .verified_only = entry->verified_only,
        .last_login_path = source_role_path(info, TAJO_ROLE_LAST_LOGIN),
        .created_at_path = source_role_path(info, TAJO_ROLE_CREATED_AT),
        .consent_field = connector->consent_field,
        .phone_region = config->brevo.phone_region,
    };
    r = mapping_new(&options, &source->mapping, e);
    source->configured_hash = configured_hash(&options, entry);
    source->settings_hash = source->configured_hash;
    for (size_t i = 0; i < options.field_count; i++) {
        free(fields[i].path);
        free(fields[i].attribute);
        free(fields[i].where);
    }
    source->name = mem_printf("%s.%s", connector->name, entry->name);
    source->connector = connector;
    source->config = entry;
    source->info = info;
    source->account = link->account;
    return r;
}

static int open_connector(struct source_set *set, const struct config *config,
                          const struct config_connector *connector,
                          struct plugin_info *const *infos, size_t info_count, struct http *http,
                          struct err_info *e)
{
    struct connector_link *link = NULL;
    for (size_t i = 0; i < connector->source_count; i++) {
        const struct config_source *entry = &connector->sources[i];
        const struct plugin_info *info =
            source_plugin(infos, info_count, connector->platform, entry->name);
        if (!entry->enabled || info == NULL)
            continue;
        if (link == NULL) {
            link = &set->links[set->link_count++];
            int r = link_open(link, connector, info, config, http, e);
            if (r < 0)
                return r;
        }
        int r = source_open(&set->sources[set->source_count++], config, link, entry, info, e);
        if (r < 0)
            return r;
    }
    return 0;
}

int sources_new(const struct config *config, struct plugin_info *const *infos, size_t info_count,
                struct http *http, struct source_set **ret, struct err_info *e)
{
    size_t most = 0;
    for (size_t i = 0; i < config->connector_count; i++)
        most += config->connectors[i].source_count;
    struct source_set *set = mem_alloc(sizeof(*set));
    set->links = mem_array(config->connector_count + 1, sizeof(*set->links));
    set->sources = mem_array(most + 1, sizeof(*set->sources));
    for (size_t i = 0; i < config->connector_count; i++) {
        if (!config->connectors[i].enabled)
            continue;
        int r = open_connector(set, config, &config->connectors[i], infos, info_count, http, e);
        if (r < 0) {
            sources_free(set);
            return r;
        }
    }
    *ret = set;
    return 0;
}

struct source_set *sources_free(struct source_set *set)
{
    if (set == NULL)
        return NULL;
    for (size_t i = 0; i < set->source_count; i++) {
        mapping_free(set->sources[i].mapping);
        free(set->sources[i].name);
    }
    for (size_t i = 0; i < set->link_count; i++)
        http_account_free(set->links[i].account);
    free(set->sources);
    free(set->links);
    free(set);
    return NULL;
}

int source_matches(const struct source *source, const char *target)
{
    return strcmp(source->name, target) == 0 || strcmp(source->connector->name, target) == 0;
}

static int already_listed(const struct mapping_problem *list, size_t count, const char *attribute)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(list[i].attribute, attribute) == 0)
            return 1;
    return 0;
}

/* What Brevo has gained since then, who does not change at the platform would never get. */
static void hash_bound(struct source *source)
{
    const uint64_t parts[] = {source->configured_hash, mapping_bound_hash(source->mapping)};
    source->settings_hash = hash_bytes(parts, sizeof(parts));
}

void sources_bind(struct source_set *set, const struct attribute_table *table,
                  struct mapping_problem **ret, size_t *ret_count)
{
    struct mapping_problem *all = NULL;
    size_t count = 0;
    for (size_t i = 0; i < set->source_count; i++) {
        struct mapping_problem *own = NULL;
        size_t own_count = 0;
        mapping_bind(set->sources[i].mapping, table, &own, &own_count);
        hash_bound(&set->sources[i]);
        all = mem_resize(all, count + own_count + 1, sizeof(*all));
        for (size_t j = 0; j < own_count; j++) {
            if (already_listed(all, count, own[j].attribute))
                continue;
            all[count++] = own[j];
            own[j] = (struct mapping_problem){0}; /* moved: freed below as empty */
        }
        mapping_problems_free(own, own_count);
    }
    *ret = all;
    *ret_count = count;
}
