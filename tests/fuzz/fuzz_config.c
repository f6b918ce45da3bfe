/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a configuration: loaded, checked and shown. What is shown must load again.
 */
#include "config/private.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_option_schema settings[] = {
    {"domain", CONFIG_STRING, 1, 0, 1, 64, "", "", "Host name."},
    {"client_secret", CONFIG_STRING, 1, 1, 1, 64, "", "", ""},
    {"audience", CONFIG_STRING, 0, 0, 1, 99, "https://${domain}/", "", ""},
};
static const struct config_option_schema options[] = {
    {"page_size", CONFIG_INTEGER, 0, 0, 1, 100, "100", "", ""},
    {"poll", CONFIG_BOOLEAN, 0, 0, 0, 0, "false", "", ""},
    {"mode", CONFIG_CHOICE, 0, 0, 0, 0, "auto", "auto|pages", ""},
    {"webhook_token", CONFIG_STRING, 0, 1, 4, 200, "", "", ""},
};
static const char *const words[] = {"all_users", "roles", "email", "free", "events"};
static const struct config_source_schema sources[] = {{"users", options, 4, words, 5, words, 2}};
static const struct config_platform_schema platforms[] = {
    {"auth0", settings, 3, sources, 1, words + 3, 1}};
static const struct config_schema schema = {platforms, 1, words + 3, 1, words + 4, 1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct config *again = NULL;
    struct strbuf shown = STRBUF_INIT;
    struct err_info e;
    setenv("HOME", "/home/fuzz", 1);
    setenv("SET", "value", 1);
    setenv("BREVO_API_KEY", "key-of-fuzz", 1);
    int r = config_load_bytes((const char *)data, size, "fuzz.yaml", NULL, &config, &e);
    r = config_check(config, &schema, &e) != 0 ? -1 : r;
    config_show(config, &shown);
    /* Lists and settings that no plugin knows may have names that are not written back. */
    if (r == 0 && config_load_bytes(shown.data, shown.len, "shown.yaml", NULL, &again, &e) != 0)
        abort();
    config_free(again);
    config_free(config);
    strbuf_release(&shown);
    return 0;
}
