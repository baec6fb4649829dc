"""What a file is: told by its first bytes, whatever it is called and whatever its sender says of it.

Only these kinds are taken, and only these types are ever served: nothing here can be a page, a script or a document.
"""

from dataclasses import dataclass

HEAD = 4096
"""So many bytes at the beginning tell what a file is."""

MOST_PIXELS = 7680 * 4320
"""Of a picture (`fedihub.media.picture` says so once more: it can import nothing)."""

_MP4_VIDEO = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"avc1", b"mp41", b"mp42", b"M4V ", b"MSNV", b"dash"}
_MP4_AUDIO = {b"M4A ", b"M4B "}
_AVIF = {b"avif", b"avis"}
_OGG_AUDIO = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC")
_SYNC_BITS = 0xE0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. A picture has the name of its format in Pillow; everything else is passed through."""

    media_type: str
    extension: str
    format: str | None = None

    @property
    def is_picture(self) -> bool:
        """It is made anew, and has a preview."""
        return self.format is not None


JPEG = Kind("image/jpeg", "jpg", "JPEG")
PNG = Kind("image/png", "png", "PNG")
GIF = Kind("image/gif", "gif", "GIF")
WEBP = Kind("image/webp", "webp", "WEBP")
AVIF = Kind("image/avif", "avif", "AVIF")
MP4 = Kind("video/mp4", "mp4")
WEBM = Kind("video/webm", "webm")
MP3 = Kind("audio/mpeg", "mp3")
OGG = Kind("audio/ogg", "ogg")
FLAC = Kind("audio/flac", "flac")
WAV = Kind("audio/wav", "wav")
M4A = Kind("audio/mp4", "m4a")

KINDS = (JPEG, PNG, GIF, WEBP, AVIF, MP4, WEBM, MP3, OGG, FLAC, WAV, M4A)
BY_EXTENSION = {kind.extension: kind for kind in KINDS}
ALSO_CALLED = ("audio/mp3", "audio/x-wav", "audio/wave", "audio/x-flac", "audio/x-m4a", "audio/opus")
"""Other names of the same types: clients hold what they know of a file against the list of what is taken."""


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins like this (`HEAD` bytes, if it has so many); None for one that is not taken."""
    for start, kind in ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"fLaC", FLAC)):
        if head.startswith(start):
            return kind
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _of_boxes(head)
    if head[:4] == b"OggS":
        return OGG if head[28 : 28 + 8].startswith(_OGG_AUDIO) else None
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return WEBM if b"\x42\x82\x84webm" in head[:64] else None
    return MP3 if head[:3] == b"ID3" or _is_mp3_frame(head) else None


def _of_boxes(head: bytes) -> Kind | None:
    """ISO 14496-12: the first box names the main brand of the file, then others that it fits as well."""
    size = int.from_bytes(head[:4], "big")
    main, others = head[8:12], {head[at : at + 4] for at in range(16, min(size, 256, len(head) - 3), 4)}
    if main in _AVIF or (main in (b"mif1", b"msf1") and others & _AVIF):
        return AVIF
    if main in _MP4_AUDIO:
        return M4A
    return MP4 if main in _MP4_VIDEO else None


def _is_mp3_frame(head: bytes) -> bool:
    """A frame of MPEG layer III with a real bit rate and sample rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & _SYNC_BITS != _SYNC_BITS:
        return False
    version, layer, rate, samples = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and rate not in (0, 15) and samples != 3
