"""Forms that browsers send, read into pydantic models.

What a form does not have is left out, never an error of ours.
"""

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from fedihub.errors import Invalid
from fedihub.web.csrf import check_form

F = TypeVar("F", bound="Form")


class Form(BaseModel):
    """The base of all forms: text fields, each bounded by its own model, and the token that every form carries."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    csrf: str = ""


async def read_form(request: web.Request, model: type[F]) -> F:
    """Read and check a form; raises NotAllowed when it does not come from our pages, Invalid when a field is wrong."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Invalid("this page takes only its own form")
    fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    await check_form(request, fields.get("csrf", ""))
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise Invalid(f"the field “{name}” is missing, too long or not what it should be", field=name) from error
