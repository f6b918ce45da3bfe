/* SPDX-License-Identifier: Apache-2.0
 *
 * config/config.h: tajo.yaml -> checked settings.
 *
 * Two steps, because what may stand below a connector is said by its plugins' descriptors:
 *   config_load(path)           reads, expands ${ENV} and ${file:...}, checks everything that is
 *                               the host's own, keeps the position of every value;
 *   config_check(config, schema) checks settings, options, lists and mapping of each connector
 *                               against what its plugins declare, and fills in their defaults.
 * The result is immutable, owned by the caller, freed with config_free. Any thread.
 *
 * All problems of a file are found in one pass: config_problems lists them in file order, each with
 * file:line:column, the key's path, what was expected and the nearest known key. Secrets are
 * registered with log_hide() as they are read and never appear in a sentence.
 */
#ifndef TAJO_CONFIG_CONFIG_H
#define TAJO_CONFIG_CONFIG_H

#include "base/error.h"
#include "base/strbuf.h"
#include "log/log.h"

#include <stddef.h>
#include <stdint.h>

/* Where a value stands. */
struct config_mark {
    int line;   /* 1-based; 0: a default, stands nowhere */
    int column; /* 1-based */
};

/* A scalar that was written (or defaulted) below a connector or a source. */
struct config_value {
    char *name; /* "domain", "page_size" */
    char *text; /* expanded; booleans as true/false, integers in decimal */
    int secret;
    int is_set;  /* 0: unset and without default; text is "" */
    int exposed; /* 1: came from a file that others than its owner may read */
    int broken;  /* 1: a problem with it is on the list already; text is "" */
    struct config_mark mark;
};

struct config_pair { /* field_mapping: key -> value */
    char *key;
    char *value;
    struct config_mark mark; /* of the key */
};

struct config_list { /* lists: name -> id */
    char *name;
    int64_t id;
    struct config_mark mark;
};

/* rate_limit: a preset's name, or numbers. Neither: unset, and the platform publishes none.
 * config_check takes the platform's first preset when nothing is written. */
struct config_rate {
    char *preset;                /* NULL when numbers were given */
    int64_t requests_per_second; /* 0 when a preset */
    int64_t burst;
    struct config_mark mark;
};

struct config_source {
    char *name; /* "users" */
    int enabled;
    char *schedule;      /* 5-field cron; inherited from sync.schedule; "" never by itself */
    char *full_schedule; /* when a full run is due instead; "" never by itself */
    char *timezone;      /* "UTC", "local", IANA name; inherited */
    int verified_only;   /* whose address is not verified is skipped */
    struct config_mark verified_only_mark; /* of the value */
    struct config_value *options; /* the plugin's own, with defaults: none before config_check */
    size_t option_count;
    struct config_mark mark;
};

enum config_delete { CONFIG_DELETE_KEEP, CONFIG_DELETE_SOFT, CONFIG_DELETE_HARD };

struct config_connector {
    char *name;     /* "auth0-eu" */
    char *platform; /* "auth0"; the name when unset */
    int enabled;
    char *base_url; /* "" when unset */
    struct config_rate rate_limit;
    struct config_value *settings; /* domain, client_id ... */
    size_t setting_count;
    struct config_source *sources; /* every one named under sync, enabled or not */
    size_t source_count;
    struct config_list *lists;
    size_t list_count;
    struct config_pair *field_mapping; /* empty: the plugin's default */
    size_t field_mapping_count;
    char *consent_field; /* NULL when unset */
    struct config_mark consent_mark;
    enum config_delete delete_behavior;
    int debug;
    enum log_level log_level;
    int log_sync;
    struct config_mark mark;
};

