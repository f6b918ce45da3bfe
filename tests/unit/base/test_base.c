/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/wire.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

START_TEST(error_is_a_sentence_with_place_and_mend)
{
    struct err_info e = {0};
    char text[400];
    int r = err_set(&e, ERR_CONFIG, "tajo.yaml:3:5", "Write a number", "%s is no number", "x");
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_int_eq(e.code, ERR_CONFIG);
    ck_assert_str_eq(err_format(&e, text, sizeof(text)),
                     "tajo.yaml:3:5: x is no number. Write a number");
    ck_assert_str_eq(err_format(&e, text, 8), "tajo.ya");
    err_set(&e, ERR_DATA, NULL, NULL, "%s, in short", e.what);
    ck_assert_str_eq(err_format(&e, text, sizeof(text)), "x is no number, in short");
    ck_assert_int_eq(err_set(NULL, ERR_BUG, NULL, NULL, "nobody reads this"), ERR_BUG);
}
END_TEST

START_TEST(long_error_texts_are_cut_between_characters)
{
    struct err_info e = {0};
    char text[1000];
    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xC3\xA4", 2);
    text[998] = '\0';
    err_set(&e, ERR_DATA, text, text, "a%s", text);
    ck_assert_uint_eq(strlen(e.what), 511); /* 'a' and 255 characters */
    ck_assert_uint_eq(strlen(e.where), 254);
    ck_assert_uint_eq(strlen(e.mend), 382);
}
END_TEST

