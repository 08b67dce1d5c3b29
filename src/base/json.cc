/* json.cc: JSON text into a flat row of tokens, behind json.h; the only file that sees simdjson.
 *
 * simdjson's first stage does what vectors are good at: it checks the UTF-8, finds the places where
 * a structural character, a string or a scalar begins, and refuses open strings and raw control
 * characters, 64 bytes at a time, with the best code for the processor at hand. The grammar over
 * those places, numbers, escapes and limits are done here, in one loop without recursion.
 *
 * Measured on a 2-core machine, objects of seven fields and 140 bytes: the first stage takes 28 ns;
 * simdjson's DOM and a walk over it 90 ns, and the literal text of numbers is lost; its on-demand
 * parser with every value looked at 79 ns, before a token is written, and by recursion. First stage
 * and the loop below: 94 ns, tokens written and everything checked.
 *
 * Owns the parser's buffers. No exception leaves this file: simdjson is built with error
 * codes and what runs on outside bytes is noexcept. What a value means for a column is
 * src/format's. */
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

#define _Noreturn [[noreturn]]
extern "C" {
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
}
#include "base/json.h"

using simdjson::error_code;
using Scanner = simdjson::internal::dom_parser_implementation;

namespace
{

/* A parser that grew past the second pair for one record is cut back by the next small one. */
constexpr size_t FIRST_BYTES = 4096, FIRST_TOKENS = 1024;
constexpr size_t KEEP_BYTES_MAX = 1 << 20, KEEP_TOKENS_MAX = 128 << 10;
constexpr size_t SMALL_BYTES = 64 << 10;

struct Problem { /* `what` is NULL while all is well */
    const char *what;
    size_t at;
    ErrCode code;
};

} // namespace

struct JsonParser {
    std::unique_ptr<Scanner> scanner;
    size_t bytes_max;  /* texts up to this length fit into scanner and unescaped */
    JsonToken *tokens; /* [tokens_max] */
    size_t tokens_max;
    char *unescaped; /* [bytes_max]: an unescaped string is never longer than its literal */
    size_t unescaped_len;
    uint32_t open[LIMIT_JSON_DEPTH]; /* token index of every container around the current value */
};

namespace
{

/* ---- the state of one parse ---- */

struct Walk {
    JsonParser *p;
    const char *text;
    size_t len;
    const uint32_t *at, *end; /* places found by the first stage; *end is len */
    const char *escape;       /* the next backslash, or the end of the text */
    uint32_t count;           /* tokens so far */
    uint32_t depth;
    JsonToken *outer; /* the container around the current value; NULL at the root */
    Problem problem;
};

bool fail(Walk &w, size_t at, const char *what, ErrCode code = ERR_DECODE)
{
    w.problem = {what, at, code};
    return false;
}

inline bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline bool is_digit(char c)
{
    return static_cast<unsigned char>(c - '0') < 10;
}

inline Str str_between(const char *from, const char *to)
{
    return {from, static_cast<uint32_t>(to - from)};
}

/* ---- strings ---- */

int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hex digits behind \u; -1 when they are not. */
int32_t hex_unit(const char *s, const char *end)
{
    if (end - s < 4)
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(s[i]);
        if (d < 0)
            return -1;
        unit = unit * 16 + d;
    }
    return unit;
}

char *put_code_point(char *out, int32_t c)
{
    auto byte = [&out](int32_t b) { *out++ = static_cast<char>(b); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
    } else {
        byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F));
        byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
    }
    return out;
}

/* The code point of \uXXXX, or of a pair of them; `s` stands behind the first \u. A surrogate that
 * stands alone cannot be written as UTF-8, so the text is refused. */
const char *take_unicode(Walk &w, const char *s, const char *end, int32_t *code_point)
{
    int32_t high = hex_unit(s, end);
    size_t at = static_cast<size_t>(s - w.text) - 2;
    if (high < 0)
        return fail(w, at, "\\u needs four hexadecimal digits"), nullptr;
    s += 4;
    *code_point = high;
    if (high < 0xD800 || high > 0xDFFF)
        return s;
    int32_t low = end - s >= 6 && s[0] == '\\' && s[1] == 'u' ? hex_unit(s + 2, end) : -1;
    if (high > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return fail(w, at, "a surrogate stands alone"), nullptr;
    *code_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return s + 6;
}

/* What the letter behind a backslash stands for; 0 for none. */
char simple_escape(char c)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *found = c ? std::strchr(letters, c) : nullptr;
    return found ? meanings[found - letters] : '\0';
}

