/* SPDX-License-Identifier: Apache-2.0
 *
 * Plugins that are wrong before anything is asked of them: one fault each, FAULT_*.
 */
#include "probe.h"

#include <signal.h>
#include <unistd.h>

#ifdef FAULT_UNDEFINED
int32_t nobody_defines_this(void);
#endif

static int32_t faulty_run(void *instance, const struct tajo_run_request *request)
{
    (void)instance;
    (void)request;
#ifdef FAULT_UNDEFINED
    return nobody_defines_this();
#else
    return TAJO_OK;
#endif
}

static struct tajo_ops ops = {
    .size = sizeof(struct tajo_ops),
    .create = probe_create,
    .destroy = probe_destroy,
    .run = faulty_run,
};

#ifdef FAULT_BAD_DEFAULT
static const struct tajo_option bad_default = {
    .size = sizeof(struct tajo_option),
    .type = TAJO_TYPE_INTEGER,
    .min = 1,
    .max = 10,
    .name = TAJO_STR("size"),
    .def = TAJO_STR("11"),
};
static const struct tajo_option *const wrong_options[] = {&bad_default};
#elif defined(FAULT_NULL_OPTION)
static const struct tajo_option *const wrong_options[] = {NULL};
#endif
#ifdef FAULT_LONG_TEXT
static char long_text[65537];
#endif

/* A descriptor of a later minor: longer than what this host knows. */
struct grown {
    struct tajo_descriptor now;
    uint64_t later[4];
};

static struct grown descriptor = {.now = {PROBE_DESCRIPTOR("faulty", &ops)}, .later = {1, 2, 3, 4}};

#if defined(FAULT_CRASH_AT_LOAD) || defined(FAULT_SLOW_LOAD)
__attribute__((constructor)) static void at_load(void)
{
#ifdef FAULT_SLOW_LOAD
    sleep(30);
#else
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
#endif
}
#endif

static void spoil(struct tajo_descriptor *d)
{
    (void)d;
#if defined(FAULT_OTHER_MAJOR)
    d->abi_major = TAJO_ABI_MAJOR + 1;
#elif defined(FAULT_NEWER_MINOR)
    d->abi_minor_needed = TAJO_ABI_MINOR + 1;
#elif defined(FAULT_SMALL_SIZE)
    d->size = 24;
#elif defined(FAULT_NO_RUN)
    ops.run = NULL;
#elif defined(FAULT_NULL_OPS)
    d->ops = NULL;
#elif defined(FAULT_NULL_AUTH)
    d->auth = NULL;
#elif defined(FAULT_NULL_TABLE)
    d->fields = NULL;
    d->field_count = 1;
#elif defined(FAULT_TOO_MANY)
    d->option_count = 513;
#elif defined(FAULT_BAD_TEXT)
    d->summary = tajo_str_from("\xC3\x28");
#elif defined(FAULT_NULL_TEXT)
    d->licence.data = NULL;
#elif defined(FAULT_LONG_TEXT)
    memset(long_text, 'x', sizeof(long_text));
    d->summary = (struct tajo_str){long_text, sizeof(long_text)};
#elif defined(FAULT_BAD_DEFAULT) || defined(FAULT_NULL_OPTION)
    d->options = wrong_options;
#elif defined(FAULT_GROWN)
    d->size = sizeof(struct grown);
    d->abi_minor_built = TAJO_ABI_MINOR + 1;
#endif
}

#ifdef FAULT_NO_ENTRY
TAJO_EXPORT const struct tajo_descriptor *some_other_entry(void);
#define tajo_plugin_entry_v1 some_other_entry
#endif

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    spoil(&descriptor.now);
#ifdef FAULT_NULL_ENTRY
    return NULL;
#else
    return &descriptor.now;
#endif
}