struct config_brevo {
    char *api_key;  /* BREVO_API_KEY of the environment when the file has no brevo.api_key */
    char *base_url; /* default https://api.brevo.com/v3 */
    int create_attributes;
    struct config_rate rate_limit; /* default preset general */
    char *phone_region;  /* NULL when unset: calling code for numbers written without one */
    int64_t import_list; /* 0: find or create "tajo-connect imports" when one is needed */
    struct config_mark mark;
};

struct config_host {
    char *state_dir;    /* resolved: --state-dir, host.state_dir, $STATE_DIRECTORY,
                           $XDG_STATE_HOME/tajo-connect, ~/.local/state/tajo-connect */
    char *listen;       /* "127.0.0.1:8686"; "" serves nothing */
    char **plugin_dirs; /* beside the shipped ones; absolute */
    size_t plugin_dir_count;
    enum log_format log_format;
    int64_t plugin_silence_seconds; /* a worker that says nothing for so long is killed; 120 */
    int64_t min_free_mb;            /* reserve of free disk; 64 */
    int64_t max_store_mb;           /* the database's largest size; 8192 */
    char *proxy;                    /* NULL: none (environment's *_proxy are honoured by libcurl) */
};

struct config {
    char *file; /* as given, for sentences */
    struct config_connector *connectors;
    size_t connector_count;
    struct config_brevo brevo;
    struct config_host host;
    struct config_private *priv; /* the parsed document with its marks, and the problems */
};

struct config_problem {
    struct config_mark mark;
    int is_warning; /* 1: accepted, but not what the writer may think */
    char *sentence; /* "tajo.yaml:12:5: connectors.auth0.shedule: unknown key; ... did you mean
                       sync.schedule?" whole, ready to print */
};

struct config_overrides { /* from the command line; NULL: not given */
    const char *state_dir;
    const char *log_level;
};

/* ERR_CONFIG with the first problem in e; *ret is set even then (when the file could be read at
 * all), so that config_problems can list them all. Caller frees *ret in both cases. Warnings alone
 * are not a failure. */
int config_load(const char *path, const struct config_overrides *overrides, struct config **ret,
                struct err_info *e);
struct config *config_free(struct config *config);

const struct config_problem *config_problems(const struct config *config, size_t *ret_count);

/* ---- What plugins declare, in the config's own terms (the cli fills it from descriptors) ---- */
enum config_type { CONFIG_STRING, CONFIG_INTEGER, CONFIG_BOOLEAN, CONFIG_CHOICE };

struct config_option_schema {
    const char *name;
    enum config_type type;
    int required;
    int secret;
    int64_t min, max;    /* both 0: no range; STRING: length in bytes */
    const char *def;     /* "": none. Settings may use ${other setting} */
    const char *choices; /* "a|b" */
    const char *help;
};

struct config_source_schema {
    const char *name;
    const struct config_option_schema *options;
    size_t option_count;
    const char *const *field_paths; /* known paths, for "did you mean" only: any path is allowed */
    size_t field_path_count;
    const char *const *list_names;
    size_t list_name_count;
};

struct config_platform_schema {
    const char *name;
    const struct config_option_schema *settings;
    size_t setting_count;
    const struct config_source_schema *sources;
    size_t source_count;
    const char *const *rate_presets;
    size_t rate_preset_count;
};

struct config_schema {
    const struct config_platform_schema *platforms;
    size_t platform_count;
    const char *const *brevo_rate_presets;
    size_t brevo_rate_preset_count;
    /* Source names that are part of the vendor's page or of a later plugin and not installed:
     * asking for one is a warning, not an error. */
    const char *const *known_sources;
    size_t known_source_count;
};

/* 0, or ERR_CONFIG with the first new problem; problems are added to the list. */
int config_check(struct config *config, const struct config_schema *schema, struct err_info *e);

/* Effective settings as YAML that config_load reads back; secrets as "•••". */
void config_show(const struct config *config, struct strbuf *out);

/* The value of a setting, or NULL when not set. */
const struct config_value *config_setting(const struct config_connector *connector,
                                          const char *name);

#endif