START_TEST(errors_have_names_and_exit_codes)
{
    static const struct {
        int code;
        const char *name;
        int exit_code;
    } cases[] = {
        {0, "ok", 0},
        {ERR_USAGE, "usage", 2},
        {ERR_CONFIG, "config", 2},
        {ERR_AUTH, "auth", 3},
        {ERR_TRANSIENT, "transient", 1},
        {ERR_RATE, "rate", 1},
        {ERR_DATA, "data", 1},
        {ERR_BUG, "bug", 1},
        {ERR_SYSTEM, "system", 1},
        {ERR_CANCELLED, "cancelled", 130},
        {ERR_NOT_FOUND, "not_found", 1},
        {ERR_LIMIT, "limit", 1},
        {ERR_UNSUPPORTED, "unsupported", 1},
        {-99, "unknown", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_str_eq(err_name(cases[i].code), cases[i].name);
        ck_assert_int_eq(err_exit_code(cases[i].code), cases[i].exit_code);
    }
}
END_TEST

START_TEST(buffer_grows_and_shrinks)
{
    struct strbuf b = STRBUF_INIT;
    strbuf_clear(&b);
    for (int i = 0; i < 1000; i++)
        strbuf_add_format(&b, "%d,", i % 10);
    ck_assert_uint_eq(b.len, 2000);
    ck_assert_uint_eq(strlen(b.data), 2000);
    strbuf_consume(&b, 1996);
    ck_assert_str_eq(b.data, "8,9,");
    strbuf_add_char(&b, '!');
    strbuf_add(&b, "\0x", 2);
    ck_assert_uint_eq(b.len, 7);
    strbuf_consume(&b, 100);
    ck_assert_uint_eq(b.len, 0);
    strbuf_add_percent(&b, "a b/\xC3\xA4~-._", 10);
    char *text = strbuf_detach(&b);
    ck_assert_str_eq(text, "a%20b%2F%C3%A4~-._");
    free(text);
    ck_assert_ptr_null(b.data);
    text = strbuf_detach(&b);
    ck_assert_str_eq(text, "");
    free(text);
    strbuf_add_format(&b, "%s", "");
    ck_assert_str_eq(b.data, "");
    strbuf_release(&b);
    strbuf_release(&b);
}
END_TEST

START_TEST(hash_is_stable)
{
    /* Stored values depend on these: they never change. */
    ck_assert_uint_eq(hash_bytes("", 0), UINT64_C(0xefd01f60ba992926));
    ck_assert_uint_eq(hash_bytes("a", 1), UINT64_C(0x82a2a958a9bece5b));
    ck_assert_uint_ne(hash_bytes("ab", 2), hash_bytes("ba", 2));
}
END_TEST

START_TEST(times_go_there_and_back)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T10:00:00Z", INT64_C(1795428000000)},
        {"2026-11-23T10:00:00.5Z", INT64_C(1795428000500)},
        {"2026-11-23T10:00:00.123456Z", INT64_C(1795428000123)},
        {"2026-11-23T11:30:00+01:30", INT64_C(1795428000000)},
        {"2026-11-23T09:00:00-0100", INT64_C(1795428000000)},
        {"2026-11-23 10:00", INT64_C(1795428000000)},
        {"2024-02-29", INT64_C(1709164800000)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
        {"2025-02-29", -1},
        {"2100-02-29", -1},
        {"2026-13-01", -1},
        {"2026-00-01", -1},
        {"2026-11-23T24:00:00Z", -1},
        {"2026-11-23T10:00:00.Z", -1},
        {"2026-11-23T10:00:00Zx", -1},
        {"2026-11-23T10:00:00+1", -1},
        {"2026-11-23T", -1},
        {"26-11-23", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = -7;
        int r = clock_parse_iso(cases[i].text, strlen(cases[i].text), &ms);
        ck_assert_msg(r == (cases[i].ms < 0 ? ERR_DATA : 0), "%s", cases[i].text);
        ck_assert_msg(ms == (cases[i].ms < 0 ? -7 : cases[i].ms), "%s gave %lld", cases[i].text,
                      (long long)ms);
    }
    char text[CLOCK_ISO_SIZE];
    ck_assert_str_eq(clock_format_iso(INT64_C(1795428000123), text), "2026-11-23T10:00:00.123Z");
    ck_assert_str_eq(clock_format_iso(-5, text), "1970-01-01T00:00:00.000Z");
    ck_assert_str_eq(clock_format_iso(INT64_MAX, text), "9999-12-31T23:59:59.999Z");
    int64_t a = clock_monotonic_ms();
    ck_assert(clock_monotonic_ms() >= a);
    ck_assert(clock_unix_ms() > INT64_C(1700000000000));
}
END_TEST

START_TEST(wire_reads_what_was_written)
{
    _cleanup_(strbuf_release) struct strbuf b = STRBUF_INIT;
    wire_put_u32(&b, 0x01020304u);
    wire_put_u64(&b, UINT64_C(0xfedcba9876543210));
    wire_put_str(&b, "a\0b", 3);
    wire_put_text(&b, NULL);
    wire_put_text(&b, "end");
    ck_assert_int_eq(b.data[0], 4);
    struct wire_reader r = wire_read(b.data, b.len);
    ck_assert_uint_eq(wire_get_u32(&r), 0x01020304u);
    ck_assert_uint_eq(wire_get_u64(&r), UINT64_C(0xfedcba9876543210));
    struct tajo_str s = wire_get_str(&r, 10);
    ck_assert_uint_eq(s.len, 3);
    ck_assert_mem_eq(s.data, "a\0b", 3);
    ck_assert_uint_eq(wire_get_str(&r, 10).len, 0);
    ck_assert(wire_ok(&r) && !wire_done(&r));
    ck_assert_uint_eq(wire_get_str(&r, 3).len, 3);
    ck_assert(wire_done(&r));
    ck_assert_uint_eq(wire_get_u32(&r), 0);
    ck_assert(!wire_ok(&r) && !wire_done(&r));
}
END_TEST

START_TEST(wire_never_reads_beyond_the_end)
{
    _cleanup_(strbuf_release) struct strbuf b = STRBUF_INIT;
    wire_put_u64(&b, 7);
    wire_put_str(&b, "hello", 5);
    for (size_t len = 0; len < b.len; len++) {
        /* A copy of that very length, so that the sanitizer sees a read too far. */
        char *part = mem_strndup(b.data, len);
        char *exact = mem_alloc(len);
        memcpy(exact, part, len);
        struct wire_reader r = wire_read(exact, len);
        wire_get_u64(&r);
        ck_assert_uint_eq(wire_get_str(&r, 100).len, 0);
        ck_assert(!wire_ok(&r));
        free(exact);
        free(part);
    }
    struct wire_reader r = wire_read(b.data, b.len);
    wire_get_u64(&r);
    ck_assert_uint_eq(wire_get_str(&r, 4).len, 0); /* above the bound */
    ck_assert(!wire_ok(&r));
    r = wire_read(NULL, 0);
    ck_assert(wire_done(&r));
}
END_TEST

START_TEST(memory_is_zeroed_and_copied)
{
    char *p = mem_array(10, 4);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(p[i], 0);
    p = mem_resize(p, 20, 4);
    p[79] = 1;
    free(p);
    free(mem_alloc(0));
    free(mem_array(0, 8));
    free(mem_resize(NULL, 0, 8));
    ck_assert_ptr_null(mem_strdup(NULL));
    char *s = mem_printf("%s-%d", "a", 5);
    ck_assert_str_eq(s, "a-5");
    free(s);
}
END_TEST

static void expect_abort(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

START_TEST(a_product_that_overflows_ends_the_process)
{
    expect_abort();
    free(mem_resize(NULL, SIZE_MAX / 2, 3));
}
END_TEST

START_TEST(a_length_that_overflows_ends_the_process)
{
    expect_abort();
    char c = 'x';
    free(mem_strndup(&c, SIZE_MAX));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *tests = tcase_create("base");
    tcase_add_test(tests, error_is_a_sentence_with_place_and_mend);
    tcase_add_test(tests, long_error_texts_are_cut_between_characters);
    tcase_add_test(tests, errors_have_names_and_exit_codes);
    tcase_add_test(tests, buffer_grows_and_shrinks);
    tcase_add_test(tests, hash_is_stable);
    tcase_add_test(tests, times_go_there_and_back);
    tcase_add_test(tests, wire_reads_what_was_written);
    tcase_add_test(tests, wire_never_reads_beyond_the_end);
    tcase_add_test(tests, memory_is_zeroed_and_copied);
    tcase_add_test_raise_signal(tests, a_product_that_overflows_ends_the_process, SIGABRT);
    tcase_add_test_raise_signal(tests, a_length_that_overflows_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
