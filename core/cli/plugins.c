/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "cli/host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_JSON = 1, OPT_DIR };

#define DIRS_MOST 16

struct plugin_options {
    int json;
    char *dirs[DIRS_MOST];
    size_t dir_count;
};

static int take_option(void *arg, int id, const char *value)
{
    struct plugin_options *options = arg;
    if (id == OPT_JSON) {
        options->json = 1;
        return 0;
    }
    if (options->dir_count < DIRS_MOST) {
        options->dirs[options->dir_count++] = (char *)value;
        return 0;
    }
    fprintf(stderr, "tajo-connect plugin: --plugin-dir may be given %d times\n", DIRS_MOST);
    return ERR_USAGE;
}

static void print_json(const json_t *value)
{
    struct strbuf text = STRBUF_INIT;
    json_write(value, &text);
    printf("%s\n", text.data);
    strbuf_release(&text);
}

static void list_json(const struct host *host)
{
    json_t *root _cleanup_json_ = json_pack("{s:[], s:[]}", "plugins", "refused");
    for (size_t i = 0; i < host->info_count; i++) {
        const struct plugin_info *info = host->infos[i];
        json_array_append_new(json_object_get(root, "plugins"),
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "platform", info->platform,
                                        "source", info->source, "version", info->version, "summary",
                                        info->summary, "file", info->path));
    }
    for (size_t i = 0; i < host->refusal_count; i++)
        json_array_append_new(json_object_get(root, "refused"),
                              json_pack("{s:s, s:s, s:s}", "file", host->refusals[i].file, "error",
                                        host->refusals[i].error.what, "mend",
                                        host->refusals[i].error.mend));
    print_json(root);
}

static int list_plugins(const struct host *host, int json)
{
    if (json) {
        list_json(host);
        return host->refusal_count > 0 ? CLI_FAILED : CLI_DONE;
    }
    printf("%-16s %-9s %-8s %s\n", "SOURCE", "VERSION", "ABI", "SUMMARY");
    for (size_t i = 0; i < host->info_count; i++) {
        const struct plugin_info *info = host->infos[i];
        char name[80], abi[32];
        snprintf(name, sizeof(name), "%s.%s", info->platform, info->source);
        snprintf(abi, sizeof(abi), "%" PRIu32 ".%" PRIu32, info->abi_major, info->abi_minor_built);
        printf("%-16s %-9s %-8s %s\n", name, info->version, abi, info->summary);
    }
    for (size_t i = 0; i < host->refusal_count; i++)
        cli_report(&host->refusals[i].error);
    return host->refusal_count > 0 ? CLI_FAILED : CLI_DONE;
}

static void tell_options(const char *title, const struct plugin_option *options, size_t count)
{
    if (count > 0)
        printf("\n%s\n", title);
    for (size_t i = 0; i < count; i++)
        printf("  %-22s %s%s%s%s%s\n", options[i].name, options[i].help,
               options[i].flags & TAJO_OPTION_REQUIRED ? " (required)" : "",
               options[i].def[0] != '\0' ? " [" : "", options[i].def,
               options[i].def[0] != '\0' ? "]" : "");
}

static void tell_plugin(const struct plugin_info *info)
{
    printf("%s.%s %s (%s)\n%s\n%s\nfile %s\nABI %" PRIu32 ".%" PRIu32 ", needs %" PRIu32 ".%" PRIu32
           "\n",
           info->platform, info->source, info->version, info->licence, info->summary,
           info->vendor_url, info->path, info->abi_major, info->abi_minor_built, info->abi_major,
           info->abi_minor_needed);
    tell_options("Settings of the connector", info->settings, info->setting_count);
    _cleanup_free_ char *title = mem_printf("Options below sync.%s", info->source);
    tell_options(title, info->options, info->option_count);
    if (info->permission_count > 0)
        puts("\nPermissions");
    for (size_t i = 0; i < info->permission_count; i++)
        printf("  %-22s %s%s\n", info->permissions[i].name, info->permissions[i].purpose,
               info->permissions[i].required ? "" : " (optional)");
    if (info->list_count > 0)
        puts("\nLists");
    for (size_t i = 0; i < info->list_count; i++)
        printf("  %-22s %s\n", info->lists[i].name, info->lists[i].help);
    if (info->field_count > 0)
        puts("\nFields");
    for (size_t i = 0; i < info->field_count; i++)
        printf("  %-28s %-18s %s\n", info->fields[i].path, info->fields[i].attribute,
               info->fields[i].meaning);
}

