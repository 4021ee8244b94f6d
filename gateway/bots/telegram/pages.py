"""An answer laid out as Telegram messages: texts, photos with captions, keyboards."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from gateway.bots.capabilities import TELEGRAM
from gateway.bots.rendering import TelegramText, to_telegram
from gateway.core.desk.fitting import fitted
from gateway.core.messages import Answer, Attached, Button, Picture
from gateway.core.words import t

ENDINGS = {"image/png": "png", "image/gif": "gif", "image/webp": "webp"}
NOT_PUBLIC = (".localhost", ".local", ".internal", ".test", ".invalid", ".example")


Keyboard = InlineKeyboardMarkup | ForceReply


@dataclass(frozen=True, slots=True)
class Page:
    """One message, or one album. A page of pictures, or of a file, has its text as caption."""

    text: TelegramText | None
    pictures: tuple[Picture, ...] = ()
    keyboard: Keyboard | None = None
    file: Attached | None = None

    @property
    def entities(self) -> list[MessageEntity]:
        return [MessageEntity(**entity) for entity in self.text.entities] if self.text else []

    @property
    def words(self) -> str:
        return self.text.text if self.text else ""


def pages(answer: Answer) -> list[Page]:
    """The messages that carry the answer, in order; none when there is nothing in it. Files too large for Telegram are linked in the words."""
    answer, files = _sorted(answer)
    if len(files) == 1 and not answer.pictures:
        captions = to_telegram(words_of(answer), TELEGRAM.caption)
        if len(captions) < 2:
            return [Page(captions[0] if captions else None, keyboard=keyboard_of(answer), file=files[0])]
    return _told(answer) + [Page(None, file=file) for file in files]


def _sorted(answer: Answer) -> tuple[Answer, tuple[Attached, ...]]:
    """The answer with the photos that Telegram takes as such, and all else that it takes as files."""
    photos = [one for one in answer.pictures if one.size <= TELEGRAM.largest_photo]
    files = [*(_as_file(one) for one in answer.pictures if one.size > TELEGRAM.largest_photo), *answer.attached]
    kept = fitted(replace(answer, pictures=tuple(photos), attached=tuple(files)), TELEGRAM)
    return replace(kept, attached=()), kept.attached


def _as_file(picture: Picture) -> Attached:
    name = f"photo.{ENDINGS.get(picture.content_type, 'jpg')}"
    return Attached("file", picture.blob, picture.content_type, name, picture.url, picture.size)


def _told(answer: Answer) -> list[Page]:
    pictures = answer.pictures
    keyboard = keyboard_of(answer)
    in_words = len(pictures) > 1 and not _has_actions(answer)  # an album can have no keyboard
    if pictures and (in_words or len(pictures) == 1):
        captions = to_telegram(words_of(answer, links=in_words), TELEGRAM.caption)
        if len(captions) < 2:
            return [Page(captions[0] if captions else None, pictures, None if in_words else keyboard)]
    texts = to_telegram(words_of(answer), TELEGRAM.text)
    told = [Page(text) for text in texts[:-1]] + [Page(text, keyboard=keyboard) for text in texts[-1:]]
    return told + ([Page(None, pictures)] if pictures else [])


def changed_page(answer: Answer, limit: int) -> Page:
    """What a message that is sent already says from now on. It stays one message: words that outgrow it end with where to read on."""
    answer = fitted(answer, TELEGRAM)
    texts = to_telegram(words_of(answer), limit) or [TelegramText("…")]
    if len(texts) > 1:
        more = [t("Read on: {link}", link=answer.link)] if answer.link else []
        marks = [f"[{answer.short_reference}]"] if answer.short_reference else []
        tail = "\n\n".join([" …", *more, *marks])
        [first, *_] = to_telegram(words_of(answer), limit - len(tail))
        texts = [replace(first, text=first.text + tail)]
    return Page(texts[0], keyboard=_buttons(answer))


def plain(page: Page) -> Page:
    """The page with nothing in it that could be refused: bare words, addresses spelled out."""
    rows = page.keyboard.inline_keyboard if isinstance(page.keyboard, InlineKeyboardMarkup) else ()
    links = [f"{button.text}: {button.url}" for row in rows for button in row if button.url]
    photos = [f"{picture.alt or 'Photo'}: {picture.url}" for picture in page.pictures]
    files = [f"{page.file.filename}: {page.file.url}"] if page.file else []
    words = [page.words, *links, *photos, *files]
    return Page(TelegramText("\n\n".join(part for part in words if part)[: TELEGRAM.text]))


def words_of(answer: Answer, *, links: bool = False) -> str:
    """The answer's Markdown with what no button can carry, and the short reference at the end."""
    urls = [button for row in answer.buttons for button in row if button.url]
    spelled = [f"{button.label}: {button.url}" for button in urls if links or not is_public(button.url)]
    mark = f"[{answer.short_reference}]"
    marks = [f"\\[{answer.short_reference}\\]"] if answer.short_reference and mark not in answer.text else []
    return "\n\n".join(part for part in (answer.text, *spelled, *marks) if part)


def keyboard_of(answer: Answer) -> Keyboard | None:
    """The buttons; or for what asks for words, that the program opens an answer to it."""
    if answer.wants_answer:
        return ForceReply(selective=True, input_field_placeholder=t("Your words"))
    return _buttons(answer)


def inline(page: Page) -> InlineKeyboardMarkup | None:
    """The page's buttons: all that a message can have that is there already."""
    return page.keyboard if isinstance(page.keyboard, InlineKeyboardMarkup) else None


def _buttons(answer: Answer) -> InlineKeyboardMarkup | None:
    """The buttons that Telegram can show."""
    rows = [[shown for shown in map(_button, row) if shown] for row in answer.buttons]
    kept: Sequence[Sequence[InlineKeyboardButton]] = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None


def _button(button: Button) -> InlineKeyboardButton | None:
    if button.action and len(button.action.encode()) <= TELEGRAM.button_data:
        return InlineKeyboardButton(button.label, callback_data=button.action)
    if button.url and is_public(button.url):
        return InlineKeyboardButton(button.label, url=button.url)
    return None


def _has_actions(answer: Answer) -> bool:
    return any(button.action for row in answer.buttons for button in row)


def is_public(url: str) -> bool:
    """Whether Telegram takes the address for a link: a host with a dot, and not one of this machine or network."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith(NOT_PUBLIC)