/* The literal [s, end), which holds a backslash, into the parser's own buffer. */
bool unescape(Walk &w, JsonToken &t, const char *s, const char *end)
{
    char *start = w.p->unescaped + w.p->unescaped_len, *out = start;
    while (s < end) {
        auto left = static_cast<size_t>(end - s);
        auto slash = static_cast<const char *>(std::memchr(s, '\\', left));
        size_t plain = slash ? static_cast<size_t>(slash - s) : left;
        std::memcpy(out, s, plain);
        out += plain;
        s += plain;
        if (!slash)
            break;
        if (end - s >= 2 && s[1] == 'u') {
            int32_t code_point;
            s = take_unicode(w, s + 2, end, &code_point);
            if (!s)
                return false;
            out = put_code_point(out, code_point);
            continue;
        }
        char c = end - s >= 2 ? simple_escape(s[1]) : '\0';
        if (!c)
            return fail(w, static_cast<size_t>(s - w.text), "unknown escape in a string");
        *out++ = c;
        s += 2;
    }
    w.p->unescaped_len += static_cast<size_t>(out - start);
    t.text = str_between(start, out);
    return true;
}

/* The first stage has masked everything inside strings, so the closing quote is the last character
 * before the next place that is not blank: no need to look for it. */
inline bool take_string(Walk &w, JsonToken &t, uint32_t here, uint32_t limit)
{
    const char *start = w.text + here + 1, *end = w.text + limit - 1;
    while (end >= start && is_blank(*end))
        end--;
    if (end < start || *end != '"')
        return fail(w, here, "a string is not closed");
    t.kind = JSON_STRING;
    t.text = str_between(start, end);
    if (t.text.len > LIMIT_STRING_BYTES)
        return fail(w, here, "a string is too long", ERR_LIMIT);
    if (w.escape >= end)
        return true;
    if (!unescape(w, t, start, end))
        return false;
    auto next = std::memchr(end, '\\', static_cast<size_t>(w.text + w.len - end));
    w.escape = next ? static_cast<const char *>(next) : w.text + w.len;
    return true;
}

/* ---- numbers ---- */

struct Number {       /* what the digits of a literal amount to */
    uint64_t digits;  /* all digits as one integer; meaningless past 19 of them */
    int64_t count;    /* of digits before the exponent */
    int64_t fraction; /* of digits behind the point */
    int64_t exponent; /* as written, cut off at a million */
    bool negative;
};

inline const char *take_digits(const char *s, const char *end, uint64_t *value)
{
    uint64_t v = *value;
    for (; s < end && is_digit(*s); s++)
        v = v * 10 + static_cast<uint64_t>(*s - '0');
    *value = v;
    return s;
}

/* "e+10": NULL when it is malformed. */
const char *take_exponent(const char *s, const char *end, int64_t *exponent, int64_t *digits)
{
    bool negative = ++s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    const char *first = s;
    int64_t e = 0;
    for (; s < end && is_digit(*s); s++)
        e = e < 1000000 ? e * 10 + (*s - '0') : e;
    *digits = s - first;
    *exponent = negative ? -e : e;
    return *digits ? s : nullptr;
}

/* The nearest double. Up to 2^53 and ten to the 22nd both factors are exact, so one rounding gives
 * the right answer; the rest goes to the library. */
double nearest_double(const Number &n, Str literal)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t e = n.exponent - n.fraction;
    if (n.count <= 19 && n.digits <= uint64_t{1} << 53 && e >= -22 && e <= 22) {
        auto d = static_cast<double>(n.digits);
        d = e < 0 ? d / powers[-e] : d * powers[e];
        return n.negative ? -d : d;
    }
    double d = 0;
    auto result = std::from_chars(literal.ptr, literal.ptr + literal.len, d);
    if (result.ec == std::errc::result_out_of_range) {
        /* The library does not say which end was passed: the place of the first digit does. */
        const char *s = literal.ptr + n.negative;
        int64_t zeros = 0;
        for (; *s == '0' || *s == '.'; s++)
            zeros += *s == '0';
        d = n.count - n.fraction - zeros + n.exponent > 0 ? HUGE_VAL : 0.0;
        d = n.negative ? -d : d;
    }
    return d;
}

