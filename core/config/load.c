/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void load_root(const struct at *root, const struct config_overrides *overrides)
{
    int is_section = is_mapping(root);
    if (is_section)
        at_check_keys(root, root_keys, root_key_count);
    else if (root->node != NULL && root->node->is_null)
        at_problem(root, "Begin with \"connectors:\", see docs/configuration.md",
                   "the file has no settings");
    struct at empty = *root;
    empty.node = NULL;
    const struct at *at = is_section ? root : &empty;
    if (is_section)
        load_connectors(at, overrides);
    load_host(at, overrides);
    load_brevo(at);
}

int config_load_bytes(const char *data, size_t len, const char *file,
                      const struct config_overrides *overrides, struct config **ret,
                      struct err_info *e)
{
    struct config *config = mem_alloc(sizeof(*config));
    struct config_mark mark = {0, 0};
    struct err_info why = {0};
    config->file = mem_strdup(file);
    config->priv = mem_alloc(sizeof(*config->priv));
    int r = document_parse(data, len, &config->priv->root, &mark, &why);
    struct at root = root_at(config);
    if (r != 0)
        problem_add(config, 0, mark, why.what, why.mend[0] != '\0' ? why.mend : NULL);
    else
        load_root(&root, overrides);
    *ret = config;
    return problems_finish(config, 0, e);
}

static int read_file(const char *path, char **ret, size_t *ret_len, struct err_info *e)
{
    struct stat st;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_set(e, ERR_CONFIG, path,
                       "Give the configuration with --config FILE; it must exist and be readable",
                       "the configuration cannot be read: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_CONFIG, path, "Give a YAML file",
                       "the configuration is not a regular file");
    _cleanup_free_ char *data = mem_alloc(DOCUMENT_MAX_BYTES + 1);
    size_t len = 0;
    ssize_t n = 0;
    while (len <= DOCUMENT_MAX_BYTES &&
           (n = read(fd, data + len, DOCUMENT_MAX_BYTES + 1 - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        return err_set(e, ERR_CONFIG, path, NULL, "the configuration cannot be read: %s",
                       strerror(errno));
    if (len > DOCUMENT_MAX_BYTES)
        return err_set(e, ERR_CONFIG, path, NULL, "the configuration has more than 1 MiB");
    *ret = take_ptr(data);
    *ret_len = len;
    return 0;
}

int config_load(const char *path, const struct config_overrides *overrides, struct config **ret,
                struct err_info *e)
{
    _cleanup_free_ char *data = NULL;
    size_t len = 0;
    int r = read_file(path, &data, &len, e);
    if (r != 0)
        return r;
    return config_load_bytes(data, len, path, overrides, ret, e);
}

const struct config_value *config_setting(const struct config_connector *connector,
                                          const char *name)
{
    for (size_t i = 0; i < connector->setting_count; i++)
        if (strcmp(connector->settings[i].name, name) == 0)
            return connector->settings[i].is_set ? &connector->settings[i] : NULL;
    return NULL;
}
