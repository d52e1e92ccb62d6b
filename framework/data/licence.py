"""Whether a licence allows prices to be passed on: on a page, in a bundle, in a public dump."""

import re

FREE = ("BSD-", "MIT", "Apache-2.0", "NCSA", "ISC", "CC0-", "CC-BY-4.0", "PDDL-", "ODC-By-", "public domain")
"""How the licences begin that allow passing prices on. Whatever else a licence says, they are withheld."""


def may_be_passed_on(licence: str) -> bool:
    """Whether each part of `licence` (parts are joined by semicolons) begins as one of `FREE`; silence does not."""
    parts = re.split(r" *; *", licence.casefold())
    return all(part.startswith(tuple(word.casefold() for word in FREE)) for part in parts)
