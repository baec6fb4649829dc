"""The process that makes pictures anew: whatever becomes of it, the hub goes on, and believes nothing unseen."""

import asyncio
import json
import os
import random
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from fedihub.media.files import MediaFiles, new_name
from fedihub.media.kinds import AVIF, GIF, JPEG, PNG, WEBP, Kind
from fedihub.media.workshop import PROGRAM, SpoiltError, Workshop
from tests.support.pictures import animation, growing, of_many_scans, picture, promised, seen

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


@pytest.mark.parametrize("end", ["os._exit(0)", "signal.pause()"])
async def test_what_the_process_began_ends_with_it(workshop: Make, desk: Path, tmp_path: Path, end: str) -> None:
    """Whoever took a decoder over may not stay: the end of the pipe is seen when nobody holds it any more."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    child = "time.sleep(30) or os._exit(0)"
    begin = f"import signal, time\nheld = os.open({str(pipe)!r}, os.O_WRONLY)\n"
    made = workshop(f"{begin}if os.fork() == 0:\n    {child}\nos.write(held, b'x')\n{end}")
    made.seconds = 2.0
    await spoilt(made, desk)
    os.set_blocking(reader, True)
    assert await asyncio.to_thread(os.read, reader, 1) == b"x"
    async with asyncio.timeout(10):
        assert await asyncio.to_thread(os.read, reader, 1) == b""
    os.close(reader)


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


async def test_a_film_may_not_outgrow_its_first_frame(tmp_path: Path) -> None:
    """Nor does what it grows to cost the memory of a picture that is never taken."""
    assert await made_of(growing(6999), tmp_path, GIF) == "pixels"
    content = await made_of(growing(99), tmp_path, GIF)
    assert isinstance(content, bytes)
    assert seen(content).size == (2, 2)


async def test_a_picture_that_is_drawn_again_and_again_is_refused(tmp_path: Path) -> None:
    assert await made_of(of_many_scans(2000), tmp_path, JPEG) == "slow"
    assert isinstance(await made_of(of_many_scans(20), tmp_path, JPEG), bytes)


@pytest.mark.parametrize(("format", "kind"), [("GIF", GIF), ("WEBP", WEBP), ("PNG", PNG), ("AVIF", AVIF)])
async def test_each_frame_stays_as_long_as_it_did(tmp_path: Path, format: str, kind: Kind) -> None:
    content = await made_of(animation(format, duration=[200, 500, 900]), tmp_path, kind)
    assert isinstance(content, bytes)
    assert [loaded.info["duration"] for loaded in _loaded(content)] == [200, 500, 900]


@pytest.mark.parametrize(("format", "kind"), [("PNG", PNG), ("WEBP", WEBP), ("JPEG", JPEG)])
async def test_notes_that_cannot_be_read_spoil_no_picture(tmp_path: Path, format: str, kind: Kind) -> None:
    for exif in (b"Exif\x00\x00garbage", b"Exif\x00\x00II*\x00"):
        assert isinstance(await made_of(picture(format, exif=exif), tmp_path, kind), bytes)


async def test_no_picture_becomes_larger_than_others_take(tmp_path: Path) -> None:
    """Colours from a table, say, which become colours of their own."""
    noise = Image.frombytes("P", (3600, 2200), random.Random(1).randbytes(3600 * 2200))
    noise.putpalette(random.Random(2).randbytes(768))
    place = tmp_path / "noise.png"
    noise.save(place)
    content = await made_of(place.read_bytes(), tmp_path, PNG)
    assert isinstance(content, bytes)
    assert len(content) <= 16 * 1024 * 1024


async def made_of(content: bytes, folder: Path, kind: Kind) -> bytes | str:
    """What becomes of a picture; or why it is refused, in a word."""
    desk = MediaFiles(folder, "http://hub.test").new_desk()
    (desk / "file").write_bytes(content)
    try:
        made = await Workshop(MediaFiles(folder, "http://hub.test")).make_anew(desk / "file", kind)
    except SpoiltError as error:
        return error.reason
    return made.original.file.read_bytes()


def _loaded(content: bytes) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(Image.open(BytesIO(content))):
        frame.load()
        yield frame


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
    (desk.parent / "cleared").symlink_to(tmp_path / "nowhere")  # as one that is cleared while this looks at it
    files.tidy(now)
    assert desk.exists()
    files.tidy(now + timedelta(hours=25))
    assert not desk.exists()
    assert [place.name for place in (tmp_path / "arriving").iterdir()] == ["cleared"]
