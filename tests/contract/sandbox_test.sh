#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks that tajo-sandbox behaves as the vendors' documented facts say.
# usage: sandbox_test.sh PATH/TO/tajo-sandbox   (needs curl and bash)
set -u
binary=${1:?usage: sandbox_test.sh PATH/TO/tajo-sandbox}
dir=$(mktemp -d)
pid=
failures=0
checks=0

stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null
        wait "$pid"
        ended=$?
        pid=
    fi
}
trap 'stop; rm -rf "$dir"' EXIT

# start OPTION...: a fresh sandbox; sets $base, $auth0, $brevo and $token.
start() {
    stop
    rm -f "$dir/port"
    "$binary" --port 0 --port-file "$dir/port" --quiet "$@" >"$dir/out" 2>&1 &
    pid=$!
    for _ in $(seq 100); do
        [ -s "$dir/port" ] && break
        sleep 0.05
    done
    base=http://127.0.0.1:$(cat "$dir/port")
    auth0=$base/auth0/api/v2
    brevo=$base/brevo/v3
    token=$(login | text access_token)
}

login() {
    curl -s "$base/auth0/oauth/token" -d grant_type=client_credentials \
        -d client_id="${id:-sandbox-client}" -d client_secret="${secret:-sandbox-secret}" \
        --data-urlencode audience="${audience:-https://tenant.example/api/v2/}"
}

# text NAME: the first string member of that name in the JSON on stdin.
text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

a0() { curl -s -H "Authorization: Bearer $token" "$@"; }
bv() { curl -s -H "api-key: sandbox-key" "$@"; }
code() { "$@" -o /dev/null -w '%{http_code}'; }
search() { a0 -G "$auth0/users" -d search_engine=v3 --data-urlencode "q=$1" "${@:2}"; }
state() { curl -s "$base/__state${1:-}"; }
fault() { curl -s -o /dev/null "$base/__faults" -d "$1"; }

# has WHAT EXPECTED ACTUAL, lacks WHAT UNEXPECTED ACTUAL, is WHAT EXPECTED ACTUAL
fail() { failures=$((failures + 1)); printf 'FAIL: %s\n  expected: %s\n  actual: %.600s\n' "$@"; }
has() { checks=$((checks + 1)); [[ "$3" == *"$2"* ]] || fail "$1" "... $2 ..." "$3"; }
lacks() { checks=$((checks + 1)); [[ "$3" != *"$2"* ]] || fail "$1" "without $2" "$3"; }
is() { checks=$((checks + 1)); [ "$3" = "$2" ] || fail "$1" "$2" "$3"; }

# wait_import ID
wait_import() {
    for _ in $(seq 100); do
        bv "$brevo/processes/$1" | grep -q completed && return
        sleep 0.05
    done
}
import() { wait_import "$(bv "$brevo/contacts/import" -d "$1" | sed 's/[^0-9]//g')"; }

# --- command line
has "help names the options" "--plant-secrets" "$("$binary" --help)"
"$binary" --nonsense 2>"$dir/err"
is "an unknown option ends with 2" 2 $?
has "and is named" "--nonsense" "$(cat "$dir/err")"
"$binary" --port 70000 2>"$dir/err"
is "a port out of range ends with 2" 2 $?
"$binary" --limits sometimes 2>"$dir/err"
has "unknown limits name the known ones" "essentials" "$(cat "$dir/err")"
printf '{"user_id":"auth0|one"}\n{"nobody":1}\n' >"$dir/bad.ndjson"
"$binary" --port 0 --load "$dir/bad.ndjson" 2>"$dir/err"
has "a bad --load line is named" "bad.ndjson:2" "$(cat "$dir/err")"

