/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DEFAULT_LISTEN  "127.0.0.1:8686"
#define DEFAULT_BREVO   "https://api.brevo.com/v3"
#define MAX_PLUGIN_DIRS 64

/* "127.0.0.1:8686", "[::1]:0", "tajo.internal:80" */
static int listen_ok(const char *text)
{
    int64_t port = 0;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || parse_integer(colon + 1, 0, 65535, &port) != 0)
        return 0;
    size_t len = (size_t)(colon - text);
    if (text[0] == '[')
        return text[len - 1] == ']' && strspn(text + 1, "0123456789abcdefABCDEF:.") == len - 2;
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

static void load_listen(const struct at *at, struct config_host *host)
{
    _cleanup_free_ char *text = NULL;
    int r = read_string(at, &text);
    if (r == 0 && !listen_ok(text))
        r = at_expected(at, "Write host:port, or \"\" to serve nothing",
                        "an address and port such as " DEFAULT_LISTEN);
    /* "" is a choice of its own here: no dashboard, no webhooks. */
    int is_empty = r == UNSET && at->node != NULL && !at->node->is_null;
    host->listen = r == 0 ? take_ptr(text) : mem_strdup(is_empty ? "" : DEFAULT_LISTEN);
}

static void load_plugin_dirs(const struct at *at, struct config_host *host)
{
    if (at->node == NULL || at->node->is_null)
        return;
    if (at->node->kind != NODE_SEQUENCE) {
        at_expected(at, "Write [\"/opt/tajo/plugins\"]", "a list of folders");
        return;
    }
    if (at->node->count > MAX_PLUGIN_DIRS) {
        at_problem(at, NULL, "more than %d folders", MAX_PLUGIN_DIRS);
        return;
    }
    host->plugin_dirs = mem_array(at->node->count, sizeof(*host->plugin_dirs));
    for (size_t i = 0; i < at->node->count; i++) {
        struct at item = at_child(at, &at->node->entries[i]);
        _cleanup_free_ char *text = NULL;
        int r = read_string(&item, &text);
        if (r == UNSET || (r == 0 && text[0] != '/'))
            at_expected(&item, "Write the folder from / on", "an absolute folder");
        else if (r == 0)
            host->plugin_dirs[host->plugin_dir_count++] = take_ptr(text);
    }
}

static char *environment_state_dir(void)
{
    const char *systemd = getenv("STATE_DIRECTORY");
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (systemd != NULL && systemd[0] == '/')
        return mem_strndup(systemd, strcspn(systemd, ":")); /* systemd may give several */
    if (state != NULL && state[0] == '/')
        return mem_printf("%s/tajo-connect", state);
    if (home != NULL && home[0] == '/')
        return mem_printf("%s/.local/state/tajo-connect", home);
    return NULL;
}

static void load_state_dir(const struct at *at, const struct config_overrides *overrides,
                           struct config_host *host)
{
    _cleanup_free_ char *text = NULL;
    int r = read_string(at, &text);
    if (r == 0 && text[0] != '/')
        r = at_expected(at, "Write the folder from / on", "an absolute folder");
    if (overrides != NULL && overrides->state_dir != NULL)
        host->state_dir = mem_strdup(overrides->state_dir);
    else
        host->state_dir = r == 0 ? take_ptr(text) : environment_state_dir();
    if (host->state_dir != NULL)
        return;
    at_key_problem(at, "Set host.state_dir, pass --state-dir, or export HOME",
                   "no folder to keep state in: HOME, XDG_STATE_HOME and STATE_DIRECTORY are "
                   "unset");
    host->state_dir = mem_strdup("");
}

/* libcurl's own spellings; credentials in it are a secret. */
static void load_proxy(const struct at *at, struct config_host *host)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
    _cleanup_free_ char *text = NULL;
    if (read_string(at, &text) != 0)
        return;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0) {
            if (strchr(text, '@') != NULL)
                log_hide(text);
            host->proxy = take_ptr(text);
            return;
        }
    }
    at_problem(at, NULL,
               "expected a URL such as http://proxy.internal:3128 (http, https, socks5, "
               "socks5h)");
}

