"""Whether the process lives and can work, told at any host."""

import httpx
from sqlalchemy import text
from starlette.applications import Starlette

from gateway.core.house import House
from gateway.core.store.db import make_engine
from gateway.web.health import routes
from tests.conftest import Clock
from tests.web.conftest import Browser, everything


async def test_a_healthy_process_is_alive_and_ready_at_any_host_and_leaves_no_trace(
    house: House, browser: Browser
) -> None:
    before = everything(house)
    for host in ("https://example.org", "https://alice.example.org", "http://10.0.0.7:8025"):
        for path in ("/livez", "/readyz"):
            answer = await browser.get(host + path)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert everything(house) == before


async def test_a_process_that_cannot_write_is_not_ready_and_says_why(house: House, browser: Browser) -> None:
    house.database.writer.close()
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert "can't be written" in answer.text
    assert (await browser.get("/livez")).status_code == 200


async def test_asking_often_looks_once_a_second(house: House, browser: Browser, clock: Clock) -> None:
    assert (await browser.get("/readyz")).text == "ready\n"
    house.database.writer.close()
    assert (await browser.get("/readyz")).text == "ready\n"
    clock.forward(seconds=1)
    assert (await browser.get("/readyz")).status_code == 503


async def test_what_a_database_says_is_told_to_nobody(house: House, browser: Browser) -> None:
    engine = make_engine(house.database.url, writing=True)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE one_time_token RENAME TO elsewhere"))
    engine.dispose()
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.text in {
        f"the database can't be written: {name}\n" for name in ("OperationalError", "ProgrammingError")
    }


async def test_an_old_schema_is_not_ready(house: House, browser: Browser) -> None:
    engine = make_engine(house.database.url, writing=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    engine.dispose()
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert "schema 0000" in answer.text


async def test_what_else_keeps_it_from_its_work_is_said(house: House, clock: Clock) -> None:
    said = [""]
    application = Starlette(routes=routes(house, lambda: said[0]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://here") as asking:
        assert (await asking.get("/readyz")).text == "ready\n"
        said[0] = "the disk is full"
        clock.forward(seconds=1)
        answer = await asking.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the disk is full\n")
