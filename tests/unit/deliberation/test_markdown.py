from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis.markdown import MAX_CHARACTERS, TooLong, excerpt, render_markdown
from tests.factories.clock import quickest_seconds

LIMIT = 8000
BOMBS = {
    "emphasis": "*a **b " * 1200,
    "mixed emphasis": "*a_" * 2700,
    "alternating": "*_" * 4000,
    "stars": "*" * LIMIT,
    "brackets": "[" * LIMIT,
    "links": "[a](" * 2000,
    "images": "![[" * 2700,
    "parentheses": "[a](" + "(" * LIMIT,
    "quotes": ">" * LIMIT,
    "spaced quotes": "> " * 4000,
    "lists": "".join("  " * depth + "- a\n" for depth in range(80)) * 3,
    "empty items": "- \n" * 2700,
    "code": "`a``b```" * 1000,
    "growing code": "".join("`" * length + " " for length in range(1, 125)),
    "tags": "<a " * 2700,
    "addresses": "<https://a" * 800,
    "entities": "&amp;" * 1600,
    "references": "[a]: b\n" * 1100,
    "backslashes": "\\" * LIMIT,
    "blanks": " " * LIMIT,
    "tabs": "\t" * LIMIT,
    "line feeds": "\n" * LIMIT,
    "one line": "a" * LIMIT,
    "headings": "# " * 4000,
    "table": "|" * LIMIT,
    "marks on top of each other": "a" + "\u0301" * (LIMIT - 1),
}
# Polyglots and mutation attacks; every one must be inert.
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img onerror=a(1)&gt;">',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox)",
    "[x](//evil.example)",
    "[x](/accounts/logout/)",
    "[x](http://plain.example)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example" onmouseover="alert(1))',
    "![x](https://evil.example/pixel.png)",
    "![<img src=x onerror=alert(1)>](https://evil.example/pixel.png)",
    "<javascript:alert(1)>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    '"><iframe srcdoc="<script>alert(1)</script>">',
    "<style>@import 'https://evil.example'</style>",
    "<form action=https://evil.example><input name=q></form>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "*<b onclick=alert(1)>*x**",
    (
        "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A%0d%0a//</stYle/</titLe/"
        "</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e"
    ),
]


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_61_no_text_takes_long_to_render(bomb):
    assert quickest_seconds(lambda: render_markdown(bomb[:LIMIT])) < 0.2


def test_a_61_too_long_a_text_is_refused_before_it_is_parsed():
    def refuse():
        with pytest.raises(TooLong):
            render_markdown("[" * (MAX_CHARACTERS + 1))

    assert quickest_seconds(refuse) < 0.01


class Elements(HTMLParser):
    """What a browser would find: the elements with their attributes."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


HARMLESS = {
    "p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "code", "pre", "hr",
    "h3", "h4", "h5",
}  # fmt: skip


def assert_inert(markup):
    for tag, attributes in Elements(markup).found:
        assert tag in HARMLESS
        if tag == "a":
            assert set(attributes) <= {"href", "rel"}
            assert attributes["rel"] == "nofollow noopener"
            assert attributes.get("href", "https://").startswith(("https://", "mailto:"))
        else:
            assert attributes == {}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_63_nothing_that_acts_comes_through(attack):
    assert_inert(render_markdown(attack))


@given(st.text(alphabet="<>\"'=()[]!*_`&;:/\\ \nabhjpst#-", max_size=120))
def test_a_63_whatever_is_typed_stays_inert(text):
    assert_inert(render_markdown(text))


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("**b** _e_ `c`", "<p><strong>b</strong> <em>e</em> <code>c</code></p>"),
        ("# one\n\n### three", "<h3>one</h3>\n<h4>three</h4>"),
        ("* a\n* b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        (
            "[x](https://a.example)",
            '<p><a href="https://a.example" rel="nofollow noopener">x</a></p>',
        ),
        (
            "<mailto:a@b.example>",
            '<p><a href="mailto:a@b.example" rel="nofollow noopener">mailto:a@b.example</a></p>',
        ),
        ("![the words](https://a.example/b.png)", "<p>the words</p>"),
        ("<b>typed</b>", "<p>&lt;b&gt;typed&lt;/b&gt;</p>"),
    ],
)
def test_what_people_need_is_there(text, markup):
    assert render_markdown(text).strip() == markup


def test_an_excerpt_is_plain_and_ends_at_a_word():
    text = "# Title\n\n**Strong** words [with a link](https://a.example) & more of them <b>here</b>"

    assert excerpt(text, characters=34) == "Title Strong words with a link &…"
    assert excerpt(text, characters=500) == (
        "Title Strong words with a link & more of them <b>here</b>"
    )


def test_an_excerpt_of_chinese_is_cut_anywhere():
    assert excerpt("把最终协议交付公投" * 20, characters=10) == "把最终协议交付公投…"
