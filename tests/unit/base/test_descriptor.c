/* SPDX-License-Identifier: Apache-2.0
 *
 * One document that holds, and for each rule one change that breaks it.
 */
#include "base/descriptor.h"

#include "base/json.h"
#include "base/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char GOOD[] =
    "{'abi_major':0,'abi_minor_built':1,'abi_minor_needed':1,'capabilities':31,'platform':'auth0',"
    "'source':'users','version':'1.0.0-rc.1','summary':'S.','licence':'','vendor_url':'',"
    "'auth':{'kind':1,'base_url':'https://${domain}','token_path':'/t','header':'',"
    "'header_value':'','settings':["
    "{'type':1,'flags':1,'min':1,'max':9,'name':'domain','def':'','choices':'','help':''},"
    "{'type':1,'flags':0,'min':0,'max':0,'name':'client_id','def':'','choices':'','help':''},"
    "{'type':1,'flags':2,'min':0,'max':0,'name':'client_secret','def':'','choices':'','help':''},"
    "{'type':1,'flags':0,'min':0,'max':0,'name':'url','def':'${domain}/','choices':'','help':''},"
    "{'type':1,'flags':0,'min':0,'max':0,'name':'two','def':'','choices':'','help':''}]},"
    "'ops':{'create':true,'destroy':true,'check':true,'run':true,'receive':true},"
    "'options':[{'type':2,'flags':0,'min':-5,'max':5,'name':'size','def':'-5','choices':'','help':"
    "''},{'type':4,'flags':0,'min':0,'max':0,'name':'mode','def':'b','choices':'a|b','help':''},"
    "{'type':3,'flags':0,'min':0,'max':0,'name':'yes','def':'true','choices':'','help':''}],"
    "'rates':[{'requests':1,'period_seconds':1,'burst':1,'preset':'free','rate_class':''}],"
    "'permissions':[{'required':1,'name':'read:users','purpose':'','mend':''}],"
    "'fields':[{'type':1,'role':1,'path':'email','attribute':'','meaning':''},"
    "{'type':7,'role':0,'path':'a[0].b','attribute':'','meaning':''}],"
    "'lists':[{'kind':1,'name':'verified','field':'v','help':''},"
    "{'kind':0,'name':'all','field':'','help':''}],"
    "'events':[{'type':'s','category':'','meaning':'','event':''}],"
    "'webhooks':[{'max_body':1000,'name':'logs','help':''}],"
    "'metrics':[{'name':'active','unit':'','help':''}]}";

