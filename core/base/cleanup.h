/* SPDX-License-Identifier: Apache-2.0
 *
 * base/cleanup.h: variables that release what they hold when they go out of scope.
 *
 *     _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
 *     _cleanup_free_ char *name = ...;
 *     _cleanup_close_ int fd = open(...);
 *     return take_ptr(name);        hands it out: the variable is NULL afterwards
 */
#ifndef TAJO_BASE_CLEANUP_H
#define TAJO_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Defines cleanup_NAME(type *p) for a destructor `function(type)` that takes NULL. */
#define DEFINE_CLEANUP(type, function)                                                             \
    static inline void cleanup_##function(type *p)                                                 \
    {                                                                                              \
        function(*p);                                                                              \
    }                                                                                              \
    struct cleanup_needs_semicolon

static inline void cleanup_free(void *p)
{
    free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(cleanup_free)

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define _cleanup_close_ _cleanup_(cleanup_close)

#define take_ptr(p)                                                                                \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

static inline int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#endif
