/* SPDX-License-Identifier: Apache-2.0
 *
 * config/private.h: what the files of config/ share. Inside config/ and its tests only.
 *
 * A struct at is one value with its way from the root. It lives on the stack of whoever looks at
 * the value; readers report what is wrong there with at_problem() and go on, so that one pass finds
 * everything. Readers return 0 (*ret set), UNSET (nothing, null or "" is written; *ret untouched)
 * or ERR_CONFIG (reported; *ret untouched). Strings they return belong to the caller.
 */
#ifndef TAJO_CONFIG_PRIVATE_H
#define TAJO_CONFIG_PRIVATE_H

#include "base/cleanup.h"
#include "config/config.h"
#include "config/document.h"

#define UNSET 1

#define CONFIG_MAX_PROBLEMS 200
#define CONFIG_PATH_SIZE    256

struct problem_parts { /* of the sentence at the same index */
    char *what;
    char *mend;
};

struct config_private {
    struct node *root;
    struct config_problem *problems; /* in file order after problems_finish */
    struct problem_parts *parts;
    size_t problem_count;
    size_t expanded_bytes; /* by ${...}: bounded for the whole file */
};

struct at {
    struct config *config;
    const struct at *parent; /* NULL: the root */
    const char *name;        /* key in the parent */
    struct config_mark mark; /* of the key */
    const struct node *node; /* NULL: not written */
    int lenient;             /* of a disabled connector: what is not set outside is no problem */
};

/* ---- problems.c ---- */
struct at at_child(const struct at *parent, const struct node_entry *entry);
struct at at_find(const struct at *parent, const char *key); /* node NULL: not written */
const char *at_path(const struct at *at, char buf[CONFIG_PATH_SIZE]);

/* At the value; at_key_problem: at its key. mend may be NULL. Both return ERR_CONFIG. */
int at_problem(const struct at *at, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int at_key_problem(const struct at *at, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void at_warning(const struct at *at, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reports e at the value. */
int at_error(const struct at *at, const struct err_info *e);
void problem_add(struct config *config, int is_warning, struct config_mark mark, const char *what,
                 const char *mend);
/* Sorts. 0, or ERR_CONFIG with the first problem of `since` and later ones (in order of adding). */
int problems_finish(struct config *config, size_t since, struct err_info *e);
void problems_free(struct config_private *priv);

/* ---- unknown.c ---- */
/* Reports the key as unknown: what is known here, the nearest of it, or where it belongs. known
 * may contain NULLs. */
void at_unknown(const struct at *at, const char *const *known, size_t count);
/* The same for every key of a mapping that is not known. */
void at_check_keys(const struct at *at, const char *const *known, size_t count);

/* ---- expand.c ---- */
/* The scalar's text with ${NAME}, ${file:/path} and $${ replaced. *ret_exposed: see config_value.
 */
int expand(const struct at *at, char **ret, int *ret_exposed);
/* 1: the text as written has ${...}. What that stands for may be a secret that was put in the wrong
 * place: no sentence shows it. */
int is_expanded(const struct at *at);
void warn_exposed(const struct at *at);

/* ---- values.c ---- */
int read_string(const struct at *at, char **ret);
int read_secret(const struct at *at, char **ret); /* hidden from logs; warns when exposed */
int read_boolean(const struct at *at, int *ret);
int read_integer(const struct at *at, int64_t min, int64_t max, int64_t *ret);
int read_choice(const struct at *at, const char *const *words, size_t count, int *ret_index);
int read_url(const struct at *at, char **ret);
int read_cron(const struct at *at, char **ret); /* "never" gives "" */
int read_zone(const struct at *at, char **ret);
int read_rate(const struct at *at, struct config_rate *ret);
int read_field_path(const struct at *at, char **ret);
/* Fills *ret whatever happens; what is wrong is reported and marked as broken. */
void read_value(const struct at *at, const char *name, struct config_value *ret);
/* 1: there is a mapping to look into; 0: nothing is written, or something else (reported). */
int is_mapping(const struct at *at);
/* Texts of values, also used for the plugin's own options. 0 or ERR_CONFIG, not reported. */
int parse_boolean(const char *text, int *ret);
int parse_integer(const char *text, int64_t min, int64_t max, int64_t *ret);
/* Reports "expected <this>, not <what is written>"; as written, so nothing expanded is shown. */
int at_expected(const struct at *at, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define BOOLEAN_MEND "Write true or false; YAML 1.1's yes, no, on and off are not taken"

/* ---- load.c ---- */
/* config_load on bytes; file is for sentences. */
int config_load_bytes(const char *data, size_t len, const char *file,
                      const struct config_overrides *overrides, struct config **ret,
                      struct err_info *e);

/* ---- host.c ---- */
void load_host(const struct at *root, const struct config_overrides *overrides);
void load_brevo(const struct at *root);

/* ---- connector.c: platform, settings and the host's own keys of each connector ---- */
void load_connectors(const struct at *root, const struct config_overrides *overrides);
struct at root_at(struct config *config);
struct at connector_at(const struct at *connectors, const struct config_connector *connector);

/* ---- section.c: what a connector says itself, or the top level says for every connector ---- */
extern const char *const root_keys[];
extern const size_t root_key_count;
extern const char *const connector_keys[];
extern const size_t connector_key_count;
extern const char *const sync_keys[]; /* beside the sources' names */
extern const size_t sync_key_count;
extern const char *const source_keys[]; /* beside the plugin's options */
extern const size_t source_key_count;

int word_known(const char *word, const char *const *known, size_t count);

/* The section that holds whole: the connector's own when it is written, else the default. */
struct at find_section(const struct at *root, const struct at *connector, const char *key);
/* One entry of a section that is merged by key. Its way leads over *ret_section. */
struct at find_merged(const struct at *root, const struct at *connector, const char *section,
                      const char *key, struct at *ret_section);
/* Calls each for the connector's own entries, then for the defaults it does not have itself. */
void each_merged(const struct at *root, const struct at *connector, const char *section,
                 void (*each)(void *arg, const struct at *entry), void *arg);

/* ---- source.c, mapping.c ---- */
void load_sources(const struct at *root, const struct at *at, struct config_connector *connector);
void load_lists(const struct at *root, const struct at *at, struct config_connector *connector);
void load_field_mapping(const struct at *root, const struct at *at,
                        struct config_connector *connector);
void list_add(struct config_connector *connector, const struct at *at, const char *prefix);

/* ---- check_options.c ---- */
/* Text of a value against what the plugin declares; normalizes it, hides secrets. */
void check_value(const struct at *at, const struct config_option_schema *option,
                 struct config_value *value);
void check_settings(const struct at *at, const struct config_platform_schema *platform,
                    struct config_connector *connector);
void check_source_options(const struct at *at, const struct config_source_schema *schema,
                          struct config_source *source);

/* ---- free.c ---- */
void value_clear(struct config_value *value);
void options_clear(struct config_source *source);

#endif
