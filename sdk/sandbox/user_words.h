/* SPDX-License-Identifier: Apache-2.0
 *
 * The words generated users are made of. Domains are reserved ones: no mail can reach anybody.
 */
#ifndef SANDBOX_USER_WORDS_H
#define SANDBOX_USER_WORDS_H

struct user_word {
    const char *text;
    const char *ascii; /* as it stands in an address */
};

static const struct user_word given_names[] = {
    {"Anna", "anna"},         {"Ben", "ben"},       {"Zoë", "zoe"},          {"Jürgen", "juergen"},
    {"José", "jose"},         {"Łukasz", "lukasz"}, {"Søren", "soren"},      {"Chloé", "chloe"},
    {"Maria", "maria"},       {"James", "james"},   {"Olena", "olena"},      {"Олена", "olena"},
    {"美咲", "misaki"},       {"محمد", "mohammed"}, {"Ngọc", "ngoc"},        {"Aoife", "aoife"},
    {"Emma", "emma"},         {"Noah", "noah"},     {"Liam", "liam"},        {"Mia", "mia"},
    {"François", "francois"}, {"Inês", "ines"},     {"Björn", "bjoern"},     {"Ayşe", "ayse"},
    {"Priya", "priya"},       {"Wei", "wei"},       {"Thabo", "thabo"},      {"Fatima", "fatima"},
    {"Luca", "luca"},         {"Sofia", "sofia"},   {"Jean-Luc", "jeanluc"}, {"D'Arcy", "darcy"},
};

static const struct user_word family_names[] = {
    {"Smith", "smith"},
    {"Müller", "mueller"},
    {"García", "garcia"},
    {"Rossi", "rossi"},
    {"Dubois", "dubois"},
    {"Kowalski", "kowalski"},
    {"Jensen", "jensen"},
    {"Nguyễn", "nguyen"},
    {"Yılmaz", "yilmaz"},
    {"O'Brien", "obrien"},
    {"de la Cruz", "delacruz"},
    {"van Dijk", "vandijk"},
    {"Шевченко", "shevchenko"},
    {"佐藤", "sato"},
    {"الأحمد", "alahmad"},
    {"Lefèvre", "lefevre"},
    {"Novák", "novak"},
    {"Horváth", "horvath"},
    {"Silva", "silva"},
    {"Johansson", "johansson"},
    {"Papadopoulos", "papadopoulos"},
    {"Kaur", "kaur"},
    {"Kim", "kim"},
    {"Mensah", "mensah"},
    {"Ørsted", "orsted"},
    {"Peña", "pena"},
    {"Schäfer", "schaefer"},
    {"Bianchi", "bianchi"},
    {"Moreau", "moreau"},
    {"Williams", "williams"},
    {"Taylor-Jones", "taylorjones"},
    {"Çelik", "celik"},
};

static const char *const mail_domains[] = {
    "example.com",  "example.org",  "example.net",      "mail.example.com",
    "corp.example", "shop.example", "post.example.org", "uni.example",
};

static const char *const companies[] = {
    "Acme",  "Globex GmbH",    "Initech",        "Umbrella & Söhne",
    "Hooli", "Stark \"Labs\"", "Wayne Logistik", "Café Déjà Vu",
};

#endif
