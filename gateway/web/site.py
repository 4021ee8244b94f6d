"""The ASGI app: which host shows what. The community has its own host; every blog is a host below it.

Who asks under any other name is shown the way; health and the bots' webhooks answer at every host.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.core.errors import Invalid, NotFound, PostroomError
from gateway.core.house import House
from gateway.core.people.names import is_name
from gateway.web import (
    blog,
    conversations,
    feeds,
    front,
    held,
    issue_desk,
    looks,
    me,
    media,
    micro_monday,
    microcast,
    my_issues,
    my_readers,
    newsletters,
    no_more,
    people,
    preferences,
    sign_in,
    subscribing,
    undo,
    writing,
)
from gateway.web.answers import SECURITY_HEADERS, serve_icon, serve_stylesheet
from gateway.web.doors import Door, looked, route
from gateway.web.health import routes as health_routes
from gateway.web.subscribe_api import api_route
from gateway.web.visit import BLOG, ChatWay, Site, Visit

NOWHERE = "/-nowhere"  # a path that no door has

Handler: TypeAlias = Callable[[Request, Any], Awaitable[Response]]

LOOKS = (Door("/style-{hash}.css", serve_stylesheet), Door("/icon.svg", serve_icon))

COMMUNITY = (
    *LOOKS,
    Door("/", front.front),
    Door("/timeline", front.timeline, members=True),
    Door("/mentions", front.mentions, members=True),
    Door("/discover", front.discovered),
    Door("/micro-monday", micro_monday.mondays),
    Door("/micro-monday/recommend", act=micro_monday.recommend, again=micro_monday.mondays, members=True),
    Door("/micro-monday/refuse/{token}", micro_monday.refuse_page, micro_monday.refuse),
    Door(microcast.PATH, microcast.episodes),
    Door(f"{microcast.PATH}.xml", microcast.feed),
    Door("/conversations/{reference}", conversations.conversation_page),
    Door(
        "/conversations/{reference}/reply",
        act=conversations.answer,
        again=conversations.conversation_page,
        members=True,
    ),
    Door("/media/{blob}", media.media),
    Door("/media/{blob}/{name}", media.media),
    Door("/sign-in", sign_in.ask_page, sign_in.ask, sign_in.ask_page),
    Door("/sign-in/{secret}", sign_in.enter_page, sign_in.enter),
    Door("/sign-out", act=sign_in.leave),
    Door("/join/{secret}", sign_in.join_page, sign_in.join, sign_in.join_page),
    Door("/addresses/{secret}", sign_in.verify_page, sign_in.verify),
    Door("/undo/{token}", undo.undo_page, undo.undo),
    Door("/no-more/{token}", no_more.end_page, no_more.end, one_click=True),
    Door("/no-more/{token}/again", act=no_more.again, again=no_more.end_page),
    Door("/held/{token}", held.held_page, held.decide),
    Door("/me", me.me_page, members=True),
    Door("/me/settings", me.settings_page, me.save_settings, me.settings_page, members=True),
    Door("/me/readers", my_readers.readers_page, members=True),
    Door("/me/readers/list.csv", my_readers.take_along, members=True),
    Door("/me/readers/import", act=my_readers.look_into, again=my_readers.readers_page, members=True, uploads=True),
    Door("/me/readers/import/take", act=my_readers.take, again=my_readers.readers_page, members=True),
    Door("/me/blog", act=me.save_blog, again=me.settings_page, members=True),
    Door("/me/issues", my_issues.issues_page, members=True),
    Door("/me/issues/missed", act=my_issues.send_missed, members=True),
    Door("/me/issues/next", issue_desk.desk_page, members=True),
    Door("/me/issues/looks", looks.looks_page, looks.save, looks.looks_page, members=True),
    Door("/me/issues/looks/sample", looks.sample_page, members=True),
    Door("/me/issues/next/{cadence}/words", act=issue_desk.save_words, again=issue_desk.desk_page, members=True),
    Door("/me/issues/next/{cadence}/posts", act=issue_desk.change_posts, again=issue_desk.desk_page, members=True),
    Door("/me/issues/next/{cadence}/test", act=issue_desk.send_test, again=issue_desk.desk_page, members=True),
    Door("/preview/{token}", issue_desk.preview_page),
    Door("/me/issues/{number}", my_issues.issue_page, members=True),
    Door("/me/issues/{number}/{verb}", act=my_issues.act, again=my_issues.issue_page, members=True),
    Door("/me/addresses", act=me.add_address, again=me.me_page, members=True),
    Door("/me/addresses/mail-again", act=me.mail_again, members=True),
    Door("/me/addresses/remove", act=me.remove_address, again=me.me_page, members=True),
    Door("/me/chats", act=me.link_chat, again=me.me_page, members=True),
    Door("/me/chats/unlink", act=me.unlink_chat, again=me.me_page, members=True),
    Door("/me/secret-address", act=me.rotate, members=True),
    Door("/me/invitations", act=me.invite, again=me.me_page, members=True),
    Door("/write", writing.write_page, writing.write, writing.write_page, members=True),
    Door("/write/{reference}", writing.edit_page, writing.edit, writing.edit_page, members=True),
    Door("/write/{reference}/delete", writing.delete_page, writing.delete, members=True),
    Door("/@{handle}", people.profile),
    Door("/@{handle}/{verb}", act=people.press, again=people.profile, members=True),
)

BLOGS = (
    *LOOKS,
    Door("/", blog.home),
    Door("/archive", blog.archive),
    Door("/categories/{name}", blog.category),
    Door("/feed.xml", feeds.rss),
    Door("/feed.json", feeds.json_feed),
    Door("/newsletters", newsletters.issues),
    Door("/newsletters/{place:path}", newsletters.issue),
    Door("/subscribe", subscribing.subscribe_page, subscribing.subscribe, subscribing.subscribe_page),
    Door("/subscribe/confirm/{token}", subscribing.confirm_page, subscribing.confirm),
    Door("/unsubscribe/test", issue_desk.dead_link, issue_desk.dead_click, one_click=True),
    Door("/unsubscribe/{token}", preferences.preferences_page, preferences.leave, one_click=True),
    Door("/unsubscribe/{token}/wishes", act=preferences.change, again=preferences.preferences_page),
    Door("/unsubscribe/{token}/back", act=preferences.come_back, again=preferences.preferences_page),
    Door("/unsubscribe/{token}/data", preferences.data_page, preferences.give_data, preferences.data_page),
    Door("/unsubscribe/{token}/erase", act=preferences.erase_data, again=preferences.data_page),
    Door("/{year}/{month}", blog.month),
    Door("/{year}/{month}/{day}/{slug}", blog.post),
    Door("/{name}", blog.standing_page),
)


def make_site(
    house: House,
    *,
    chats: Sequence[ChatWay] = (),
    extra_routes: Sequence[BaseRoute] = (),
    trouble: Callable[[], str] = str,
) -> ASGIApp:
    """Everything this process serves over HTTP. `chats` is what members may link, `extra_routes` the bots' webhooks, `trouble` as in `health`."""
    site = Site(house, tuple(chats))
    everywhere = _Everywhere([*extra_routes, *health_routes(house, trouble)])
    handlers: dict[Any, Handler] = {HTTPException: _http_error(site), Exception: _our_error(site)}
    by_kind = {
        doors: Starlette(routes=[*more, *(route(site, door) for door in doors)], exception_handlers=handlers)
        for doors, more in ((COMMUNITY, ()), (BLOGS, (api_route(site),)))
    }
    return _Hosts(house.community.base_url, everywhere, by_kind[COMMUNITY], by_kind[BLOGS])


