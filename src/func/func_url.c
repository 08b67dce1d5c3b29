/* func_url.c: parts of URLs (functions.md 4.12).
 *
 * The rules are those of RFC 2396 as Java reads them: what it takes for malformed is an error here,
 * and an authority that names no server (an underscore in the host) has neither host nor port. All
 * parts come decoded as UTF-8. Nothing here looks anything up. */
#include "base/utf8.h"
#include "func/func_int.h"

typedef struct Url {
    bool opaque;                             /* mailto: and such: no authority, path or query */
    Str scheme, host, path, query, fragment; /* ptr NULL: there is none */
    int64_t port;                            /* -1: none */
} Url;

/* ---- characters ------------------------------------------------------------------------------ */

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char unreserved[] = "_-!.~'()*";
static const char in_path[] = ":@&=+$,;/";
static const char in_uric[] = ";/?:@&=+$,[]";
static const char in_userinfo[] = ";:&=+$,";
static const char in_registry[] = "$,;:@&=+";

/* Characters past ASCII may stand anywhere but controls and blanks. */
static bool is_other(int32_t c)
{
    return c > 0x9F && c != 0xA0 && c != 0x1680 && !(c >= 0x2000 && c <= 0x200A) && c != 0x2028 &&
           c != 0x2029 && c != 0x202F && c != 0x205F && c != 0x3000;
}

/* Is all of it made of letters, digits, escapes and these? */
static bool made_of(Str s, const char *more)
{
    for (uint32_t at = 0; at < s.len;) {
        char c = s.ptr[at];
        if (c & 0x80) {
            if (!is_other(utf8_next(s, &at)))
                return false;
        } else if (c == '%') {
            if (at + 2 >= s.len || !is_hex(s.ptr[at + 1]) || !is_hex(s.ptr[at + 2]))
                return false;
            at += 3;
        } else {
            if (!c || !(is_alpha(c) || is_digit(c) || strchr(unreserved, c) || strchr(more, c)))
                return false;
            at++;
        }
    }
    return true;
}

static uint32_t find_any(Str s, uint32_t from, const char *stops)
{
    while (from < s.len && !(s.ptr[from] && strchr(stops, s.ptr[from])))
        from++;
    return from;
}

static Str part(Str s, uint32_t from, uint32_t to)
{
    return str_make(s.ptr + from, to - from);
}

/* ---- authority ------------------------------------------------------------------------------- */

static bool is_address(Str s)
{
    int dots = 0;
    uint32_t value = 0, digits = 0;
    for (uint32_t i = 0; i <= s.len; i++) {
        if (i < s.len && is_digit(s.ptr[i]) && digits < 3) {
            value = value * 10 + (uint32_t)(s.ptr[i] - '0');
            digits++;
            continue;
        }
        if (!digits || value > 255 || (i < s.len && (s.ptr[i] != '.' || ++dots > 3)))
            return false;
        value = digits = 0;
    }
    return dots == 3;
}

/* Labels of letters, digits and hyphens within; the last one begins with a letter. */
static bool is_hostname(Str s)
{
    uint32_t from = 0, last = 0;
    if (s.len && s.ptr[s.len - 1] == '.')
        s.len--;
    for (uint32_t i = 0; i <= s.len; i++) {
        if (i < s.len && (is_alpha(s.ptr[i]) || is_digit(s.ptr[i]) || s.ptr[i] == '-'))
            continue;
        if ((i < s.len && s.ptr[i] != '.') || i == from || s.ptr[from] == '-' ||
            s.ptr[i - 1] == '-')
            return false;
        last = from;
        from = i + 1;
    }
    return s.len && is_alpha(s.ptr[last]);
}

static bool is_bracketed(Str s)
{
    bool colon = false;
    if (s.len < 4 || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']')
        return false;
    for (uint32_t i = 1; i + 1 < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') /* a scope follows */
            return colon && i > 2;
        colon = colon || c == ':';
        if (!is_hex(c) && c != ':' && c != '.')
            return false;
    }
    return colon;
}

