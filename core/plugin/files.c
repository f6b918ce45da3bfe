/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/mem.h"
#include "plugin/plugin_internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 1000u
#define SHIPPED   "/../lib/tajo-connect/plugins"

/* ---- finding --------------------------------------------------------------------------------- */

struct found {
    char **files;
    size_t count;
};

static void found_release(struct found *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->files[i]);
    free(found->files);
    *found = (struct found){0};
}

static int is_plugin_name(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0;
}

static int is_known(const struct found *found, const char *file)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->files[i], file) == 0)
            return 1;
    return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(struct found *found, const char *folder, struct err_info *e)
{
    struct dirent **entries = NULL;
    int r = 0;
    int count = scandir(folder, &entries, is_plugin_name, compare_names);
    if (count < 0)
        return err_set(e, ERR_CONFIG, folder,
                       "Correct host.plugin_dirs, or make the folder readable",
                       "this plugin folder cannot be read: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        char *file = mem_printf("%s/%s", folder, entries[i]->d_name);
        if (r == 0 && found->count >= MAX_FILES)
            r = err_set(e, ERR_LIMIT, folder, "Take away what is not needed",
                        "the plugin folders have more than %u plugins", MAX_FILES);
        if (r == 0 && !is_known(found, file)) {
            found->files = mem_resize(found->files, found->count + 1, sizeof(*found->files));
            found->files[found->count++] = take_ptr(file);
        }
        free(file);
        free(entries[i]);
    }
    free(entries);
    return r;
}

/* Without symbolic links and dots, so that a folder named twice counts once. NULL: not there. */
static char *real_folder(const char *folder)
{
    char real[PATH_MAX];
    return realpath(folder, real) == NULL ? NULL : mem_strdup(real);
}

static char *shipped_folder(void)
{
    char path[PATH_MAX + sizeof(SHIPPED)];
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return NULL;
    strcpy(slash, SHIPPED);
    return real_folder(path);
}

int plugin_find_files(const char *const *dirs, size_t dir_count, char ***ret, size_t *ret_count,
                      struct err_info *e)
{
    struct found found = {0};
    _cleanup_free_ char *shipped = shipped_folder();
    int r = shipped == NULL ? 0 : add_folder(&found, shipped, e);
    for (size_t i = 0; r == 0 && i < dir_count; i++) {
        _cleanup_free_ char *folder = real_folder(dirs[i]);
        r = add_folder(&found, folder == NULL ? dirs[i] : folder, e);
    }
    if (r < 0) {
        found_release(&found);
        return r;
    }
    *ret = found.files;
    *ret_count = found.count;
    return 0;
}

/* ---- asking each ----------------------------------------------------------------------------- */

struct known { /* who took a platform and source first */
    char *id;
    char *file;
};

struct describing {
    struct loop *loop;
    char **files;
    size_t count;
    size_t next;
    struct known *known;
    size_t known_count;
    struct plugin *plugin;
    struct plugin_info *info; /* of the one under way, once it said hello */
    struct loop_timer timer;
    void (*each)(void *arg, const char *file, struct plugin_info *info, const struct err_info *e);
    void (*done)(void *arg);
    void *arg;
};

static void describe_next(void *arg);

static void describing_free(struct describing *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->files[i]);
    for (size_t i = 0; i < d->known_count; i++) {
        free(d->known[i].id);
        free(d->known[i].file);
    }
    free(d->files);
    free(d->known);
    free(d);
}

static void refuse(struct describing *d, const struct err_info *e)
{
    d->each(d->arg, d->files[d->next], NULL, e);
}

static void take_info(struct describing *d, struct plugin_info *info)
{
    _cleanup_free_ char *id = mem_printf("%s.%s", info->platform, info->source);
    for (size_t i = 0; i < d->known_count; i++) {
        struct err_info e = {0};
        if (strcmp(d->known[i].id, id) != 0)
            continue;
        err_set(&e, ERR_CONFIG, d->files[d->next], "Remove one of the two",
                "this plugin reads %s, which %s does already (id twice)", id, d->known[i].file);
        plugin_info_free(info);
        refuse(d, &e);
        return;
    }
    d->known = mem_resize(d->known, d->known_count + 1, sizeof(*d->known));
    d->known[d->known_count++] = (struct known){take_ptr(id), mem_strdup(d->files[d->next])};
    d->each(d->arg, d->files[d->next], info, NULL);
}

static void on_described(void *arg, const struct plugin_info *info)
{
    struct describing *d = arg;
    (void)info;
    d->info = take_ptr(d->plugin->info);
    plugin_finish(d->plugin);
}

static void on_nothing(void *arg, int result, const struct err_info *e)
{
    (void)arg;
    (void)result;
    (void)e;
}

static void on_described_end(void *arg, const struct err_info *e)
{
    struct describing *d = arg;
    d->plugin = plugin_free(d->plugin);
    if (d->info != NULL)
        take_info(d, take_ptr(d->info));
    else
        refuse(d, e);
    d->next++;
    loop_timer_set(d->loop, &d->timer, 0, describe_next, d);
}

static void describe_next(void *arg)
{
    static const struct plugin_handlers handlers = {
        .on_hello = on_described,
        .on_done = on_nothing,
        .on_end = on_described_end,
    };
    struct describing *d = arg;
    struct err_info e = {0};
    if (d->next == d->count) {
        d->done(d->arg);
        describing_free(d);
        return;
    }
    if (plugin_start(d->loop, d->files[d->next], NULL, &handlers, d, &d->plugin, &e) == 0)
        return;
    refuse(d, &e);
    d->next++;
    loop_timer_set(d->loop, &d->timer, 0, describe_next, d);
}

void plugin_describe_files(struct loop *loop, char *const *files, size_t count,
                           void (*each)(void *arg, const char *file, struct plugin_info *info,
                                        const struct err_info *e),
                           void (*done)(void *arg), void *arg)
{
    struct describing *d = mem_alloc(sizeof(*d));
    d->loop = loop;
    d->files = mem_array(count, sizeof(*d->files));
    for (size_t i = 0; i < count; i++)
        d->files[i] = mem_strdup(files[i]);
    d->count = count;
    d->each = each;
    d->done = done;
    d->arg = arg;
    loop_timer_set(loop, &d->timer, 0, describe_next, d);
}