# --- tokens
start --users 2500 --export-ms 0 --export-user-us 0 --import-ms 0
answer=$(login)
has "a token tells its scopes" '"scope":"read:users ' "$answer"
has "and its life" '"expires_in":86400' "$answer"
is "a token looks like a JWT" 3 "$(echo "$token" | tr '.' '\n' | wc -l | tr -d ' ')"
has "a JSON body does too" access_token "$(curl -s "$base/auth0/oauth/token" -d '{"grant_type":"client_credentials","client_id":"sandbox-client","client_secret":"sandbox-secret","audience":"https://t/api/v2/"}')"
has "a wrong secret is denied" '"error":"access_denied"' "$(secret=wrong login)"
has "a wrong audience is forbidden" 'client-grant' "$(audience=https://t/other login)"
has "another grant is forbidden" unauthorized_client "$(curl -s "$base/auth0/oauth/token" -d grant_type=password -d client_id=sandbox-client -d client_secret=sandbox-secret)"
has "no token: 401" '"statusCode":401' "$(curl -s "$auth0/users")"
has "an opaque token: 400 Bearer" '"errorCode":"Bearer"' "$(curl -s "$auth0/users" -H 'Authorization: Bearer abc')"
curl -s -X POST "$base/__revoke"
has "a revoked token is invalid" '"attributes":{"error":"Invalid token"}' "$(a0 "$auth0/users")"
token=$(login | text access_token)
curl -s "$base/__secret" -d '{"client_secret":"new"}'
has "the secret can be changed" access_denied "$(login)"
has "to the new one" access_token "$(secret=new login)"