/* A fraction or exponent, or an integer past int64: from `s` on, `n` holding the integer part. */
bool take_long_number(Walk &w, JsonToken &t, Number n, const char *s, const char *end)
{
    auto here = static_cast<size_t>(t.text.ptr - w.text);
    int64_t exponent_digits = 0;
    if (s < end && *s == '.') {
        const char *first = ++s;
        s = take_digits(s, end, &n.digits);
        n.fraction = s - first;
        n.count += n.fraction;
        if (n.fraction == 0)
            return fail(w, here, "a number needs a digit behind its point");
    }
    if (s < end && (*s | 0x20) == 'e')
        s = take_exponent(s, end, &n.exponent, &exponent_digits);
    if (s != end)
        return fail(w, here, "not a number");
    if (n.count + exponent_digits > LIMIT_NUMBER_DIGITS)
        return fail(w, here, "a number has too many digits", ERR_LIMIT);
    t.kind = JSON_NUMBER;
    t.f64 = nearest_double(n, t.text);
    return true;
}

inline bool take_number(Walk &w, JsonToken &t, uint32_t here, uint32_t limit)
{
    const char *s = w.text + here, *end = w.text + limit;
    while (is_blank(end[-1]))
        end--;
    t.text = str_between(s, end);
    Number n = {};
    n.negative = *s == '-';
    s += n.negative;
    const char *first = s;
    s = take_digits(s, end, &n.digits);
    n.count = s - first;
    if (n.count == 0 || (*first == '0' && n.count > 1))
        return fail(w, here, "not a number");
    uint64_t most = static_cast<uint64_t>(INT64_MAX) + n.negative;
    if (s != end || n.count > 19 || n.digits > most)
        return take_long_number(w, t, n, s, end);
    t.kind = JSON_INT;
    t.i64 = static_cast<int64_t>(n.negative ? 0 - n.digits : n.digits);
    return true;
}

/* ---- the grammar ---- */

bool take_word(Walk &w, JsonToken &t, uint32_t here, uint32_t limit)
{
    static const struct {
        JsonKind kind;
        Str text;
    } words[] = {{JSON_NULL, {"null", 4}}, {JSON_FALSE, {"false", 5}}, {JSON_TRUE, {"true", 4}}};
    const char *s = w.text + here, *end = w.text + limit;
    while (is_blank(end[-1]))
        end--;
    for (const auto &word : words) {
        if (!str_eq(word.text, str_between(s, end)))
            continue;
        t.kind = static_cast<uint8_t>(word.kind);
        t.text = word.text;
        return true;
    }
    return fail(w, here, "a value is expected");
}

/* The next token, cleared. As many as there are places have been reserved, and each takes one. */
inline JsonToken &add_token(Walk &w)
{
    JsonToken &t = w.p->tokens[w.count++];
    t.count = 0;
    t.next = w.count;
    return t;
}

inline bool take_scalar(Walk &w, char c)
{
    uint32_t here = w.at[0], limit = w.at[1];
    w.at++;
    JsonToken &t = add_token(w);
    if (c == '"')
        return take_string(w, t, here, limit);
    if (c == '-' || is_digit(c))
        return take_number(w, t, here, limit);
    return take_word(w, t, here, limit);
}

/* The key of the next pair and its colon. */
inline bool take_key(Walk &w)
{
    if (w.end - w.at < 2 || w.text[w.at[0]] != '"')
        return fail(w, *w.at, "an object needs a string as key");
    uint32_t here = w.at[0], behind = w.at[1];
    if (!take_string(w, add_token(w), here, behind))
        return false;
    if (w.text[behind] != ':')
        return fail(w, behind, "':' is expected");
    w.at += 2;
    return true;
}

inline bool open_container(Walk &w, char c)
{
    if (w.depth == LIMIT_JSON_DEPTH)
        return fail(w, *w.at, "nested too deeply", ERR_LIMIT);
    w.p->open[w.depth++] = w.count;
    JsonToken &t = add_token(w);
    t.kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
    t.text.ptr = w.text + *w.at++;
    w.outer = &t;
    return true;
}

inline bool at_closer(const Walk &w)
{
    return w.at < w.end && w.text[*w.at] == (w.outer->kind == JSON_OBJECT ? '}' : ']');
}

/* A value has ended: so may the containers around it. Stops behind a comma, or at the root. */
inline bool close_containers(Walk &w)
{
    while (w.outer) {
        if (w.at >= w.end)
            return fail(w, w.len, "the text ends too early");
        bool object = w.outer->kind == JSON_OBJECT;
        uint32_t here = *w.at++;
        char c = w.text[here];
        if (c == ',')
            return true;
        if (c != (object ? '}' : ']'))
            return fail(w, here, object ? "',' or '}' is expected" : "',' or ']' is expected");
        w.outer->text = str_between(w.outer->text.ptr, w.text + here + 1);
        w.outer->next = w.count;
        w.outer = --w.depth ? &w.p->tokens[w.p->open[w.depth - 1]] : nullptr;
    }
    return true;
}

