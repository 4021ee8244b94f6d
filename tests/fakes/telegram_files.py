"""Files on Telegram's servers: photos come in several sizes as JPEG without metadata, the rest stays as it was."""

import hashlib
import io
from dataclasses import dataclass
from itertools import count

from PIL import Image, UnidentifiedImageError

from tests.fakes.telegram_errors import bad_request
from tests.fakes.wire import Json

SIDES = (90, 320, 800, 1280)
PHOTO_LIMIT = 10 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart request."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    file_id: str
    path: str
    data: bytes
    described: Json


class Files:
    def __init__(self) -> None:
        self._numbers = count(31)
        self._by_id: dict[str, Stored] = {}
        self._by_path: dict[str, Stored] = {}
        self._sizes: dict[str, list[Json]] = {}

    def add_photo(self, data: bytes) -> list[Json]:
        """The photo's sizes, smallest first, as PhotoSize."""
        try:
            picture = Image.open(io.BytesIO(data))
            picture.load()
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            bad_request("IMAGE_PROCESS_FAILED")
        width, height = picture.size
        if width + height > 10000 or max(width, height) > 20 * min(width, height):
            bad_request("PHOTO_INVALID_DIMENSIONS")
        longest = max(width, height)
        sides = [side for side in SIDES if side < longest] + [min(longest, SIDES[-1])]
        sizes = [self._size(picture, side) for side in dict.fromkeys(sides)]
        self._sizes |= {size["file_id"]: sizes for size in sizes}
        return sizes

    def photo_again(self, file_id: str) -> list[Json]:
        """The sizes of a photo that is sent a second time by its id."""
        if self.described(file_id).file_id not in self._sizes:
            bad_request("can't use file of type Document as Photo")
        return self._sizes[file_id]

    def _size(self, picture: Image.Image, side: int) -> Json:
        small = picture.convert("RGB")
        small.thumbnail((side, side))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=87)
        return self._store("photos", "jpg", out.getvalue(), {"width": small.width, "height": small.height})

    def add(self, folder: str, data: bytes, filename: str, content_type: str, **facts: object) -> Json:
        """The file as Document, Voice, Audio … : what `facts` say besides its name, type and size."""
        ending = filename.rpartition(".")[2] if "." in filename else "bin"
        described = {"file_name": filename, "mime_type": content_type} | facts
        return self._store(folder, ending, data, {key: value for key, value in described.items() if value})

    def _store(self, folder: str, ending: str, data: bytes, facts: Json) -> Json:
        number = next(self._numbers)
        mark = hashlib.sha256(f"{folder}{number}".encode()).hexdigest()
        described: Json = {
            "file_id": f"AgACAgIAAxkBAA{mark}",
            "file_unique_id": f"AQAD{mark[:12]}",
            "file_size": len(data),
        } | facts
        stored = Stored(described["file_id"], f"{folder}/file_{number}.{ending}", data, described)
        self._by_id[stored.file_id] = self._by_path[stored.path] = stored
        return described

    def described(self, file_id: str) -> Stored:
        if file_id.startswith(("http://", "https://")):
            bad_request("failed to get HTTP URL content")  # nothing outside is ever fetched here
        found = self._by_id.get(file_id)
        if found is None:
            bad_request("wrong file identifier/HTTP URL specified")
        return found

    def get_file(self, file_id: str) -> Json:
        found = self._by_id.get(file_id)
        if found is None:
            bad_request("invalid file_id")
        if len(found.data) > DOWNLOAD_LIMIT:
            bad_request("file is too big")
        about = {key: found.described[key] for key in ("file_id", "file_unique_id", "file_size")}
        return about | {"file_path": found.path}

    def at(self, path: str) -> bytes | None:
        found = self._by_path.get(path)
        return found.data if found else None