/* The first `from` of the document becomes `to`; '' stands for a double quote. */
static const struct {
    const char *from, *to, *sentence;
} changes[] = {
    {"'abi_major':0", "'abi_major':-1", "abi_major is missing or has no proper value"},
    {"'abi_major':0", "'abi_major':4294967296", "abi_major"},
    {"'summary':'S.'", "'summary':7", "summary is missing"},
    {"'summary':'S.'", "'summary':'a\\u0000b'", "summary is missing"},
    {"'summary':'S.'", "'summary':''", "summary: empty"},
    {"'auth':{", "'other':{", "auth: no object"},
    {"'ops':{", "'other':{", "ops: no object"},
    {"'rates':[", "'rates':7,'x':[", "rates: no table"},
    {"'rates':[", "'rates':[7,", "rates[0]: no object"},
    {"'platform':'auth0'", "'platform':'Auth0'", "[a-z][a-z0-9]"},
    {"'source':'users'", "'source':''", "source: "},
    {"'version':'1.0.0-rc.1'", "'version':'1.0'", "no version"},
    {"'version':'1.0.0-rc.1'", "'version':'1.0.0x'", "no version"},
    {"'run':true", "'run':false", "ops: run is NULL"},
    {"'capabilities':31", "'capabilities':0", "it can do nothing"},
    {"'capabilities':31", "'capabilities':32", "0x20 has bits"},
    {"'capabilities':31", "'capabilities':-1", "has bits"},
    {"'receive':true", "'receive':false", "ops.receive is NULL"},
    {"'webhooks':[{", "'webhooks':[],'x':[{", "no webhooks"},
    {"'capabilities':31", "'capabilities':15", "without the capability RECEIVE"},
    {"'kind':1", "'kind':3", "auth: 3 is no kind"},
    {"'kind':1", "'kind':2", "HEADER needs the name"},
    {"'base_url':'https://${domain}'", "'base_url':''", "no base_url"},
    {"'base_url':'https://${domain}'", "'base_url':'${host}'", "${host} is not among"},
    {"'base_url':'https://${domain}'", "'base_url':'${client_secret}'", "is a secret"},
    {"'base_url':'https://${domain}'", "'base_url':'${domain'", "a ${ without }"},
    {"'token_path':'/t'", "'token_path':'t'", "token_path that starts with /"},
    {"'name':'client_id'", "'name':'client'", "needs a setting client_id"},
    {"'flags':2", "'flags':0", "(client_secret): not marked as a secret"},
    {"'def':'${domain}/'", "'def':'${url}'", "(url): its default needs itself"},
    {"'name':'two','def':''", "'name':'two','def':'${client_secret}'", "is a secret"},
    {"'name':'url','def':'${domain}/'", "'name':'url','def':'${client_secret}'", "is a secret"},
    {"'name':'two'", "'name':'url'", "the same name as settings[3]"},
    {"'name':'two'", "'name':'Two'", "settings[4]: its name"},
    {"'name':'size'", "'name':'domain'", "a setting has the same name"},
    {"'name':'mode'", "'name':'size'", "the same name as options[0]"},
    {"'type':2", "'type':5", "5 is no type"},
    {"'type':2,'flags':0", "'type':2,'flags':4", "unknown flags"},
    {"'type':2,'flags':0", "'type':2,'flags':2", "a secret is a STRING"},
    {"'min':-5,'max':5", "'min':5,'max':-5", "min is above max"},
    {"'def':'-5'", "'def':'6'", "(size): its default is not"},
    {"'def':'-5'", "'def':'five'", "(size): its default is not"},
    {"'def':'-5'", "'def':'-'", "(size): its default is not"},
    {"'def':'-5'", "'def':'99999999999999999999'", "(size): its default is not"},
    {"'def':'b'", "'def':'c'", "(mode): its default is not"},
    {"'choices':'a|b'", "'choices':'a||b'", "words parted by |"},
    {"'choices':'a|b'", "'choices':''", "words parted by |"},
    {"'def':'true'", "'def':'yes'", "(yes): its default is not"},
    {"'name':'yes','def':'true','choices':''", "'name':'yes','def':'true','choices':'a'",
     "only a CHOICE"},
    {"'type':3,'flags':0,'min':0", "'type':3,'flags':0,'min':-1", "only INTEGER and STRING"},
    {"'flags':1,'min':1", "'flags':1,'min':-1", "a length below 0"},
    {"'burst':1", "'burst':0", "must all be above 0"},
    {"'preset':'free'", "'preset':'Free'", "its preset"},
    {"'rate_class':''", "'rate_class':'a-b'", "its rate_class"},
    {"'required':1", "'required':2", "neither 0 nor 1"},
    {"'name':'read:users'", "'name':''", "permissions[0]: no name"},
    {"'path':'a[0].b'", "'path':'a..b'", "its path is malformed"},
    {"'path':'a[0].b'", "'path':'email'", "the same path as fields[0]"},
    {"'type':7", "'type':4", "no type of a field"},
    {"'role':0", "'role':9", "9 is no role"},
    {"'type':7,'role':0", "'type':1,'role':1", "the same role as fields[0]"},
    {"'type':7,'role':0", "'type':1,'role':2", "its type does not suit its role"},
    {"'kind':1,'name'", "'kind':2,'name'", "2 is no kind"},
    {"'name':'verified'", "'name':''", "lists[0]: its name"},
    {"'field':'v'", "'field':''", "the path of its field"},
    {"'name':'all','field':''", "'name':'all','field':'v'", "tests no field"},
    {"'name':'all'", "'name':'verified'", "the same name as lists[0]"},
    {"'type':'s'", "'type':''", "events[0]: no type"},
    {"'max_body':1000", "'max_body':0", "max_body is not within"},
    {"'name':'logs'", "'name':'a/b'", "webhooks[0]: its name"},
    {"'name':'active'", "'name':'Active'", "metrics[0]: its name"},
};