# --- users
users=$(a0 "$auth0/users")
is "50 users a page by default" 50 "$(grep -o '"user_id":"[a-z0-9-]*|' <<<"$users" | wc -l | tr -d ' ')"
has "totals are capped" '"start":2,"limit":2,"length":2,"total":1000,"users":[' "$(a0 "$auth0/users?per_page=2&page=1&include_totals=true")"
is "offset 990 works" 200 "$(code a0 "$auth0/users?per_page=10&page=99")"
has "offset 1000 does not" '"errorCode":"invalid_paging"' "$(a0 "$auth0/users?per_page=10&page=100")"
is "per_page 101 is refused" 400 "$(code a0 "$auth0/users?per_page=101")"
is "the same users twice" "$users" "$(a0 "$auth0/users")"
lacks "no tokens of identity providers" PLANTED "$users"
first=$(text user_id <<<"$(a0 "$auth0/users?per_page=1&fields=user_id")")
has "a user by id" "\"user_id\":\"$first\"" "$(a0 "$auth0/users/${first//|/%7C}")"
is "fields picks" "[{\"user_id\":\"$first\"}]" "$(a0 "$auth0/users?per_page=1&fields=user_id")"
has "nobody by id" inexistent_user "$(a0 "$auth0/users/auth0%7Cnobody")"
has "limit headers are always there" "x-ratelimit-remaining: " "$(a0 -i "$auth0/users?per_page=1")"

# --- search
has "q needs an engine" "search_engine=v2|v3" "$(a0 -G "$auth0/users" --data-urlencode 'q=email_verified:true')"
has "v1 is refused" "not allowed to use search_engine=v1" "$(a0 "$auth0/users?search_engine=v1")"
has "a broken q is told" "invalid query" "$(search 'updated_at:[2026 TO')"
is "with 400" 400 "$(code search '(email:x')"
email=$(a0 "$auth0/users?per_page=1" | text email)
has "by address, without case" "\"user_id\":\"$first\"" "$(search "email:\"${email^^}\"")"
has "by id" "\"user_id\":\"$first\"" "$(search "user_id:\"$first\"")"
lacks "NOT takes away" '"email_verified":true' "$(search 'NOT email_verified:true' -d per_page=100)"
has "connections are searched in identities" 'google-oauth2|' "$(search 'identities.connection:"google-oauth2"')"
lacks "by connection only" 'auth0|' "$(search 'identities.connection:"google-oauth2"' -d per_page=100)"
is "AND with a contradiction" '[]' "$(search 'email_verified:true AND (email_verified:false OR user_id:"x")')"
sorted=$(search 'updated_at:[2026-06-01T00:00:00.000Z TO *]' -d sort=updated_at:1 -d per_page=100 | grep -o '"updated_at":"[^"]*"')
is "sorted by time" "$(sort <<<"$sorted")" "$sorted"
bound=$(head -n 1 <<<"$sorted" | sed 's/.*:"\(.*\)"/\1/')
has "[ includes the bound" "$bound" "$(search "updated_at:[$bound TO *]" -d sort=updated_at:1 -d per_page=1)"
lacks "{ excludes it" "$bound" "$(search "updated_at:{$bound TO *]" -d sort=updated_at:1 -d per_page=100)"
is "nothing changes after the end of October 2026" '[]' "$(search 'updated_at:[2026-11-01 TO *]')"
touched=$(curl -s -X POST "$base/__users/touch?count=3&seed=5")
is "three were touched" 3 "$(grep -o '|' <<<"$touched" | wc -l | tr -d ' ')"
is "and are found" 3 "$(search 'updated_at:[2026-11-01 TO *]' | grep -o '"given_name":"Touched' | wc -l | tr -d ' ')"
curl -s -o /dev/null "$base/__users" -d '{"user_id":"auth0|added","email":"added@example.com","user_metadata":{"plan":"x"}}'
has "an added user is there" added@example.com "$(a0 "$auth0/users/auth0%7Cadded")"
has "metadata is searched" 'auth0|added' "$(search 'user_metadata.plan:"x"')"
curl -s -X DELETE "$base/__users/auth0%7Cadded"
is "a deleted one is not" 404 "$(code a0 "$auth0/users/auth0%7Cadded")"
curl -s -X DELETE "$base/__users/${first//|/%7C}"
is "nor a generated one" 404 "$(code a0 "$auth0/users/${first//|/%7C}")"

# --- export
make_job() { a0 "$auth0/jobs/users-exports" -H "content-type: application/json" -d "$@"; }
link_of() { a0 "$auth0/jobs/$1" | text location; }
job=$(make_job '{"format":"json","fields":[{"name":"user_id","export_as":"id"},{"name":"identities[0].connection"},{"name":"app_metadata"}]}')
has "a job starts pending" '"status":"pending"' "$job"
link=$(link_of "$(text id <<<"$job")")
has "the link is no API address" "$base/storage/" "$link"
curl -s "$link" | gunzip >"$dir/export"
is "everybody is in it" 2499 "$(wc -l <"$dir/export" | tr -d ' ')"
has "under the wanted names" '"id":"' "$(head -n 1 "$dir/export")"
has "paths with an index" '"identities[0].connection":"' "$(head -n 1 "$dir/export")"
is "and nothing else" 0 "$(grep -c email "$dir/export")"
is "the link refuses credentials" 400 "$(code curl -s "$link" -H 'Authorization: Bearer x')"
limited=$(make_job '{"format":"json","limit":7}' | text id)
is "limit is heeded" 7 "$(curl -s "$(link_of "$limited")" | gunzip | wc -l | tr -d ' ')"
lacks "the default fields hold no metadata" metadata "$(curl -s "$(link_of "$limited")" | gunzip)"
csv=$(make_job '{"format":"csv","fields":[{"name":"user_id"},{"name":"email"}],"limit":1}' | text id)
is "csv has a header" '"user_id","email"' "$(curl -s "$(link_of "$csv")" | gunzip | head -n 1)"
is "an unknown member is refused" 400 "$(code make_job '{"forma":"json"}')"
is "an unknown job" 404 "$(code a0 "$auth0/jobs/job_0000000000000000")"

# --- Brevo: contacts
has "no key" '"message":"authentication not found in headers"' "$(curl -s "$brevo/account")"
has "a wrong key" "Key not found" "$(curl -s "$brevo/account" -H 'api-key: no')"
headers=$(bv -i "$brevo/account")
has "answers have a trace id" "sib-request-id: " "$headers"
has "and limits" "x-sib-ratelimit-reset: " "$headers"
lacks "but not on 401" "x-sib-ratelimit" "$(curl -si "$brevo/account")"
put() { bv -X PUT "$brevo/contacts/$1" -d "${@:2}"; }
post() { bv "$brevo/contacts" -d "$@"; }
is "created" '{"id":1}' "$(post '{"email":"One@example.com","attributes":{"FIRSTNAME":"Zoë","SMS":"+33612345678","NOPE":"x","EMAIL_VERIFIED":"true"},"listIds":[20]}')"
one=$(bv "$brevo/contacts/one%40example.com")
has "unknown and mistyped values vanish" '"attributes":{"FIRSTNAME":"Zoë","SMS":"33612345678"}' "$one"
has "which is counted" '"lost_values":2' "$(state '?summary=1')"
has "an existing address needs updateEnabled" '"duplicate_identifiers":["email"]' "$(post '{"email":"one@example.com"}')"
is "with it: 204" 204 "$(code post '{"email":"one@example.com","updateEnabled":true,"ext_id":"auth0|1"}')"
has "numbers are unique" '"duplicate_identifiers":["SMS"]' "$(post '{"email":"two@example.com","attributes":{"SMS":"0033612345678"}}')"
is "and the contact is not written" 404 "$(code bv "$brevo/contacts/two%40example.com")"
has "bad numbers are refused" "Invalid phone number" "$(post '{"email":"two@example.com","attributes":{"SMS":"0612345678"}}')"
has "bad dates too" "Invalid date format" "$(post '{"email":"two@example.com","attributes":{"SIGNUP_DATE":"01/02/2026"}}')"
has "and bad addresses" invalid_parameter "$(post '{"email":"two@@example.com"}')"
has "a list must exist" invalid_parameter "$(post '{"email":"two@example.com","listIds":[99]}')"
has "found by ext_id" '"id":1' "$(bv "$brevo/contacts/auth0%7C1?identifierType=ext_id")"
has "and by phone" '"id":1' "$(bv "$brevo/contacts/%2B33612345678?identifierType=phone_id")"
has "SMS alone makes an address" mailin-sms.com "$(post '{"attributes":{"SMS":"33699999999"}}'; bv "$brevo/contacts?limit=1")"
has "a wrong limit" out_of_range "$(bv "$brevo/contacts?limit=1001")"
has "nothing is modified since the future" '"count":0' "$(bv "$brevo/contacts?modifiedSince=2099-01-01T00:00:00.000Z")"

# --- Brevo: opting out
patch() { curl -s -o /dev/null "$base/__brevo/contacts/$1" -d "$2"; }
patch one@example.com '{"emailBlacklisted":true}'
is "a write leaves the blocklist alone" 204 "$(code post '{"email":"one@example.com","updateEnabled":true,"listIds":[21]}')"
has "nobody was resubscribed" '"resubscribed":0' "$(state '?summary=1')"
put one%40example.com '{"attributes":{"EMAIL":"uno@example.com"},"emailBlacklisted":true}'
has "a new address with the flag" '"emailBlacklisted":true' "$(bv "$brevo/contacts/uno%40example.com")"
put uno%40example.com '{"attributes":{"EMAIL":"one@example.com"}}'
has "without it opts in" '"emailBlacklisted":false' "$(bv "$brevo/contacts/one%40example.com")"
has "and is counted" '"resubscribed":1' "$(state '?summary=1')"
patch one@example.com '{"unsubscribe_list":20}'
has "unsubscribed from a list" '"listUnsubscribed":[20]' "$(bv "$brevo/contacts/1")"
has "the listing says so" '"listUnsubscribed":[20]' "$(bv "$brevo/contacts?limit=1000&sort=asc")"
post '{"email":"one@example.com","updateEnabled":true,"listIds":[20]}'
has "joining it again is counted" '"resubscribed":2' "$(state '?summary=1')"
is "deleted" 204 "$(code bv -X DELETE "$brevo/contacts/one%40example.com")"
is "is gone" 404 "$(code bv -X DELETE "$brevo/contacts/one%40example.com")"

# --- Brevo: lists and attributes
has "four lists" '"count":4' "$(bv "$brevo/contacts/lists?limit=50")"
is "51 are too many" 400 "$(code bv "$brevo/contacts/lists?limit=51")"
has "a list needs a folder" missing_parameter "$(bv "$brevo/contacts/lists" -d '{"name":"x"}')"
is "a new list" '{"id":24}' "$(bv "$brevo/contacts/lists" -d '{"name":"x","folderId":1}')"
post '{"email":"two@example.com"}' >/dev/null
has "added" '"success":["two@example.com"],"failure":["nobody@example.com"]' "$(bv "$brevo/contacts/lists/24/contacts/add" -d '{"emails":["two@example.com","nobody@example.com"]}')"
has "twice is an error" "already in list" "$(bv "$brevo/contacts/lists/24/contacts/add" -d '{"emails":["two@example.com"]}')"
has "members" two@example.com "$(bv "$brevo/contacts/lists/24/contacts?limit=500")"
has "removed" '"success"' "$(bv "$brevo/contacts/lists/24/contacts/remove" -d '{"emails":["two@example.com"]}')"
many=$(printf '"a%s@example.com",' $(seq 151))
has "151 are too many" out_of_range "$(bv "$brevo/contacts/lists/24/contacts/add" -d "{\"emails\":[${many%,}]}")"
is "a new attribute" 201 "$(code bv "$brevo/contacts/attributes/normal/CITY" -d '{"type":"text"}')"
is "not twice" 400 "$(code bv "$brevo/contacts/attributes/normal/CITY" -d '{"type":"text"}')"
has "is listed" '"name":"CITY","category":"normal","type":"text"' "$(bv "$brevo/contacts/attributes")"

# --- Brevo: imports
has "an import needs a list" missing_parameter "$(bv "$brevo/contacts/import" -d '{"jsonBody":[{"email":"a@example.com"}]}')"
import '{"listIds":[22],"jsonBody":[{"email":"three@example.com","attributes":{"SMS":"+33600000001","NOPE":1,"EMAIL_VERIFIED":true}},{"email":"four@example.com","attributes":{"SMS":"33600000001"}},{"email":"bad@"},{"email":"five@example.com","attributes":{"SMS":"call me"}}]}'
process=$(bv "$brevo/processes?limit=1")
has "bad addresses are counted" '"invalid_emails":1' "$process"
has "and numbers" '"duplicate_phone_id":2' "$process"
has "other counters are null" '"duplicate_ext_id":null' "$process"
is "the rows are dropped whole" 404 "$(code bv "$brevo/contacts/five%40example.com")"
has "the owner got a mail" '"owner_mails":1' "$(state '?summary=1')"
import '{"listIds":[22],"disableNotification":true,"jsonBody":[{"email":"three@example.com","attributes":{"EMAIL_VERIFIED":false,"FIRSTNAME":""}},{"email":"THREE@example.com"}]}'
has "and none for the second" '"owner_mails":1' "$(state '?summary=1')"
has "an import overwrites" '"EMAIL_VERIFIED":false' "$(bv "$brevo/contacts/three%40example.com")"
has "an address twice is counted" '"duplicate_email_id":1' "$(bv "$brevo/processes?limit=1")"
has "an unknown process" '"code":"invalid_parameter"' "$(bv "$brevo/processes/999")"
{ printf '{"listIds":[22],"jsonBody":[{"email":"big@example.com","attributes":{"FIRSTNAME":"'; head -c 10485760 /dev/zero | tr '\0' x; printf '"}}]}'; } >"$dir/big"
has "more than 10 MB are refused" "10 MB" "$(bv "$brevo/contacts/import" -H 'Expect:' --data-binary "@$dir/big")"
first_state=$(state)
is "the state is stable" "$first_state" "$(state)"
has "and has a digest" '"digest":"' "$(state '?summary=1')"
has "calls are counted" '"POST /contacts/import":4' "$(curl -s "$base/__counts")"
curl -s -X POST "$base/__counts/reset"
has "and reset" '"brevo":{"total":0}' "$(curl -s "$base/__counts")"

# --- faults
fault '{"match":"GET /users","side":"auth0","status":503,"after":1,"times":2,"headers":{"Retry-After":"1"},"body":"busy"}'
is "one passes" 200 "$(code a0 "$auth0/users")"
has "then the status" "HTTP/1.1 503" "$(a0 -i "$auth0/users")"
has "with its headers and body" busy "$(a0 "$auth0/users")"
is "then all is well" 200 "$(code a0 "$auth0/users")"
fault '{"match":"GET /users","action":"drop"}'
a0 "$auth0/users"; is "a dropped connection" 52 $?
fault '{"match":"GET /users","action":"truncate"}'
a0 -o /dev/null "$auth0/users"; is "a body cut short" 18 $?
fault '{"match":"GET /users","action":"garbage"}'
is "garbage" '{"users":[{"user_id":"auth0|' "$(a0 "$auth0/users")"
fault '{"side":"auth0","action":"hang"}'
a0 -m 0.3 "$auth0/users"; is "a hanging one" 28 $?
fault '{"match":"POST /contacts","action":"drop_after"}'
post '{"email":"unsure@example.com"}'; is "done, but unanswered" 52 $?
is "it was done" 200 "$(code bv "$brevo/contacts/unsure%40example.com")"
fault '{"side":"storage","action":"truncate"}'
whole=$(make_job '{"format":"json"}' | text id)
curl -s "$(link_of "$whole")" >"$dir/cut"; is "a file cut short" 18 $?
gunzip <"$dir/cut" >/dev/null 2>&1; is "is no whole gzip" 1 $?
fault '{"match":"GET /users","delay_ms":300}'
begin=$(date +%s%N); a0 -o /dev/null "$auth0/users"; took=$((($(date +%s%N) - begin) / 1000000))
is "a delay" yes "$([ "$took" -ge 300 ] && echo yes || echo "no, $took ms")"
has "a wrong fault is told" "action is one of" "$(curl -s "$base/__faults" -d '{"action":"explode"}')"
fault '{"status":500}'
curl -s -X DELETE "$base/__faults"
is "faults can be dropped" '[]' "$(curl -s "$base/__faults")"
fault '{"match":"GET /users","action":"hang"}'
a0 "$auth0/users" &
stop
is "SIGTERM ends it cleanly, hanging request or not" 0 "$ended"

# --- limits, expiry, delays
start --users 10 --limits free --brevo-limits general --token-ttl 1
a0 "$auth0/users" >/dev/null
a0 "$auth0/users" >/dev/null
limited=$(a0 -i "$auth0/users")
has "the third call within a second" "HTTP/1.1 429" "$limited"
has "says so" '"errorCode":"too_many_requests"' "$limited"
has "and the limit" "x-ratelimit-limit: 2" "$limited"
has "nothing remains" "x-ratelimit-remaining: 0" "$limited"
for _ in $(seq 100); do bv -o /dev/null "$brevo/account"; done
limited=$(bv -i "$brevo/account")
has "100 an hour" "HTTP/1.1 429" "$limited"
has "by the hour" "x-sib-ratelimit-limit: 100" "$limited"
has "contacts have their own limit" "x-sib-ratelimit-limit: 10" "$(bv -i "$brevo/contacts?limit=1")"
sleep 1.2
has "tokens expire" "Expired token" "$(a0 "$auth0/users")"

start --users 5 --search-delay 60000 --link-ttl 1 --export-ms 0 --scopes "read:stats" --put-flag-loses --import-false-sticky --import-ms 0 --bare
has "a missing scope is named" "expected any of: read:users" "$(a0 "$auth0/users")"
has "--bare" '"attributes":["FIRSTNAME","LASTNAME","SMS"]' "$(state '?summary=1')"
post '{"email":"a@example.com","emailBlacklisted":true}' >/dev/null
put a%40example.com '{"attributes":{"EMAIL":"b@example.com"},"emailBlacklisted":true}'
has "the flag may lose" '"emailBlacklisted":false' "$(bv "$brevo/contacts/b%40example.com")"
bv "$brevo/contacts/attributes/normal/YES" -d '{"type":"boolean"}'
import '{"listIds":[20],"jsonBody":[{"email":"b@example.com","attributes":{"YES":true}}]}'
import '{"listIds":[20],"jsonBody":[{"email":"b@example.com","attributes":{"YES":false}}]}'
has "true may stick" '"YES":true' "$(bv "$brevo/contacts/b%40example.com")"

start --users 5 --search-delay 60000 --link-ttl 1 --export-ms 0 --plant-secrets
curl -s -o /dev/null "$base/__users" -d '{"user_id":"auth0|new","email":"new@example.com"}'
is "a new user by id at once" 200 "$(code a0 "$auth0/users/auth0%7Cnew")"
is "by search later" '[]' "$(search 'user_id:"auth0|new"')"
has "secrets can be planted" PLANTED "$(a0 "$auth0/users")"
link=$(link_of "$(make_job '{"format":"json"}' | text id)")
sleep 1.2
has "links expire" "Request has expired" "$(curl -s "$link")"

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
