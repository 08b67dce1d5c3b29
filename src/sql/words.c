/* words.c: which words are keywords, and what the neighbours make of them (statements.md 1.3).
 *
 * Owns the table of keywords and their codes. A word that is not in it is a name. Reserved words
 * have to be quoted to be names (type/schema.c knows them too, for printing; a test compares the
 * two); the others are keywords only where the grammar wants them, which parse.c finds out. */
#include <stdlib.h>

#include "sql/make.h"

#include "oxbow.h"

typedef enum Use { RESERVED, FREE } Use;

typedef struct Word {
    const char *text;
    int code;
    Use use;
} Word;

/* In order of the alphabet, for bsearch. Reserved words without a code of their own stand in no
 * rule of the grammar; free ones without a rule are not listed, being plain names. */
static const Word words[] = {
    {"ADD", TK_ADD, FREE},
    {"ADVANCE", TK_ADVANCE, RESERVED},
    {"ALL", TK_ALL, RESERVED},
    {"ALTER", TK_ALTER, FREE},
    {"AND", TK_AND, RESERVED},
    {"ARRAY", TK_ARRAY, FREE},
    {"AS", TK_AS, RESERVED},
    {"ASSERT", TK_ASSERT, FREE},
    {"AT", TK_AT, RESERVED},
    {"BEGINNING", TK_BEGINNING, RESERVED},
    {"BETWEEN", TK_BETWEEN, RESERVED},
    {"BY", TK_BY, RESERVED},
    {"CASE", TK_CASE, RESERVED},
    {"CAST", TK_CAST, RESERVED},
    {"CATALOG", TK_RESERVED, RESERVED},
    {"CHANGES", TK_CHANGES, FREE},
    {"COLUMN", TK_COLUMN, FREE},
    {"CONNECTOR", TK_CONNECTOR, RESERVED},
    {"CONNECTORS", TK_CONNECTORS, RESERVED},
    {"CREATE", TK_CREATE, RESERVED},
    {"DAY", TK_DAY, FREE},
    {"DAYS", TK_DAYS, RESERVED},
    {"DECIMAL", TK_DECIMAL, RESERVED},
    {"DEFINE", TK_DEFINE, FREE},
    {"DELETE", TK_DELETE, RESERVED},
    {"DESCRIBE", TK_DESCRIBE, RESERVED},
    {"DISTINCT", TK_DISTINCT, RESERVED},
    {"DROP", TK_DROP, RESERVED},
    {"ELSE", TK_ELSE, RESERVED},
    {"EMIT", TK_EMIT, FREE},
    {"END", TK_END, RESERVED},
    {"ESCAPE", TK_ESCAPE, FREE},
    {"EXISTS", TK_EXISTS, RESERVED},
    {"EXPLAIN", TK_EXPLAIN, FREE},
    {"EXPORT", TK_RESERVED, RESERVED},
    {"EXTENDED", TK_EXTENDED, RESERVED},
    {"FALSE", TK_FALSE, RESERVED},
    {"FINAL", TK_FINAL, FREE},
    {"FROM", TK_FROM, RESERVED},
    {"FULL", TK_FULL, RESERVED},
    {"FUNCTION", TK_FUNCTION, FREE},
    {"FUNCTIONS", TK_FUNCTIONS, FREE},
    {"GRACE", TK_GRACE, FREE},
    {"GROUP", TK_GROUP, RESERVED},
    {"HAVING", TK_HAVING, RESERVED},
    {"HEADER", TK_HEADER, FREE},
    {"HEADERS", TK_HEADERS, FREE},
    {"HOPPING", TK_HOPPING, RESERVED},
    {"HOUR", TK_HOUR, FREE},
    {"HOURS", TK_HOURS, RESERVED},
    {"ID", TK_ID, FREE},
    {"IF", TK_IF, FREE},
    {"IN", TK_IN, RESERVED},
    {"INNER", TK_INNER, RESERVED},
    {"INSERT", TK_INSERT, RESERVED},
    {"INTERVAL", TK_INTERVAL, FREE},
    {"INTO", TK_INTO, RESERVED},
    {"IS", TK_IS, RESERVED},
    {"JOIN", TK_JOIN, RESERVED},
    {"KEY", TK_KEY, FREE},
    {"LEFT", TK_LEFT, RESERVED},
    {"LIKE", TK_LIKE, RESERVED},
    {"LIMIT", TK_LIMIT, RESERVED},
    {"LIST", TK_LIST, RESERVED},
    {"LOAD", TK_RESERVED, RESERVED},
    {"MAP", TK_MAP_OF, FREE},
    {"MATERIALIZED", TK_RESERVED, RESERVED},
    {"MILLISECOND", TK_MILLISECOND, RESERVED},
    {"MILLISECONDS", TK_MILLISECONDS, RESERVED},
    {"MINUTE", TK_MINUTE, FREE},
    {"MINUTES", TK_MINUTES, RESERVED},
    {"MONTHS", TK_RESERVED, RESERVED},
    {"NAMESPACE", TK_RESERVED, RESERVED},
    {"NOT", TK_NOT, RESERVED},
    {"NULL", TK_NULL, RESERVED},
    {"ON", TK_ON, RESERVED},
    {"OR", TK_OR, RESERVED},
    {"OUTER", TK_OUTER, RESERVED},
    {"PARTITION", TK_PARTITION, FREE},
    {"PAUSE", TK_PAUSE, RESERVED},
    {"PERIOD", TK_PERIOD, FREE},
    {"PLUGINS", TK_PLUGINS, FREE},
    {"PRIMARY", TK_PRIMARY, FREE},
    {"PRINT", TK_PRINT, RESERVED},
    {"PROPERTIES", TK_PROPERTIES, RESERVED},
    {"QUERIES", TK_QUERIES, RESERVED},
    {"QUERY", TK_RESERVED, RESERVED},
    {"RENAME", TK_RESERVED, RESERVED},
    {"REPLACE", TK_REPLACE, FREE},
    {"RESUME", TK_RESUME, RESERVED},
    {"RETENTION", TK_RETENTION, RESERVED},
    {"RIGHT", TK_RIGHT, RESERVED},
    {"RUN", TK_RUN, RESERVED},
    {"SAMPLE", TK_SAMPLE, RESERVED},
    {"SCHEMA", TK_SCHEMA, FREE},
    {"SCRIPT", TK_SCRIPT, RESERVED},
    {"SECOND", TK_SECOND, FREE},
    {"SECONDS", TK_SECONDS, RESERVED},
    {"SELECT", TK_SELECT, RESERVED},
    {"SESSION", TK_SESSION, FREE},
    {"SET", TK_SET, FREE},
    {"SHOW", TK_SHOW, FREE},
    {"SINK", TK_SINK, FREE},
    {"SIZE", TK_SIZE, RESERVED},
    {"SOURCE", TK_SOURCE, FREE},
    {"STREAM", TK_STREAM, RESERVED},
    {"STREAMS", TK_STREAMS, RESERVED},
    {"STRING", TK_STRING, FREE},
    {"STRUCT", TK_STRUCT_OF, FREE},
    {"SUBJECT", TK_SUBJECT, FREE},
    {"SYSTEM", TK_SYSTEM, FREE},
    {"TABLE", TK_TABLE, RESERVED},
    {"TABLES", TK_TABLES, FREE},
    {"TERMINATE", TK_TERMINATE, RESERVED},
    {"THEN", TK_THEN, RESERVED},
    {"TIME", TK_TIME, FREE},
    {"TIMEOUT", TK_TIMEOUT, FREE},
    {"TO", TK_RESERVED, RESERVED},
    {"TOPIC", TK_TOPIC, RESERVED},
    {"TOPICS", TK_TOPICS, RESERVED},
    {"TRUE", TK_TRUE, RESERVED},
    {"TUMBLING", TK_TUMBLING, RESERVED},
    {"TYPE", TK_TYPE, FREE},
    {"TYPES", TK_TYPES, FREE},
    {"UNDEFINE", TK_UNDEFINE, FREE},
    {"UNSET", TK_UNSET, RESERVED},
    {"VALUES", TK_VALUES, RESERVED},
    {"VARIABLES", TK_VARIABLES, FREE},
    {"VIEW", TK_RESERVED, RESERVED},
    {"WHEN", TK_WHEN, RESERVED},
    {"WHERE", TK_WHERE, RESERVED},
    {"WINDOW", TK_WINDOW, RESERVED},
    {"WITH", TK_WITH, RESERVED},
    {"WITHIN", TK_WITHIN, RESERVED},
    {"YEARS", TK_RESERVED, RESERVED},
    {"ZONE", TK_ZONE, FREE},
};

