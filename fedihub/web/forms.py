"""Forms that browsers send, read into pydantic models.

What a form does not have is left out, never an error of ours.
"""

from typing import TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from fedihub.bodies import arriving
from fedihub.errors import Invalid
from fedihub.web.csrf import check_form

F = TypeVar("F", bound="Form")
MOST_FIELDS = 100


class Form(BaseModel):
    """The base of all forms: text fields, each bounded by its own model, and the token that every form carries."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    csrf: str = ""


async def read_form(request: web.Request, model: type[F]) -> F:
    """Read and check a form; raises NotAllowed when it does not come from our pages, Invalid when a field is wrong."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Invalid("this page takes only its own form")
    async with arriving():
        fields = _parse(await request.read())
    await check_form(request, fields.get("csrf", ""))
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise Invalid(f"the field “{name}” is missing, too long or not what it should be", field=name) from error


def _parse(body: bytes) -> dict[str, str]:
    """The fields of a form. Our pages are UTF-8 and so are their forms, whatever charset a request claims."""
    try:
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Invalid(f"a form has at most {MOST_FIELDS} fields") from None
    if any("\0" in text for field in fields.items() for text in field):
        raise Invalid("a text contains a NUL character")
    return fields