/* user@host:port; false when it is no server. */
static bool take_server(Str s, Url *u)
{
    uint32_t at = find_any(s, 0, "@"), end;
    if (at < s.len) {
        if (!made_of(part(s, 0, at), in_userinfo))
            return false;
        s = part(s, at + 1, s.len);
    }
    end = s.len && s.ptr[0] == '[' ? find_any(s, 0, "]") + 1 : find_any(s, 0, ":");
    if (end > s.len)
        return false;
    Str host = part(s, 0, end);
    if (!is_address(host) && !is_hostname(host) && !is_bracketed(host))
        return false;
    int64_t port = -1;
    if (end < s.len) {
        if (s.ptr[end] != ':')
            return false;
        for (uint32_t i = end + 1; i < s.len; i++) {
            port = (port < 0 ? 0 : port) * 10 + (s.ptr[i] - '0');
            if (!is_digit(s.ptr[i]) || port > INT32_MAX)
                return false;
        }
    }
    u->host = host;
    u->port = port;
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Behind the scheme: //authority/path?query */
static bool take_hierarchy(Str s, Url *u)
{
    if (s.len >= 2 && s.ptr[0] == '/' && s.ptr[1] == '/') {
        uint32_t end = find_any(s, 2, "/?#");
        Str authority = part(s, 2, end);
        if (authority.len == 0 && s.len == 2)
            return false;
        if (authority.len && !take_server(authority, u) && !made_of(authority, in_registry))
            return false;
        s = part(s, end, s.len);
    }
    uint32_t query = find_any(s, 0, "?");
    u->path = part(s, 0, query);
    if (query < s.len)
        u->query = part(s, query + 1, s.len);
    return made_of(u->path, in_path) && (!u->query.ptr || made_of(u->query, in_uric));
}

static bool take_scheme(Str s, Url *u)
{
    if (!s.len || !is_alpha(s.ptr[0]))
        return false;
    for (uint32_t i = 1; i < s.len; i++)
        if (!is_alpha(s.ptr[i]) && !is_digit(s.ptr[i]) && !strchr("+-.", s.ptr[i]))
            return false;
    u->scheme = s;
    return true;
}

static bool take_url(Str s, Url *u)
{
    *u = (Url){.port = -1};
    uint32_t hash = find_any(s, 0, "#"), stop = find_any(s, 0, "/?#:");
    if (hash < s.len) {
        u->fragment = part(s, hash + 1, s.len);
        if (!made_of(u->fragment, in_uric))
            return false;
    }
    s = part(s, 0, hash);
    if (stop >= s.len || s.ptr[stop] != ':')
        return take_hierarchy(s, u);
    if (!take_scheme(part(s, 0, stop), u))
        return false;
    s = part(s, stop + 1, s.len);
    if (s.len && s.ptr[0] == '/')
        return take_hierarchy(s, u);
    u->opaque = true;
    return s.len && made_of(s, in_uric);
}

/* ---- decoding -------------------------------------------------------------------------------- */

static int hex_value(char c)
{
    return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Escapes become bytes, and those text. False at a broken escape. */
static bool put_decoded(Buf *out, Str s, bool plus)
{
    Buf bytes;
    buf_init(&bytes);
    bool ok = true;
    for (uint32_t i = 0; i < s.len && ok; i++) {
        if (s.ptr[i] == '%') {
            ok = i + 2 < s.len && is_hex(s.ptr[i + 1]) && is_hex(s.ptr[i + 2]);
            if (ok)
                buf_putc(&bytes, (char)(hex_value(s.ptr[i + 1]) << 4 | hex_value(s.ptr[i + 2])));
            i += 2;
        } else {
            buf_putc(&bytes, plus && s.ptr[i] == '+' ? ' ' : s.ptr[i]);
        }
    }
    if (ok)
        text_put_repaired(out, buf_str(&bytes));
    buf_fini(&bytes);
    return ok;
}

static void finish(FuncCall *c, FuncText *t, int row, Buf *b)
{
    if (b->len > LIMIT_STRING_BYTES)
        func_fail(c, row);
    else
        c->out->str[row] = func_text_put(t, buf_str(b));
}

/* ---- functions ------------------------------------------------------------------------------- */

typedef Str Pick(const Url *u);

static Str pick_scheme(const Url *u)
{
    return u->scheme;
}
static Str pick_host(const Url *u)
{
    return u->host;
}
static Str pick_path(const Url *u)
{
    return u->path;
}
static Str pick_query(const Url *u)
{
    return u->query;
}
static Str pick_fragment(const Url *u)
{
    return u->fragment;
}

static void extract(FuncCall *c, Pick *pick)
{
    FuncText t = func_text(c);
    Buf b;
    Url u;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (!take_url(c->args[0].str[i], &u)) {
            func_fail(c, i);
            continue;
        }
        Str found = pick(&u);
        c->out->valid[i] = found.ptr != NULL;
        buf_reset(&b);
        if (found.ptr && put_decoded(&b, found, false))
            finish(c, &t, i, &b);
    }
    buf_fini(&b);
}

#define EXTRACT(name)                                                                              \
    static void extract_##name(FuncCall *c)                                                        \
    {                                                                                              \
        extract(c, pick_##name);                                                                   \
    }
EXTRACT(scheme)
EXTRACT(host)
EXTRACT(path)
EXTRACT(query)
EXTRACT(fragment)

static void extract_port(FuncCall *c)
{
    Url u;
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (!take_url(c->args[0].str[i], &u)) {
            func_fail(c, i);
            continue;
        }
        c->out->valid[i] = u.port >= 0;
        c->out->i32[i] = (int32_t)u.port;
    }
}

/* The first parameter of that name in a decoded query; ptr NULL: there is none. */
static Str find_parameter(Str query, Str name)
{
    for (uint32_t at = 0; at <= query.len;) {
        uint32_t end = find_any(query, at, "&");
        Str one = part(query, at, end);
        uint32_t equals = find_any(one, 0, "=");
        if (str_eq(part(one, 0, equals), name))
            return part(one, equals < one.len ? equals + 1 : one.len, one.len);
        at = end + 1;
    }
    return STR_NULL;
}

static void extract_parameter(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    Url u;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        if (!take_url(c->args[0].str[i], &u)) {
            func_fail(c, i);
            continue;
        }
        buf_reset(&b);
        if (u.query.ptr)
            put_decoded(&b, u.query, false);
        Str value = u.query.ptr ? find_parameter(buf_str(&b), c->args[1].str[i]) : STR_NULL;
        c->out->valid[i] = value.ptr != NULL;
        if (value.ptr)
            c->out->str[i] = func_text_put(&t, value);
    }
    buf_fini(&b);
}

