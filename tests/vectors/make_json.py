"""Writes json.json beside this file: `python -m tests.vectors.make_json`.

The expected texts are typed in, not computed. Bytes that are refused are given in hexadecimal,
because some of them are not text.
"""

from tests.vectors.make_group import write

ENCODED = [
    ({"b": 1, "a": [True, False]}, '{"b":1,"a":[true,false]}'),
    ([], "[]"),
    ({}, "{}"),
    ("é/€😀", '"é/€😀"'),
    ('"\\\b\f\n\r\t', '"\\"\\\\\\b\\f\\n\\r\\t"'),
    ("\x00\x01\x1f", '"\\u0000\\u0001\\u001f"'),
    ("\x7f", '"\\u007f"'),
    ("\u0080\u2028\u2029", '"\u0080\u2028\u2029"'),
    ("</script>", '"</script>"'),
]
# RFC 8785, section 3.2.3: keys in the order of their UTF-16 code units; 0x7f stays as it is.
CANONICAL = [
    ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
    ({"é": 1, "z": 2}, '{"z":2,"é":1}'),
    ({"\ufb33": 1, "😀": 2, "€": 3}, '{"€":3,"😀":2,"\ufb33":1}'),
    ({"a": {"d": None, "c": [3, {"y": 1, "x": 2}]}}, '{"a":{"c":[3,{"x":2,"y":1}],"d":null}}'),
    ("\x7f\x1f/", '"\x7f\\u001f/"'),
    ({"": 0}, '{"":0}'),
    (9007199254740991, "9007199254740991"),
    (-1, "-1"),
]
REFUSED = [
    ("duplicate key", b'{"a":1,"a":1}', "non_canonical"),
    ("duplicate key, written differently", b'{"a":1,"\\u0061":2}', "non_canonical"),
    ("duplicate key, deep inside", b'[[{"b":{"a":1,"a":2}}]]', "non_canonical"),
    ("NaN", b"[NaN]", "non_canonical"),
    ("Infinity", b"[Infinity]", "non_canonical"),
    ("1e999", b"[1e999]", "non_canonical"),
    ("exponent", b"[1e3]", "non_canonical"),
    ("floating point", b"[1.0]", "non_canonical"),
    ("minus zero", b"[-0]", "non_canonical"),
    ("leading zero", b"[01]", "non_canonical"),
    ("plus sign", b"[+1]", "non_canonical"),
    ("one more than 53 bits", b"[9007199254740992]", "non_canonical"),
    ("4,301 digits", b"[" + b"9" * 4301 + b"]", "non_canonical"),
    ("33 levels of lists", b"[" * 33 + b"]" * 33, "too_deep"),
    ("33 levels of objects", b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
    ("1,000 brackets that never close", b"[" * 1000, "too_deep"),
    ("byte order mark", b"\xef\xbb\xbf[]", "non_canonical"),
    ("UTF-16", "[]".encode("utf-16"), "non_canonical"),
    ("invalid UTF-8", b'["\xff"]', "non_canonical"),
    ("overlong UTF-8", b'["\xc0\x80"]', "non_canonical"),
    ("a surrogate in UTF-8", b'["\xed\xa0\x80"]', "non_canonical"),
    ("a lone surrogate, escaped", b'["\\ud800"]', "non_canonical"),
    ("a lone surrogate as a key", b'{"\\udc00":1}', "non_canonical"),
    ("NUL, escaped", b'["\\u0000"]', "non_canonical"),
    ("NUL, raw", b'["\x00"]', "non_canonical"),
    ("a line feed in a string", b'["\n"]', "non_canonical"),
    ("nothing", b"", "non_canonical"),
    ("only white space", b"  ", "non_canonical"),
    ("something after the end", b"[]x", "non_canonical"),
    ("two values", b"[] []", "non_canonical"),
    ("trailing comma", b"[1,]", "non_canonical"),
    ("single quotes", b"['a']", "non_canonical"),
    ("comment", b"[/*a*/]", "non_canonical"),
    ("not closed", b'{"a":', "non_canonical"),
    ("undefined", b"[undefined]", "non_canonical"),
]


def main() -> None:
    write(
        "json.json",
        {
            "source": "PROTOCOL 1.2 and RFC 8785; typed in by tests/vectors/make_json.py",
            "encoded": [{"value": value, "text": text} for value, text in ENCODED],
            "canonical": [{"value": value, "text": text} for value, text in CANONICAL],
            "refused": [
                {"hex": data.hex(), "code": code, "comment": comment}
                for comment, data, code in REFUSED
            ],
        },
    )


if __name__ == "__main__":
    main()
