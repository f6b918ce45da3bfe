/* SPDX-License-Identifier: Apache-2.0 */
#include "tokens.h"

#include "store/store.h"

static struct store *store;
static char state_dir[64];

static void open_store(void)
{
    struct store_options o = {.state_dir = state_dir};
    struct err_info e = {0};
    loop = loop_new();
    ck_assert_msg(store_open(&store, loop, &o, &e) == 0, "%s", e.what);
    http = http_new(loop, store);
    open_account();
}

static void close_store(void)
{
    http = http_free(http);
    store = store_close(store);
    loop = loop_free(loop);
}

/* As a new process would. */
static void restart(void)
{
    close_store();
    open_store();
}

static void setup_store(void)
{
    setup();
    client_stop();
    snprintf(state_dir, sizeof(state_dir), "/tmp/tajo-token-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(state_dir));
    open_store();
}

static void teardown_store(void)
{
    char command[100];
    close_store();
    server_stop();
    snprintf(command, sizeof(command), "rm -rf %s", state_dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_restart_uses_the_stored_token)
{
    fetch();
    restart();
    http_account_token_scopes(account, scopes_told, told[0]);
    run_until_done(1);
    ck_assert_int_eq(fetch()->status, 200);
    ck_assert_int_eq(token_count, 1);
    ck_assert_str_eq(told[0], "read:users update:users");
    options.client_secret = "another-s3cr3t";
    restart();
    fetch();
    ck_assert_int_eq(token_count, 2);
}
END_TEST

START_TEST(a_refused_token_is_not_found_again)
{
    fetch();
    api_refuses_from = 1;
    api_refuses_to = 2;
    restart();
    ck_assert_int_eq(fetch()->status, 200);
    ck_assert_int_eq(token_count, 2);
    restart();
    fetch();
    ck_assert(seen_has(server.seen[seen_count() - 1], "Bearer tok3n-1"));
    ck_assert_int_eq(token_count, 2);
    http_account_forget_token(account);
    restart();
    fetch();
    ck_assert_int_eq(token_count, 3);
}
END_TEST

START_TEST(an_old_token_is_not_used)
{
    token_answer = "{\"access_token\":\"short\",\"expires_in\":1}";
    fetch();
    run_for(950);
    restart();
    fetch();
    ck_assert_int_eq(token_count, 2);
}
END_TEST

START_TEST(freeing_or_forgetting_while_the_store_is_asked)
{
    struct http_request request = get_request("/x");
    fetch();
    restart();
    http_send(account, &request, record, &results[5]);
    http_account_token_scopes(account, scopes_told, told[0]);
    account = http_account_free(account); /* the look into the store outlives it */
    run_for(50);
    ck_assert_int_eq(results[5].called, 0);
    open_account();
    http_account_token_scopes(account, scopes_told, told[0]);
    http_account_forget_token(account); /* what the store finds now is not wanted */
    run_until_done(1);
    ck_assert_int_eq(token_count, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/token_store");
    TCase *tests = tcase_create("token");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup_store, teardown_store);
    tcase_add_test(tests, a_restart_uses_the_stored_token);
    tcase_add_test(tests, a_refused_token_is_not_found_again);
    tcase_add_test(tests, an_old_token_is_not_used);
    tcase_add_test(tests, freeing_or_forgetting_while_the_store_is_asked);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