bool take_all(Walk &w)
{
    for (;;) {
        if (w.outer) {
            w.outer->count++;
            if (w.outer->kind == JSON_OBJECT && !take_key(w))
                return false;
        }
        if (w.at >= w.end)
            return fail(w, w.len, "the text ends too early");
        char c = w.text[*w.at];
        if (c == '{' || c == '[') {
            if (!open_container(w, c))
                return false;
            if (!at_closer(w))
                continue;
        } else if (!take_scalar(w, c)) {
            return false;
        }
        if (!close_containers(w))
            return false;
        if (!w.outer)
            return w.at == w.end || fail(w, *w.at, "text behind the value");
    }
}

/* ---- the parser ---- */

void make_room(JsonParser *p, size_t bytes)
{
    mem_free(p->unescaped);
    p->unescaped = static_cast<char *>(mem_alloc(bytes));
    error_code code = p->scanner
                          ? p->scanner->set_capacity(bytes)
                          : simdjson::get_active_implementation()->create_dom_parser_implementation(
                                bytes, 1, p->scanner);
    if (code != simdjson::SUCCESS)
        mem_die("out of memory", bytes);
    p->bytes_max = bytes;
}

void make_room_for_tokens(JsonParser *p, size_t count)
{
    mem_free(p->tokens);
    p->tokens = static_cast<JsonToken *>(mem_alloc(count * sizeof(JsonToken)));
    p->tokens_max = count;
}

/* Fit for a text of this length, grown by doubling. What one huge record took is given back. */
void fit_text(JsonParser *p, size_t bytes)
{
    size_t room = p->bytes_max ? p->bytes_max : FIRST_BYTES;
    bool large = room > KEEP_BYTES_MAX || p->tokens_max > KEEP_TOKENS_MAX;
    if (large && bytes <= SMALL_BYTES) {
        room = SMALL_BYTES;
        make_room_for_tokens(p, FIRST_TOKENS);
    }
    while (room < bytes)
        room *= 2;
    if (room != p->bytes_max)
        make_room(p, room);
}

bool scan(Walk &w)
{
    auto bytes = reinterpret_cast<const uint8_t *>(w.text);
    switch (w.p->scanner->stage1(bytes, w.len, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
        return true;
    case simdjson::UTF8_ERROR:
        return fail(w, 0, "the text is not UTF-8");
    case simdjson::UNESCAPED_CHARS:
        return fail(w, 0, "a control character in a string");
    case simdjson::UNCLOSED_STRING:
        return fail(w, 0, "a string is not closed");
    default:
        return fail(w, 0, "no value");
    }
}

bool parse(Walk &w) noexcept
{
    fit_text(w.p, w.len);
    if (w.len == 0 || !scan(w))
        return w.problem.what ? false : fail(w, 0, "no value");
    size_t places = w.p->scanner->n_structural_indexes;
    if (places > JSON_PLACES_MAX)
        return fail(w, 0, "too many values", ERR_LIMIT);
    if (places > w.p->tokens_max)
        make_room_for_tokens(w.p, places + places / 2);
    w.at = w.p->scanner->structural_indexes.get();
    w.end = w.at + places;
    w.p->unescaped_len = 0;
    auto slash = std::memchr(w.text, '\\', w.len);
    w.escape = slash ? static_cast<const char *>(slash) : w.text + w.len;
    return take_all(w);
}

} // namespace

extern "C" JsonParser *json_new(void)
{
    auto p = new (std::nothrow) JsonParser();
    if (!p)
        mem_die("out of memory", sizeof *p);
    fit_text(p, FIRST_BYTES);
    return p;
}

extern "C" void json_free(JsonParser *p)
{
    if (!p)
        return;
    mem_free(p->tokens);
    mem_free(p->unescaped);
    delete p;
}

extern "C" Rc json_parse(JsonParser *p, Str input, const JsonToken **tokens, uint32_t *count,
                         Err *err)
{
    Walk w = {};
    w.p = p;
    w.text = input.ptr;
    w.len = input.len;
    if (!parse(w))
        return err_set(err, ERR_KIND_DATA, w.problem.code, "invalid JSON at byte %zu: %s",
                       w.problem.at, w.problem.what);
    *tokens = p->tokens;
    *count = w.count;
    return 0;
}