static json_t *changed(const char *from, const char *to)
{
    struct strbuf text = STRBUF_INIT;
    struct err_info e = {0};
    json_t *document = NULL;
    const char *at = strstr(GOOD, from);
    ck_assert_msg(at != NULL, "%s", from);
    strbuf_add(&text, GOOD, (size_t)(at - GOOD));
    strbuf_add_text(&text, to);
    strbuf_add_text(&text, at + strlen(from));
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\'')
            text.data[i] = '"';
    ck_assert_msg(json_parse(text.data, text.len, 1u << 20, &document, &e) == 0, "%s: %s", to,
                  e.what);
    strbuf_release(&text);
    return document;
}

START_TEST(takes_what_holds)
{
    struct err_info e = {0};
    json_t *document = changed("'abi_major':0", "'abi_major':0");
    ck_assert_msg(descriptor_check(document, &e) == 0, "%s", e.what);
    json_decref(document);
    document = changed("'kind':1,'base_url':'https://${domain}','token_path':'/t','header':'',"
                       "'header_value':''",
                       "'kind':2,'base_url':'https://x','token_path':'','header':'api-key',"
                       "'header_value':'${client_secret}'");
    ck_assert_msg(descriptor_check(document, &e) == 0, "%s", e.what);
    json_decref(document);
}
END_TEST

START_TEST(refuses_what_does_not)
{
    struct err_info e = {0};
    json_t *document = changed(changes[_i].from, changes[_i].to);
    ck_assert_msg(descriptor_check(document, &e) == ERR_BUG, "%s", changes[_i].to);
    ck_assert_msg(strstr(e.what, changes[_i].sentence) != NULL, "%s: %s", changes[_i].to, e.what);
    json_decref(document);
}
END_TEST

START_TEST(refuses_defaults_in_a_circle)
{
    struct err_info e = {0};
    json_t *document = changed("'def':'${domain}/'", "'def':'${two}'");
    json_t *settings = json_object_get(json_object_get(document, "auth"), "settings");
    ck_assert_int_eq(descriptor_check(document, &e), 0);
    json_object_set_new(json_array_get(settings, 4), "def", json_string("a${url}b"));
    ck_assert_int_eq(descriptor_check(document, &e), ERR_BUG);
    ck_assert_ptr_nonnull(strstr(e.what, "needs itself"));
    json_decref(document);
}
END_TEST

START_TEST(bounds_its_tables)
{
    struct err_info e = {0};
    json_t *document = changed("'abi_major':0", "'abi_major':0");
    json_t *fields = json_object_get(document, "fields");
    while (json_array_size(fields) <= DESCRIPTOR_MAX_ENTRIES)
        json_array_append(fields, json_array_get(fields, 1));
    ck_assert_int_eq(descriptor_check(document, &e), ERR_BUG);
    ck_assert_ptr_nonnull(strstr(e.what, "513 entries, more than 512"));
    json_decref(document);
}
END_TEST

START_TEST(knows_utf8)
{
    ck_assert(utf8_valid("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10));
    ck_assert(utf8_valid(NULL, 0));
    ck_assert(!utf8_valid("a\0b", 3));
    ck_assert(!utf8_valid("\xC0\x80", 2));
    ck_assert(!utf8_valid("\xED\xA0\x80", 3));
    ck_assert(!utf8_valid("\xF4\x90\x80\x80", 4));
    ck_assert(!utf8_valid("\xE2\x82", 2));
    ck_assert_uint_eq(utf8_cut("a\xC3\xA9", 3, 3), 3);
    ck_assert_uint_eq(utf8_cut("a\xC3\xA9", 3, 2), 1);
    ck_assert_uint_eq(utf8_cut("ab", 2, 1), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptor");
    TCase *tc = tcase_create("descriptor");
    tcase_add_test(tc, takes_what_holds);
    tcase_add_loop_test(tc, refuses_what_does_not, 0, sizeof(changes) / sizeof(changes[0]));
    tcase_add_test(tc, refuses_defaults_in_a_circle);
    tcase_add_test(tc, bounds_its_tables);
    tcase_add_test(tc, knows_utf8);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
