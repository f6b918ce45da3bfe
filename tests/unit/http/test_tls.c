/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* A TLS server on loopback whose certificate nobody signed but itself. */
static SSL_CTX *context;
static char ca_file[64];
static int listener, port;
static pthread_t acceptor;

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(cert, key, EVP_sha256());
    return cert;
}

static void *accept_tls(void *arg)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    (void)arg;
    for (;;) {
        char request[4096];
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        SSL *ssl = SSL_new(context);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0)
            SSL_write(ssl, answer, sizeof(answer) - 1);
        SSL_shutdown(ssl);
        SSL_free(ssl);
        close(fd);
    }
}

static void setup(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_certificate(key);
    context = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(context, cert), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(context, key), 1);
    snprintf(ca_file, sizeof(ca_file), "/tmp/tajo-ca-XXXXXX");
    FILE *file = fdopen(mkstemp(ca_file), "w");
    PEM_write_X509(file, cert);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
    listener = listen_somewhere(&port);
    client_start();
}

static void start_server(void)
{
    pthread_create(&acceptor, NULL, accept_tls, NULL);
}

static void teardown(void)
{
    client_stop();
    shutdown(listener, SHUT_RDWR);
    pthread_join(acceptor, NULL);
    close(listener);
    SSL_CTX_free(context);
    unlink(ca_file);
}

static struct result *fetch_from(const char *host)
{
    char url[100];
    snprintf(url, sizeof(url), "https://%s:%d", host, port);
    struct http_account_options options = {
        .name = "tls", .base_url = url, .retry_base_ms = 5, .timeout_ms = 3000};
    account = http_account_free(account);
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    struct http_request request = get_request("/x");
    struct result *r = &results[done_count];
    http_send(account, &request, record, r);
    run_until_done(1);
    return r;
}

START_TEST(an_unknown_certificate_is_refused)
{
    start_server();
    struct result *r = fetch_from("localhost");
    ck_assert_int_eq(r->status, 0);
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_ptr_nonnull(strstr(r->error.what, "after 1 attempt:")); /* will not change */
    ck_assert_ptr_nonnull(strstr(r->error.mend, "SSL_CERT_FILE"));
    ck_assert_uint_eq(calls_of("GET /x"), 0);
}
END_TEST

START_TEST(a_given_authority_is_believed_for_its_names)
{
    start_server();
    setenv("SSL_CERT_FILE", ca_file, 1);
    ck_assert_str_eq(fetch_from("localhost")->body, "secret");
    struct result *r = fetch_from("127.0.0.1"); /* not a name in the certificate */
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_ptr_nonnull(strstr(r->error.mend, "certificates"));
    unsetenv("SSL_CERT_FILE");
}
END_TEST

START_TEST(old_tls_is_refused)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    start_server();
    setenv("SSL_CERT_FILE", ca_file, 1);
    ck_assert_int_eq(fetch_from("localhost")->error.code, ERR_TRANSIENT);
    unsetenv("SSL_CERT_FILE");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/tls");
    TCase *tests = tcase_create("tls");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_unknown_certificate_is_refused);
    tcase_add_test(tests, a_given_authority_is_believed_for_its_names);
    tcase_add_test(tests, old_tls_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