void load_host(const struct at *root, const struct config_overrides *overrides)
{
    static const char *const keys[] = {"state_dir",   "listen",      "plugin_dirs",
                                       "log_format",  "proxy",       "plugin_silence_seconds",
                                       "min_free_mb", "max_store_mb"};
    static const char *const formats[] = {"logfmt", "json"};
    struct config_host *host = &root->config->host;
    struct at at = at_find(root, "host");
    if (is_mapping(&at))
        at_check_keys(&at, keys, COUNT(keys));
    else
        at.node = NULL;
    struct at state_dir = at_find(&at, "state_dir");
    struct at listen = at_find(&at, "listen");
    struct at dirs = at_find(&at, "plugin_dirs");
    struct at format = at_find(&at, "log_format");
    struct at silence = at_find(&at, "plugin_silence_seconds");
    struct at free_mb = at_find(&at, "min_free_mb");
    struct at store_mb = at_find(&at, "max_store_mb");
    struct at proxy = at_find(&at, "proxy");
    int index = 0;
    load_state_dir(&state_dir, overrides, host);
    load_listen(&listen, host);
    load_plugin_dirs(&dirs, host);
    read_choice(&format, formats, COUNT(formats), &index);
    host->log_format = index == 0 ? LOG_LOGFMT : LOG_JSON;
    host->plugin_silence_seconds = 120;
    read_integer(&silence, 1, 86400, &host->plugin_silence_seconds);
    host->min_free_mb = 64;
    read_integer(&free_mb, 1, 1024 * 1024, &host->min_free_mb);
    host->max_store_mb = 8192;
    read_integer(&store_mb, 1, 1024 * 1024, &host->max_store_mb);
    load_proxy(&proxy, host);
}

/* The key travels in a header, where a line break would begin another one. */
static void take_api_key(const struct at *at, const char *origin, char *text,
                         struct config_brevo *brevo)
{
    _cleanup_free_ char *key = text;
    for (const char *c = key; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            at_problem(at, "Copy it again, without the line break; a file may end in one",
                       "%s has a line break or another control character in it", origin);
            return;
        }
    }
    brevo->api_key = take_ptr(key);
}

static void load_api_key(const struct at *at, struct config_brevo *brevo)
{
    const char *environment = getenv("BREVO_API_KEY");
    char *text = NULL;
    int r = read_secret(at, &text);
    if (r == 0)
        take_api_key(at, "the Brevo API key", text, brevo);
    if (r != UNSET)
        return;
    if (environment != NULL && environment[0] != '\0') {
        log_hide(environment);
        take_api_key(at, "the environment variable BREVO_API_KEY", mem_strdup(environment), brevo);
        return;
    }
    at_key_problem(at,
                   "Write brevo: {api_key: \"${BREVO_API_KEY}\"} or export BREVO_API_KEY; keys are "
                   "made in Brevo under Settings > SMTP & API > API keys",
                   "the Brevo API key is missing, here and in the environment");
}

static void load_phone_region(const struct at *at, struct config_brevo *brevo)
{
    _cleanup_free_ char *text = NULL;
    if (read_string(at, &text) != 0)
        return;
    const char *digits = text + (text[0] == '+');
    size_t len = strlen(digits);
    if (len < 1 || len > 3 || strspn(digits, "0123456789") != len || digits[0] == '0')
        at_expected(at, NULL, "a country's calling code such as 49 or 1");
    else
        brevo->phone_region = mem_strdup(digits);
}

void load_brevo(const struct at *root)
{
    static const char *const keys[] = {"api_key",    "base_url",     "create_attributes",
                                       "rate_limit", "phone_region", "import_list"};
    struct config_brevo *brevo = &root->config->brevo;
    struct at at = at_find(root, "brevo");
    brevo->mark = at.node != NULL ? at.mark : (struct config_mark){0, 0};
    at.mark = brevo->mark;
    if (is_mapping(&at))
        at_check_keys(&at, keys, COUNT(keys));
    else
        at.node = NULL;
    struct at api_key = at_find(&at, "api_key");
    struct at base_url = at_find(&at, "base_url");
    struct at create = at_find(&at, "create_attributes");
    struct at rate = at_find(&at, "rate_limit");
    struct at region = at_find(&at, "phone_region");
    struct at import_list = at_find(&at, "import_list");
    load_api_key(&api_key, brevo);
    if (read_url(&base_url, &brevo->base_url) != 0)
        brevo->base_url = mem_strdup(DEFAULT_BREVO);
    read_boolean(&create, &brevo->create_attributes);
    if (read_rate(&rate, &brevo->rate_limit) != 0)
        brevo->rate_limit.preset = mem_strdup("general");
    load_phone_region(&region, brevo);
    read_integer(&import_list, 0, INT64_MAX, &brevo->import_list);
}