static int is_named(const struct plugin_info *info, const char *what)
{
    char name[80];
    snprintf(name, sizeof(name), "%s.%s", info->platform, info->source);
    return strcmp(name, what) == 0;
}

/* Owned by the host afterwards, like those of the plugin folders. */
static void take_described(void *arg, const char *file, struct plugin_info *info,
                           const struct err_info *e)
{
    struct host *host = arg;
    (void)file;
    if (info == NULL) {
        cli_report(e);
        return;
    }
    host->infos = mem_resize(host->infos, host->info_count + 1, sizeof(*host->infos));
    host->infos[host->info_count++] = info;
}

static void quit(void *arg)
{
    loop_quit(((struct host *)arg)->loop);
}

/* By file when it is one, otherwise by platform.source among the installed. */
static int describe_plugin(struct host *host, const struct plugin_options *options,
                           const char *what)
{
    const struct plugin_info *found = NULL;
    if (strchr(what, '/') != NULL || access(what, F_OK) == 0) {
        char *file = mem_strdup(what);
        host->loop = loop_new();
        plugin_describe_files(host->loop, &file, 1, take_described, quit, host);
        loop_run(host->loop);
        free(file);
        if (host->info_count == 0)
            return CLI_FAILED;
        found = host->infos[0];
    } else {
        host_load_plugins(host, options->dirs, options->dir_count);
        for (size_t i = 0; i < host->info_count; i++)
            if (is_named(host->infos[i], what))
                found = host->infos[i];
    }
    if (found == NULL) {
        fprintf(stderr,
                "tajo-connect plugin describe: no plugin is called '%s'; see tajo-connect "
                "plugin list\n",
                what);
        return CLI_USAGE;
    }
    if (options->json)
        print_json(found->document);
    else
        tell_plugin(found);
    return CLI_DONE;
}

static int plugin_command(struct cli *cli, int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"json", 0, OPT_JSON}, {"plugin-dir", 1, OPT_DIR}, {NULL, 0, 0}};
    struct plugin_options chosen = {0};
    struct host host = {0};
    int first = 0;
    int code = cli_parse(cli, &CLI_PLUGIN, options, take_option, &chosen, argc, argv, &first);
    if (code >= 0)
        return code;
    int words = argc - first;
    if (words == 1 && strcmp(argv[first], "list") == 0) {
        host_load_plugins(&host, chosen.dirs, chosen.dir_count);
        code = list_plugins(&host, chosen.json);
    } else if (words == 2 && strcmp(argv[first], "describe") == 0) {
        code = describe_plugin(&host, &chosen, argv[first + 1]);
    } else {
        fputs("tajo-connect plugin: write `plugin list` or `plugin describe FILE|NAME`; see "
              "tajo-connect plugin --help\n",
              stderr);
        code = CLI_USAGE;
    }
    host_close(&host);
    return code;
}

const struct cli_command CLI_PLUGIN = {
    .name = "plugin",
    .summary = "look at plugins: list, describe",
    .help = "Usage: tajo-connect plugin list [--json]\n"
            "       tajo-connect plugin describe FILE.so|PLATFORM.SOURCE [--json]\n"
            "\n"
            "list shows the installed plugins and why others were refused (exit code 1 then).\n"
            "describe shows everything a plugin declares: settings, options, permissions, lists,\n"
            "fields. No plugin code runs in this process: a worker reads the descriptor.\n"
            "\n"
            "Options:\n"
            "  --plugin-dir DIR   also look there (absolute path)\n"
            "  --json             for programs, on stdout\n",
    .run = plugin_command,
};
