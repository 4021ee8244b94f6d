"""Whether the process lives and can work, told at any host."""

from sqlalchemy import text

from gateway.core.house import House
from gateway.core.store.db import make_engine
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


async def test_an_old_schema_is_not_ready(house: House, browser: Browser) -> None:
    engine = make_engine(house.database.url, writing=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    engine.dispose()
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert "schema 0000" in answer.text
