/* SPDX-License-Identifier: Apache-2.0
 *
 * base/frame.h: the frames that host and worker exchange over their socketpair.
 *
 * A frame is u32 length of the payload, u32 type, payload (base/wire.h). A descriptor travels as
 * ancillary data of the frame's first byte. Both sides bound the length before they allocate and
 * treat any violation as the end of the other side.
 *
 * Host                                   Worker
 *   (starts it)                            HELLO or LOAD_FAILED
 *   CREATE                                 CREATED
 *   CHECK                                  DONE
 *   RUN                                    RECORDS* COMMIT ... DONE
 *   COMMITTED (one for each COMMIT)
 *                                          HTTP_SUBMIT
 *   HTTP_RESPONSE [descriptor]
 *   STOP (at any time)                     LOG PROGRESS METRIC ERROR ALIVE (at any time)
 *   EXIT                                   (ends)
 */
#ifndef TAJO_BASE_FRAME_H
#define TAJO_BASE_FRAME_H

#define FRAME_HEADER_SIZE 8u
#define FRAME_MAX_PAYLOAD (9u * 1024 * 1024)

/* Socket of a worker: the first descriptor after the standard ones. */
#define FRAME_WORKER_FD 3

enum frame_type {
    /* worker -> host */
    FRAME_HELLO = 1,   /* str: descriptor as JSON (docs/architecture.md) */
    FRAME_LOAD_FAILED, /* u32 enum load_refusal, str sentence */
    FRAME_CREATED,     /* u32 negated result */
    FRAME_RECORDS,     /* u32 count, then each: u32 kind, str subject, json, name, key, u64 time_ms,
                          u64 value */
    FRAME_COMMIT,      /* u32 flags, str cursor */
    FRAME_HTTP_SUBMIT, /* u64 ticket, u32 flags, str method, path, endpoint, rate_class,
                          content_type, body, u32 n, n x (str name, str value) query,
                          u32 n, n x (str, str) headers */
    FRAME_LOG,         /* u32 level, str text */
    FRAME_PROGRESS,    /* u64 done, u64 total */
    FRAME_METRIC,      /* str name, u64 value (two's complement) */
    FRAME_ERROR,       /* u32 negated error class, str code, str message */
    FRAME_ALIVE,       /* empty: the plugin sleeps, or asks whether to stop */
    FRAME_DONE,        /* u32 negated result of check or run */
    /* host -> worker */
    FRAME_CREATE = 64, /* u32 n, n x (str name, u32 secret, u32 is_set, str value) */
    FRAME_CHECK,       /* empty */
    FRAME_RUN,         /* u32 mode, u64 since_ms, str cursor, u32 n, n x str subject, u32 n, n x str
                          field */
    FRAME_COMMITTED,   /* u32 negated TAJO_E_*, 0 when durable */
    FRAME_HTTP_RESPONSE, /* u64 ticket, u32 negated TAJO_E_*, u32 status, u32 has_fd, str body,
                            u32 n, n x (str, str) headers; a failure has the error already logged
                            by the host */
    FRAME_STOP,          /* empty: should_stop answers 1 from now on */
    FRAME_EXIT           /* empty: destroy the instance and end */
};

/* Why a worker refuses a file: each its own sentence. */
enum load_refusal {
    LOAD_NOT_A_FILE = 1, /* missing or not a regular file */
    LOAD_WRITABLE,       /* by group or others, or its folder is */
    LOAD_NOT_ELF,        /* not an ELF shared object of this machine */
    LOAD_DLOPEN,         /* the dynamic linker refuses it */
    LOAD_NO_ENTRY,       /* no tajo_plugin_entry_v1 */
    LOAD_MAJOR,          /* another ABI major */
    LOAD_MINOR,          /* needs a newer minor */
    LOAD_DESCRIPTOR      /* the descriptor contradicts itself */
};

#endif
