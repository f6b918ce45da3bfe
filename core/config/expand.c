/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE   (64 * 1024)
#define MAX_NAME   128
#define MAX_TOTAL  (4 * 1024 * 1024) /* all values of one file */
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

struct expansion {
    const struct at *at;
    struct strbuf out;
    int exposed;
};

/* What is missing outside does not matter to a connector that is off. */
static int missing(const struct expansion *x, const char *mend, const char *what, const char *name,
                   const char *why)
{
    if (x->at->lenient)
        return ERR_CONFIG;
    return at_problem(x->at, mend, "%s %s %s", what, name, why);
}

static int add_bounded(struct expansion *x, const char *data, size_t len)
{
    struct config_private *priv = x->at->config->priv;
    if (memchr(data, '\0', len) != NULL)
        return at_problem(x->at, NULL, "what ${...} stands for contains a NUL character");
    if (len > MAX_TOTAL - priv->expanded_bytes)
        return at_problem(x->at, NULL, "the ${...} of this file stand for more than 4 MiB");
    priv->expanded_bytes += len;
    strbuf_add(&x->out, data, len);
    return 0;
}

static int add_variable(struct expansion *x, const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || strspn(name, NAME_CHARS) != len || (name[0] >= '0' && name[0] <= '9'))
        return at_problem(x->at,
                          "Write ${NAME} for a variable of the environment, ${file:/path} for a "
                          "file's content, and $${ for a plain ${",
                          "${...} holds no variable's name");
    const char *value = getenv(name);
    if (value == NULL) {
        _cleanup_free_ char *mend =
            mem_printf("Export it before the program starts, for example: export %s=...", name);
        return missing(x, mend, "the environment variable", name, "is not set");
    }
    return add_bounded(x, value, strlen(value));
}

static int open_regular(struct expansion *x, const char *path, int *ret)
{
    static const char mend[] = "Give an existing file that the program's user may read";
    struct stat st;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0)
        return missing(x, mend, "the file", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return missing(x, mend, "the file", path, "is not a regular file");
    if ((st.st_mode & (S_IRGRP | S_IROTH)) != 0)
        x->exposed = 1;
    *ret = take_fd(&fd);
    return 0;
}

static int add_file(struct expansion *x, const char *path)
{
    _cleanup_close_ int fd = -1;
    if (path[0] != '/')
        return at_problem(x->at, "Write ${file:/run/secrets/name}",
                          "${file:...} needs an absolute path");
    int r = open_regular(x, path, &fd);
    if (r != 0)
        return r;
    _cleanup_free_ char *data = mem_alloc(MAX_FILE + 1);
    size_t len = 0;
    ssize_t n = 0;
    while (len <= MAX_FILE && (n = read(fd, data + len, MAX_FILE + 1 - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        return missing(x, NULL, "the file", path, strerror(errno));
    if (len > MAX_FILE)
        return at_problem(x->at, NULL, "the file %s has more than 64 KiB", path);
    if (len > 0 && data[len - 1] == '\n')
        len--;
    if (len > 0 && data[len - 1] == '\r')
        len--;
    return add_bounded(x, data, len);
}

/* text is behind "${"; *ret_len is what was taken. */
static int add_reference(struct expansion *x, const char *text, size_t *ret_len)
{
    size_t len = strcspn(text, "}\n");
    if (text[len] != '}')
        return at_problem(x->at, "Close it with }, or write $${ for a plain ${",
                          "${ is not closed in its line");
    *ret_len = len + 1;
    int is_file = strncmp(text, "file:", 5) == 0;
    if (len > (is_file ? 4096 : MAX_NAME))
        return at_problem(x->at, NULL, "the name in ${...} is too long");
    _cleanup_free_ char *name = mem_strndup(text, len);
    return is_file ? add_file(x, name + 5) : add_variable(x, name);
}

int expand(const struct at *at, char **ret, int *ret_exposed)
{
    struct expansion x = {.at = at, .out = STRBUF_INIT};
    const char *text = at->node->text;
    int r = 0;
    while (*text != '\0' && r == 0) {
        size_t len = strcspn(text, "$");
        strbuf_add(&x.out, text, len);
        text += len;
        if (strncmp(text, "$${", 3) == 0) {
            strbuf_add_text(&x.out, "${");
            text += 3;
        } else if (strncmp(text, "${", 2) == 0) {
            r = add_reference(&x, text + 2, &len);
            text += r == 0 ? len + 2 : 0;
        } else if (*text == '$') {
            strbuf_add_char(&x.out, *text++);
        }
    }
    if (r != 0) {
        strbuf_release(&x.out);
        return r;
    }
    *ret = strbuf_detach(&x.out);
    *ret_exposed = x.exposed;
    return 0;
}

int is_expanded(const struct at *at)
{
    return at->node != NULL && at->node->kind == NODE_SCALAR &&
           strstr(at->node->text, "${") != NULL;
}

void warn_exposed(const struct at *at)
{
    at_warning(at, "Run chmod 600 on it, or give it to the program's user alone",
               "the file with this secret can be read by other users of the machine");
}
