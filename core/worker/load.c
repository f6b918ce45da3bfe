/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/descriptor.h"
#include "base/mem.h"
#include "worker/internal.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_STRUCT 65536u

int struct_take(void *to, size_t size, size_t min_size, const void *from)
{
    uint32_t their_size = 0;
    if (from == NULL)
        return -1;
    memcpy(&their_size, from, sizeof(their_size));
    if (their_size < min_size || their_size > LARGEST_STRUCT)
        return -1;
    memset(to, 0, size);
    memcpy(to, from, their_size < size ? their_size : size);
    return 0;
}

static int refuse(enum load_refusal refusal, enum load_refusal *ret, struct err_info *e,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

static int refuse(enum load_refusal refusal, enum load_refusal *ret, struct err_info *e,
                  const char *format, ...)
{
    char text[sizeof(e->what)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *ret = refusal;
    return err_set(e, ERR_BUG, NULL, NULL, "%s", text);
}

/* ---- the file -------------------------------------------------------------------------------- */

static int trusted_owner(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Who may write the folder may put another file in the place of this one. */
static int check_folder(const char *path, enum load_refusal *ret_refusal, struct err_info *e)
{
    _cleanup_free_ char *folder = mem_strdup(path);
    struct stat st;
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        strcpy(folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    if (stat(folder, &st) != 0)
        return refuse(LOAD_NOT_A_FILE, ret_refusal, e, "its folder cannot be examined: %s",
                      strerror(errno));
    if (!trusted_owner(&st))
        return refuse(LOAD_WRITABLE, ret_refusal, e,
                      "its folder belongs to user %u, neither to root nor to the user that runs "
                      "tajo-connect",
                      st.st_uid);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (st.st_mode & S_ISVTX) == 0)
        return refuse(LOAD_WRITABLE, ret_refusal, e,
                      "others than its owner may write into its folder (mode %04o)",
                      st.st_mode & 07777u);
    return 0;
}

static int check_file(int fd, const char *file, enum load_refusal *ret_refusal, struct err_info *e)
{
    struct stat st;
    char link[32];
    char real[PATH_MAX];
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return refuse(LOAD_NOT_A_FILE, ret_refusal, e, "it is not a regular file");
    if (!trusted_owner(&st))
        return refuse(LOAD_WRITABLE, ret_refusal, e,
                      "it belongs to user %u, neither to root nor to the user that runs "
                      "tajo-connect",
                      st.st_uid);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(LOAD_WRITABLE, ret_refusal, e,
                      "others than its owner may write it (mode %04o)", st.st_mode & 07777u);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, real, sizeof(real) - 1);
    if (len < 0)
        return refuse(LOAD_NOT_A_FILE, ret_refusal, e, "its place is unknown: %s (is /proc there?)",
                      strerror(errno));
    real[len] = '\0';
    int r = check_folder(file, ret_refusal, e);
    return r < 0 ? r : check_folder(real, ret_refusal, e);
}

/* Our own header, which the linker lays there: what a plugin's has to agree with. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* The linker maps what the program headers say and dies of what a broken copy does not have. */
static int check_complete(int fd, const ElfW(Ehdr) * header, enum load_refusal *ret_refusal,
                          struct err_info *e)
{
    struct stat st;
    int whole = fstat(fd, &st) == 0 && header->e_phentsize == sizeof(ElfW(Phdr));
    for (unsigned i = 0; whole && i < header->e_phnum; i++) {
        ElfW(Phdr) part;
        off_t at = (off_t)(header->e_phoff + i * sizeof(part));
        whole = pread(fd, &part, sizeof(part), at) == (ssize_t)sizeof(part) &&
                part.p_offset <= (uint64_t)st.st_size &&
                part.p_filesz <= (uint64_t)st.st_size - part.p_offset;
    }
    return whole ? 0
                 : refuse(LOAD_NOT_ELF, ret_refusal, e,
                          "it is not whole: its end is missing, as after a broken copy");
}

static int check_elf(int fd, enum load_refusal *ret_refusal, struct err_info *e)
{
    ElfW(Ehdr) header;
    if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(LOAD_NOT_ELF, ret_refusal, e, "it is not a shared object (ELF)");
    if (header.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
        header.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
        header.e_machine != __ehdr_start.e_machine)
        return refuse(LOAD_NOT_ELF, ret_refusal, e,
                      "it was built for another kind of processor (ELF machine %u, here %u)",
                      header.e_machine, __ehdr_start.e_machine);
    if (header.e_type != ET_DYN)
        return refuse(LOAD_NOT_ELF, ret_refusal, e, "it is an ELF file, but no shared object");
    return check_complete(fd, &header, ret_refusal, e);
}

/* ---- the library ----------------------------------------------------------------------------- */

/* What was checked is what is loaded: the linker gets the open file, not its name. */
static int open_library(int fd, void **ret, enum load_refusal *ret_refusal, struct err_info *e)
{
    char link[32];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    void *library = dlopen(link, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *why = dlerror();
        size_t prefix = strlen(link);
        if (why != NULL && strncmp(why, link, prefix) == 0)
            why += strncmp(why + prefix, ": ", 2) == 0 ? prefix + 2 : prefix;
        return refuse(LOAD_DLOPEN, ret_refusal, e, "the dynamic linker refuses it: %.300s",
                      why == NULL ? "it does not say why" : why);
    }
    *ret = library;
    return 0;
}

typedef const struct tajo_descriptor *(*entry_function)(void);

static int find_entry(void *library, entry_function *ret, enum load_refusal *ret_refusal,
                      struct err_info *e)
{
    void *symbol = dlsym(library, TAJO_PLUGIN_ENTRY);
    if (symbol == NULL)
        return refuse(LOAD_NO_ENTRY, ret_refusal, e,
                      "it does not export " TAJO_PLUGIN_ENTRY ": it is no plugin");
    /* POSIX promises that this works; ISO C has no cast for it. */
    memcpy(ret, &symbol, sizeof(symbol));
    return 0;
}

/* Only size and the three numbers are read before the majors are known to agree: another major
 * may have laid out the rest in another way. */
static int check_versions(const struct tajo_descriptor *raw, enum load_refusal *ret_refusal,
                          struct err_info *e)
{
    struct {
        uint32_t size, abi_major, abi_minor_built, abi_minor_needed;
    } head;
    if (raw == NULL)
        return refuse(LOAD_DESCRIPTOR, ret_refusal, e, TAJO_PLUGIN_ENTRY " returned NULL");
    if (struct_take(&head, sizeof(head), sizeof(head), raw) != 0)
        return refuse(LOAD_DESCRIPTOR, ret_refusal, e, "descriptor: its size is not plausible");
    if (head.abi_major != TAJO_ABI_MAJOR)
        return refuse(LOAD_MAJOR, ret_refusal, e,
                      "it was built for plugin ABI %u.%u; this tajo-connect has %u.%u",
                      head.abi_major, head.abi_minor_built, TAJO_ABI_MAJOR, TAJO_ABI_MINOR);
    if (head.abi_minor_needed > TAJO_ABI_MINOR)
        return refuse(LOAD_MINOR, ret_refusal, e,
                      "it needs plugin ABI %u.%u or newer; this tajo-connect has %u.%u",
                      head.abi_major, head.abi_minor_needed, TAJO_ABI_MAJOR, TAJO_ABI_MINOR);
    return 0;
}

static int take_descriptor(const struct tajo_descriptor *raw, struct loaded *loaded,
                           struct err_info *e)
{
    struct tajo_descriptor *d = &loaded->descriptor;
    if (struct_take(d, sizeof(*d), SIZE_WITH(struct tajo_descriptor, metric_count), raw) != 0)
        return err_set(e, ERR_BUG, NULL, NULL, "descriptor: its size is not plausible");
    if (struct_take(&loaded->auth, sizeof(loaded->auth), SIZE_WITH(struct tajo_auth, header_value),
                    d->auth) != 0)
        return err_set(e, ERR_BUG, NULL, NULL, "auth: NULL, or its size is not plausible");
    if (struct_take(&loaded->ops, sizeof(loaded->ops), SIZE_WITH(struct tajo_ops, receive),
                    d->ops) != 0)
        return err_set(e, ERR_BUG, NULL, NULL, "ops: NULL, or its size is not plausible");
    int r = describe_plugin(loaded, &loaded->document, e);
    return r < 0 ? r : descriptor_check(loaded->document, e);
}

int load_plugin(const char *file, struct loaded *ret, enum load_refusal *ret_refusal,
                struct err_info *e)
{
    entry_function entry = NULL;
    void *library = NULL;
    _cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return refuse(LOAD_NOT_A_FILE, ret_refusal, e, "it cannot be opened: %s", strerror(errno));
    int r = check_file(fd, file, ret_refusal, e);
    if (r == 0)
        r = check_elf(fd, ret_refusal, e);
    if (r == 0)
        r = open_library(fd, &library, ret_refusal, e);
    if (r == 0)
        r = find_entry(library, &entry, ret_refusal, e);
    if (r < 0)
        return r;
    const struct tajo_descriptor *raw = entry();
    r = check_versions(raw, ret_refusal, e);
    if (r < 0)
        return r;
    *ret_refusal = LOAD_DESCRIPTOR;
    return take_descriptor(raw, ret, e);
}