enum { WORD_COUNT = sizeof words / sizeof words[0], WORD_BYTES_MAX = 16 };

static int compare_word(const void *key, const void *row)
{
    return strcmp(key, ((const Word *)row)->text);
}

int words_find(Str word)
{
    char upper[WORD_BYTES_MAX];
    if (word.len >= sizeof upper)
        return TK_NAME;
    for (uint32_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        upper[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    upper[word.len] = '\0';
    const Word *w = bsearch(upper, words, WORD_COUNT, sizeof words[0], compare_word);
    return w ? w->code : TK_NAME;
}

/* The row of a code, whatever words_relabel made of it. */
static const Word *find_code(int code)
{
    static const int same[][2] = {
        {TK_ARRAY_OF, TK_ARRAY},        {TK_ARRAY_LIST, TK_ARRAY},   {TK_MAP_LIST, TK_MAP_OF},
        {TK_STRUCT_LIST, TK_STRUCT_OF}, {TK_ASSERT_TEST, TK_ASSERT},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (same[i][0] == code)
            code = same[i][1];
    for (int i = 0; i < WORD_COUNT; i++)
        if (words[i].code == code && code != TK_RESERVED)
            return &words[i];
    return NULL;
}

bool words_is_free(int code)
{
    const Word *w = find_code(code);
    return w && w->use == FREE;
}

const char *words_text(int code)
{
    static const struct {
        int code;
        const char *text;
    } others[] = {
        {TK_COMMA, ","},
        {TK_LP, "("},
        {TK_LAMBDA_LP, "("},
        {TK_RP, ")"},
        {TK_LB, "["},
        {TK_RB, "]"},
        {TK_SEMI, ";"},
        {TK_DOT, "."},
        {TK_ARROW, "->"},
        {TK_LAMBDA, "=>"},
        {TK_ASSIGN, ":="},
        {TK_COLON, ":"},
        {TK_EQ, "="},
        {TK_NE, "<>"},
        {TK_LT, "<"},
        {TK_LE, "<="},
        {TK_GT, ">"},
        {TK_GE, ">="},
        {TK_PLUS, "+"},
        {TK_MINUS, "-"},
        {TK_STAR, "*"},
        {TK_SLASH, "/"},
        {TK_PERCENT, "%"},
        {TK_CONCAT, "||"},
        {TK_INTEGER_VALUE, "INTEGER_VALUE"},
        {TK_DECIMAL_VALUE, "DECIMAL_VALUE"},
        {TK_FLOAT_VALUE, "FLOATING_POINT_VALUE"},
        {TK_STRING_VALUE, "STRING"},
        {TK_NAME, "IDENTIFIER"},
    };
    const Word *w = find_code(code);
    if (w)
        return w->text;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i].code == code)
            return others[i].text;
    return "";
}

/* ---- what the next token makes of a word --------------------------------------------------- */

/* A word becomes `code` before any of `next`, the first row that fits; a word of this table that
 * fits no row becomes `otherwise`. */
static const struct {
    int word, next[4], code, otherwise;
} relabels[] = {
    {TK_ARRAY, {TK_LT}, TK_ARRAY_OF, TK_ARRAY}, /* by itself: the suffix of a type */
    {TK_ARRAY, {TK_LB}, TK_ARRAY_LIST, TK_ARRAY},
    {TK_MAP_OF, {TK_LT}, TK_MAP_OF, TK_NAME},
    {TK_MAP_OF, {TK_LP}, TK_MAP_LIST, TK_NAME},
    {TK_STRUCT_OF, {TK_LT, TK_NE}, TK_STRUCT_OF, TK_NAME},
    {TK_STRUCT_OF, {TK_LP}, TK_STRUCT_LIST, TK_NAME},
    {TK_IF, {TK_NOT, TK_EXISTS}, TK_IF, TK_NAME},
    {TK_SESSION, {TK_LP}, TK_SESSION, TK_NAME},
    {TK_HEADER, {TK_LP}, TK_HEADER, TK_NAME},
    {TK_ESCAPE, {TK_STRING_VALUE}, TK_ESCAPE, TK_NAME},
};

static int relabel_word(int word, int next)
{
    int otherwise = word;
    for (size_t i = 0; i < sizeof relabels / sizeof relabels[0]; i++) {
        if (relabels[i].word != word)
            continue;
        otherwise = relabels[i].otherwise;
        for (int k = 0; k < 4 && relabels[i].next[k]; k++)
            if (relabels[i].next[k] == next)
                return relabels[i].code;
    }
    return otherwise;
}

/* `( name, name ) =>` opens a lambda. Two of these runs never overlap, so all of them together cost
 * no more than one walk over the text. */
static bool is_lambda(const Token *t)
{
    for (t++;; t += 2) {
        if (t->code != TK_NAME && !words_is_free(t->code))
            return false;
        if (t[1].code == TK_RP)
            return t[2].code == TK_LAMBDA;
        if (t[1].code != TK_COMMA)
            return false;
    }
}

/* Test scripts know a few statements more; to all others RUN is a word without meaning. */
static int relabel_test(int word, int next, bool tests)
{
    static const int asserted[] = {TK_VALUES, TK_NULL, TK_STREAM, TK_TABLE};
    if (word == TK_RUN && !tests)
        return TK_RESERVED;
    if (word == TK_ASSERT && tests)
        for (size_t i = 0; i < sizeof asserted / sizeof asserted[0]; i++)
            if (asserted[i] == next)
                return TK_ASSERT_TEST;
    return word;
}

void words_relabel(TokenList tokens, bool tests)
{
    for (int i = 0; i < tokens.count; i++) {
        Token *t = &tokens.items[i]; /* behind the last one stands the end, code 0 */
        if (t->code == TK_LP) {
            if (is_lambda(t))
                t->code = TK_LAMBDA_LP;
        } else {
            t->code = relabel_test(relabel_word(t->code, t[1].code), t[1].code, tests);
        }
    }
}