static void encode_param(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        Str s = c->args[0].str[i];
        if (!c->out->valid[i])
            continue;
        buf_reset(&b);
        for (uint32_t k = 0; k < s.len; k++) {
            char ch = s.ptr[k];
            if (is_alpha(ch) || is_digit(ch) || (ch && strchr("-_.*", ch)))
                buf_putc(&b, ch);
            else if (ch == ' ')
                buf_putc(&b, '+');
            else
                buf_printf(&b, "%%%02X", (unsigned char)ch);
        }
        finish(c, &t, i, &b);
    }
    buf_fini(&b);
}

static void decode_param(FuncCall *c)
{
    FuncText t = func_text(c);
    Buf b;
    buf_init(&b);
    for (int i = 0; i < c->rows; i++) {
        if (!c->out->valid[i])
            continue;
        buf_reset(&b);
        if (put_decoded(&b, c->args[0].str[i], true))
            finish(c, &t, i, &b);
        else
            func_fail(c, i);
    }
    buf_fini(&b);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const FuncOverload protocol_list[] = {{"(STRING url) STRING", extract_scheme, NULL, NULL}};
static const FuncOverload host_list[] = {{"(STRING url) STRING", extract_host, NULL, NULL}};
static const FuncOverload port_list[] = {{"(STRING url) INTEGER", extract_port, NULL, NULL}};
static const FuncOverload path_list[] = {{"(STRING url) STRING", extract_path, NULL, NULL}};
static const FuncOverload query_list[] = {{"(STRING url) STRING", extract_query, NULL, NULL}};
static const FuncOverload fragment_list[] = {{"(STRING url) STRING", extract_fragment, NULL, NULL}};
static const FuncOverload parameter_list[] = {
    {"(STRING url, STRING name) STRING", extract_parameter, NULL, NULL},
};
static const FuncOverload encode_list[] = {{"(STRING text) STRING", encode_param, NULL, NULL}};
static const FuncOverload decode_list[] = {{"(STRING text) STRING", decode_param, NULL, NULL}};

#define ROW(word, list, text, sql, value)                                                          \
    {                                                                                              \
        .name = (word), .category = "URL", OVERLOADS(list), .help = (text), .example = (sql),      \
        .result = (value)                                                                          \
    }

static const FuncRow rows[] = {
    ROW("url_extract_protocol", protocol_list, "What stands before the colon of a URL.",
        "URL_EXTRACT_PROTOCOL('ftp://weir.example/a')", "ftp"),
    ROW("url_extract_host", host_list, "The host of a URL, without user and port.",
        "URL_EXTRACT_HOST('http://al@weir.example:80/')", "weir.example"),
    ROW("url_extract_port", port_list, "The port that a URL names.",
        "URL_EXTRACT_PORT('http://weir.example:8080/')", "8080"),
    ROW("url_extract_path", path_list, "The path of a URL, with its first slash.",
        "URL_EXTRACT_PATH('http://weir.example/a%20b?c')", "/a b"),
    ROW("url_extract_query", query_list, "What stands behind the question mark of a URL.",
        "URL_EXTRACT_QUERY('http://weir.example/a?b=c#d')", "b=c"),
    ROW("url_extract_fragment", fragment_list, "What stands behind the hash sign of a URL.",
        "URL_EXTRACT_FRAGMENT('http://weir.example/a#top')", "top"),
    ROW("url_extract_parameter", parameter_list, "The value of a parameter of a URL's query.",
        "URL_EXTRACT_PARAMETER('http://weir.example/?a=1&b=2', 'b')", "2"),
    ROW("url_encode_param", encode_list, "The text as a URL's parameter is written.",
        "URL_ENCODE_PARAM('reed & rush')", "reed+%26+rush"),
    ROW("url_decode_param", decode_list, "The text that a URL's parameter stands for.",
        "URL_DECODE_PARAM('reed+%26+rush')", "reed & rush"),
};

const FuncFamily family_url = FAMILY_OF(rows);
