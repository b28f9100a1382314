"""Just enough SVG: elements that escape what they are given, and drawings that can be placed inside others."""

from dataclasses import dataclass

from markupsafe import Markup, escape


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element.

    Args:
        name: Of the element, such as ``rect``.
        children: Text, which is escaped, or elements, which are not.
        attributes: ``class_`` is ``class`` and ``stroke_width`` is ``stroke-width``; None leaves one out; numbers
            are written with two decimals at most.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(escape(child) for child in children)
    return Markup(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def text(
    content: str, x: float, y: float, kind: str = "", anchor: str = "start", **attributes: str | float
) -> Markup:
    """A line of text of a class from picture.css."""
    return tag("text", content, x=x, y=y, class_=kind or None, text_anchor=anchor, **attributes)


def group(*children: str, x: float = 0, y: float = 0, title: str = "") -> Markup:
    """Elements that move together; the title shows on hover and is read aloud."""
    head = (tag("title", title),) if title else ()
    place = f"translate({_text(x)} {_text(y)})" if x or y else None
    return tag("g", *head, *children, transform=place)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Elements in a box of their own coordinates, in CSS pixels."""

    width: float
    height: float
    body: Markup

    def placed(self, x: float, y: float) -> Markup:
        """The elements, moved into another drawing."""
        return group(self.body, x=x, y=y)

    def as_svg(self, *, title: str, description: str, style: str = "", css_class: str = "picture") -> Markup:
        """A whole ``svg`` element with a name and a description for those who cannot see it.

        Args:
            title: What the picture is.
            description: What it shows, in words.
            style: A style sheet to carry along; a file that stands alone needs one.
            css_class: Class of the root element.
        """
        head = [tag("title", title), tag("desc", description)]
        if style:
            head.append(Markup(f"<style>{style}</style>"))
        return tag(
            "svg",
            *head,
            self.body,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_text(self.width)} {_text(self.height)}",
            width=self.width,
            height=self.height,
            role="img",
            class_=css_class,
            aria_label=title,
        )


def _text(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"
