from xml.etree import ElementTree

from cosearch.report.svg import Drawing, group, tag, text


def test_elements_escape_text_and_attributes_but_not_elements() -> None:
    inner = tag("title", "a < b & c")
    assert str(inner) == "<title>a &lt; b &amp; c</title>"
    assert str(tag("g", inner, id='"x"')) == '<g id="&#34;x&#34;"><title>a &lt; b &amp; c</title></g>'


def test_numbers_are_short_and_names_are_svg_names() -> None:
    assert str(tag("rect", x=1.23456, y=0.0, stroke_width=2.0, class_="a", fill=None)) == (
        '<rect x="1.23" y="0" stroke-width="2" class="a"/>'
    )
    assert str(tag("rect", width=100.0)) == '<rect width="100"/>'


def test_a_drawing_is_named_and_well_formed() -> None:
    body = group(text("5 > 3", 1, 2), x=3, title="hover")
    svg = Drawing(10, 20, body).as_svg(title="T & U", description="what <it> shows", style=".a > .b { fill: red }")
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("viewBox") == "0 0 10 20"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "T & U"
    assert root.findtext(f"{space}title") == "T & U"
    assert root.findtext(f"{space}desc") == "what <it> shows"
    assert root.find(f"{space}g").get("transform") == "translate(3 0)"
