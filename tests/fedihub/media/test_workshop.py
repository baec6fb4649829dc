"""The process that makes pictures anew: whatever becomes of it, the hub goes on, and believes nothing unseen."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fedihub.media.files import MediaFiles, new_name
from fedihub.media.kinds import JPEG, PNG
from fedihub.media.workshop import PROGRAM, SpoiltError, Workshop
from tests.support.pictures import picture, promised, seen

Make = Callable[[str], Workshop]
GOOD = {"file": "original.png", "width": 2, "height": 2}
SMALL = GOOD | {"file": "preview.png"}
HASH = "L0Eo[I~qay~q~qj[fQj[fQayayj["


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    place = MediaFiles(tmp_path, "http://hub.test").new_desk()
    (place / "file").write_bytes(picture("PNG"))
    return place


@pytest.fixture
def workshop(tmp_path: Path) -> Make:
    """A workshop with another program: `write(result)` leaves a result, `small` is a picture."""

    def make(program: str) -> Workshop:
        file = tmp_path / "program.py"
        begin = f"import json, os, pathlib\nsmall = {picture('PNG', size=(2, 2))!r}\n"
        begin += "write = lambda result: pathlib.Path('result.json').write_text(json.dumps(result))\n"
        file.write_text(begin + program)
        return Workshop(MediaFiles(tmp_path, "http://hub.test"), program=file, seconds=20.0)

    return make


async def spoilt(workshop: Workshop, desk: Path) -> str:
    """Why the picture is not taken."""
    with pytest.raises(SpoiltError) as error:
        await workshop.make_anew(desk / "file", PNG)
    return error.value.reason


def wrote(original: object = None, preview: object = None, blurhash: object = HASH) -> str:
    """A program that leaves two pictures, and this result."""
    result = {"original": original or GOOD, "preview": preview or SMALL, "blurhash": blurhash}
    files = "[pathlib.Path(name).write_bytes(small) for name in ('original.png', 'preview.png')]\n"
    return f"{files}write({result!r})\n"


async def test_a_picture_is_made(workshop: Make, desk: Path) -> None:
    made = await workshop(wrote()).make_anew(desk / "file", PNG)
    assert (made.original.kind, made.original.width, made.blurhash) == (PNG, 2, HASH)
    assert seen(made.preview.file.read_bytes()).size == (2, 2)


@pytest.mark.parametrize(
    "program",
    [
        "os.kill(os.getpid(), 11)",
        "os._exit(1)",
        "raise MemoryError",
        "pathlib.Path('result.json').write_text('{')",
        "pathlib.Path('result.json').write_text('[]')",
        "write({'original': {}})",
        "os.symlink('/etc/passwd', 'result.json')",
        f"{wrote()}os.unlink('original.png')\nos.symlink('/etc/passwd', 'original.png')",
        f"{wrote()}os.unlink('original.png')\nos.symlink('file', 'original.png')",
        f"{wrote()}pathlib.Path('original.png').write_text('<html>')",
        f"{wrote()}os.unlink('preview.png')",
        wrote(original=GOOD | {"file": "../../../etc/passwd"}),
        wrote(original=GOOD | {"file": "original.html"}),
        wrote(original=GOOD | {"width": 0}),
        wrote(original=GOOD | {"width": "2"}),
        wrote(blurhash="<script>"),
    ],
)
async def test_what_the_process_leaves_is_not_believed(workshop: Make, desk: Path, program: str) -> None:
    assert await spoilt(workshop(program), desk) == "unreadable"


async def test_what_takes_too_long_is_ended(workshop: Make, desk: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    slow = workshop(f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\nimport signal\nsignal.pause()")
    slow.seconds = 1.0
    assert await spoilt(slow, desk) == "slow"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_what_takes_too_much_work_is_ended(workshop: Make, desk: Path) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
    assert await spoilt(workshop(f"{limit}while True:\n    pass"), desk) == "slow"


async def test_the_process_knows_nothing_of_ours(workshop: Make, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_DATABASE_URL", "postgresql://hub:secret@localhost/hub")
    program = workshop("write({'refused': json.dumps(sorted(name for name in os.environ if name != 'LC_CTYPE'))})")
    assert set(json.loads(await spoilt(program, desk))) <= {"LD_LIBRARY_PATH"}


async def test_the_process_has_its_limits(workshop: Make, desk: Path) -> None:
    program = workshop(
        "import importlib.util, resource\n"
        f"spec = importlib.util.spec_from_file_location('picture', {str(PROGRAM)!r})\n"
        "picture = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(picture)\npicture.restrict()\n"
        "try:\n    bytearray(picture.MEMORY)\nexcept MemoryError:\n"
        "    write({'refused': str(resource.getrlimit(resource.RLIMIT_CPU)[0])})"
    )
    assert await spoilt(program, desk) == "45"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (promised(7680, 4321), "pixels"),
        (promised(100_000, 1), "pixels"),
        (picture("PNG")[:-80], "unreadable"),
        (b"\x89PNG\r\n\x1a\n", "unreadable"),
        (picture("GIF"), "unreadable"),  # not what it was said to be
    ],
)
async def test_refused(tmp_path: Path, desk: Path, content: bytes, reason: str) -> None:
    (desk / "file").write_bytes(content)
    assert await spoilt(Workshop(MediaFiles(tmp_path, "http://hub.test")), desk) == reason


async def test_colours_are_those_of_srgb(tmp_path: Path, desk: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (desk / "file").write_bytes(picture("JPEG", icc_profile=profile))
    made = await Workshop(MediaFiles(tmp_path, "http://hub.test")).make_anew(desk / "file", JPEG)
    shown = seen(made.original.file.read_bytes())
    assert "icc_profile" not in shown.info


def test_files_are_for_us_alone(tmp_path: Path) -> None:
    files, name = MediaFiles(tmp_path / "data" / "media", "http://hub.test"), new_name("png")
    desk = files.new_desk()
    (desk / "file").write_bytes(picture("PNG"))
    files.keep(desk / "file", name)
    place = files.find(name)
    assert place is not None
    folders = [desk, desk.parent, place.parent, place.parent.parent]
    assert [each.stat().st_mode & 0o777 for each in (place, *folders)] == [0o600, 0o700, 0o700, 0o700, 0o700]
    files.remove(name, None)
    assert files.find(name) is None
    files.remove(name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "x.png", "0" * 32, f"{'0' * 32}.html", f"{'0' * 31}/.png"])
def test_no_other_name_leads_to_a_file(tmp_path: Path, name: str) -> None:
    assert MediaFiles(tmp_path, "http://hub.test").find(name) is None


def test_what_was_left_behind_is_removed(tmp_path: Path, desk: Path) -> None:
    from datetime import UTC, datetime, timedelta

    files, now = MediaFiles(tmp_path, "http://hub.test"), datetime.now(UTC)
    files.tidy(now)
    assert desk.exists()
    files.tidy(now + timedelta(hours=25))
    assert not desk.exists()
    assert list((tmp_path / "arriving").iterdir()) == []