class _Everywhere:
    """Routes that answer whatever the host is."""

    def __init__(self, routes: list[BaseRoute]) -> None:
        self.app = Starlette(routes=routes)
        self._routes = routes

    def takes(self, scope: Scope) -> bool:
        return any(one.matches(scope)[0] is not Match.NONE for one in self._routes)


class _Hosts:
    """Sends each request to the community, a blog, or the routes that answer everywhere."""

    def __init__(self, base_url: str, everywhere: _Everywhere, community: ASGIApp, blogs: ASGIApp) -> None:
        self.host = (urlsplit(base_url).hostname or "").lower()
        self.everywhere, self.community, self.blogs = everywhere, community, blogs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.everywhere.takes(scope):
            await self.everywhere.app(scope, receive, send)
            return
        if "\0" in scope["path"]:  # no name or address holds one, and PostgreSQL takes none
            scope = {**scope, "path": NOWHERE, "raw_path": NOWHERE.encode()}
        host = _hostname(Headers(scope=scope).get("host", ""))
        name = host.removesuffix("." + self.host) if host.endswith("." + self.host) else ""
        if is_name(name):
            await self.blogs({**scope, BLOG: name}, receive, _with_headers(send))
        else:
            known = host == self.host or scope["path"].startswith("/style-")
            where = scope if known else {**scope, "path": NOWHERE, "raw_path": NOWHERE.encode()}
            await self.community(where, receive, _with_headers(send))


def _hostname(header: str) -> str:
    """The name in a Host header, without port and closing dot."""
    name = header.rpartition(":")[0] if ":" in header and not header.endswith("]") else header
    return name.rstrip(".").lower()


def _with_headers(send: Send) -> Send:
    """Adds the security headers that a response does not set itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _http_error(site: Site) -> Handler:
    """No such page, or no such method, as a readable page."""

    async def handler(request: Request, error: HTTPException) -> Response:
        said: PostroomError = NotFound("There is no such page.", hint=f"Start at {site.house.community.base_url}.")
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            said = Invalid("This page can't be asked for that way.", hint="Nothing was changed.")
        response = await _told(site, request, said)
        response.status_code = error.status_code
        response.headers.update(error.headers or {})
        return response

    return handler


def _our_error(site: Site) -> Handler:
    """Our mistake, told plainly; Starlette raises it again for the server's log."""

    async def handler(request: Request, error: Exception) -> Response:
        return await _told(site, request, PostroomError("Something went wrong here.", hint="Try again later."))

    return handler


async def _told(site: Site, request: Request, error: PostroomError) -> Response:
    def look(visit: Visit, session: Session) -> Response:
        raise error

    return await run_in_threadpool(looked, Visit(site, request, site.house.now()), look)
