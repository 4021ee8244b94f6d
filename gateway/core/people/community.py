"""The community's own facts, and every address built from them: mail addresses, pages, secret posting addresses."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.core.people.tokens import Keyring, mint, secret_part


@dataclass(frozen=True, slots=True)
class Community:
    """What core must know of the installation. `base_url` has no slash at its end; blogs are hosts below its host."""

    name: str
    domain: str
    base_url: str
    keyring: Keyring
    time_zone: str = "UTC"
    language: str = "en"  # of members who chose none
    undo_posts: timedelta = timedelta(seconds=30)
    undo_replies: timedelta = timedelta(seconds=5)
    undo_issues: timedelta = timedelta(0)  # how long a weekly or monthly issue waits before its first copy leaves
    pause_at_percent: int = 5  # of an issue's last copies refused for good; 0: it is never paused for that
    timeline_page: int = 20
    open_sign_up: bool = False
    micro_monday_blog: str = ""  # the blog that publishes Micro Monday's round-up; empty: none does
    microcast: str = ""  # the blog, or `blog/category`, whose recordings go with Micro Monday; empty: none do

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def host(self) -> str:
        """Host and port of the community's own pages, as in a Host header."""
        return urlsplit(self.base_url).netloc

    def mail(self, local_part: str) -> str:
        return f"{local_part}@{self.domain}"

    def secret_address(self, blog_name: str, blog_id: int, epoch: int) -> str:
        """The secret posting address of a blog: shown again at will, dead when the epoch is raised."""
        return self.mail(f"{blog_name}.{secret_part(self.keyring, blog_id, epoch)}")

    def reply_token(self, post_id: int, member_id: int) -> str:
        """The local part that replies to one post as one member."""
        return "r." + mint(self.keyring, "reply", post_id, member_id)

    def blog_url(self, blog_name: str) -> str:
        scheme, host = self.base_url.split("://", 1)
        return f"{scheme}://{blog_name}.{host}"

    def post_url(self, blog_name: str, path: str) -> str:
        return self.blog_url(blog_name) + path

    def issue_url(self, blog_name: str, cadence: str, period: str) -> str:
        """Where anybody can read a weekly or monthly issue once it has left."""
        return f"{self.blog_url(blog_name)}/newsletters/{cadence}/{period}"

    def conversation_url(self, short_reference: str) -> str:
        return f"{self.base_url}/conversations/{short_reference}"

    def member_url(self, handle: str) -> str:
        return f"{self.base_url}/@{handle}"

    def media_url(self, blob: str) -> str:
        return f"{self.base_url}/media/{blob}"
